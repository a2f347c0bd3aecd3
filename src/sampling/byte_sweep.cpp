#include <blockspin/sampling/byte_sweep.hpp>

#include "product_sums.hpp"

#include <blockspin/rng/fill.hpp>

#include <array>

namespace blockspin::sampling {

namespace {

/// Largest number of spins of one row updated at a time: their random words stay in the first-level cache.
constexpr std::int32_t strip = 512;

/// How far in storage the neighbours of a site are, one in each product.
std::vector<ProductDistances> distances(std::span<const lattice::Coordinates> offsets,
                                        const lattice::Field<Spin>& field) {
    std::vector<ProductDistances> distances;
    for (const lattice::Coordinates& offset : offsets) {
        std::ptrdiff_t distance = 0;
        for (int d = 0; d < lattice::max_dimension; ++d) distance += offset[d] * field.stride(d);
        distances.push_back({distance});
    }
    return distances;
}

} // namespace

ByteSweep::ByteSweep(const lattice::Geometry& geometry, const std::vector<SpinRule>& rules, rng::Purpose purpose,
                     const rng::Key& key)
    : key_(key), purpose_(purpose), neighbours_(geometry.coordination()) {
    for (const SpinRule& rule : rules) {
        for (const bool is_up : {false, true}) {
            for (const SpinRule::Case& here : rule.cases) thresholds_.push_back(rule.probability_up(is_up, here));
        }
    }
}

void ByteSweep::operator()(Replicas& replicas, std::int64_t step, process::Timers& timers, const char* name) const {
    replicas.hold_as(Representation::bytes);
    for (int colour = 0; colour < replicas.geometry().colours(); ++colour) {
        {
            const auto timing = timers.time("halo exchange", process::Activity::communicate);
            replicas.begin_exchange();
        }
        {
            const auto timing = timers.time(name);
            update(replicas, replicas.inner(), colour, step);
        }
        {
            const auto timing = timers.time("halo exchange", process::Activity::communicate);
            replicas.end_exchange();
        }
        const auto timing = timers.time(name);
        for (const lattice::Box& box : replicas.shell()) update(replicas, box, colour, step);
    }
}

void ByteSweep::update(Replicas& replicas, const lattice::Box& box, int colour, std::int64_t step) const {
    if (sites(box) == 0) return;
    const std::int64_t rows = sites(box) / box.extent[0];
    const std::int64_t tasks = rows * replicas.count();
#pragma omp parallel for schedule(static) if (tasks * box.extent[0] > 4096)
    for (std::int64_t task = 0; task < tasks; ++task) {
        const std::int64_t row = task % rows;
        lattice::Coordinates at = box.offset;
        at[1] += static_cast<std::int32_t>(row % box.extent[1]);
        at[2] += static_cast<std::int32_t>(row / box.extent[1] % box.extent[2]);
        at[3] += static_cast<std::int32_t>(row / box.extent[1] / box.extent[2]);
        const std::int64_t replica = task / rows;
        auto& field = replicas.fields()[static_cast<std::size_t>(replica)];
        update_row(replicas, field, replica, at, box.extent[0], colour, step);
    }
}

void ByteSweep::update_row(const Replicas& replicas, lattice::Field<Spin>& field, std::int64_t i,
                           const lattice::Coordinates& first, std::int32_t length, int colour,
                           std::int64_t step) const {
    const lattice::Geometry& geometry = replicas.geometry();
    const lattice::Coordinates& corner = replicas.decomposition().box().offset;
    lattice::Coordinates global{};
    for (int d = 0; d < lattice::max_dimension; ++d) global[d] = corner[d] + first[d];
    // Sites of one colour are `colours` apart; the k-th of a row has word number k.
    const int colours = geometry.colours();
    const int shift = (colour - geometry.colour(global) + colours) % colours;
    if (shift >= length) return;
    const std::int64_t words_per_row = (geometry.extents()[0] + colours - 1) / colours;
    const std::int64_t row = geometry.site(global) / geometry.extents()[0];
    const rng::Address address{.purpose = purpose_,
                               .chain = static_cast<std::int32_t>(replicas.first() + i),
                               .step = step,
                               .place = row * ((words_per_row + 1) / 2),
                               .draw = colour};
    global[0] += shift;
    const auto neighbours = distances(geometry.neighbour_offsets(geometry.sublattice(global)), field);
    const std::size_t entries = 2 * static_cast<std::size_t>(2 * neighbours_ + 1);
    const auto table = std::span(thresholds_).subspan(static_cast<std::size_t>(replicas.slot(i)) * entries, entries);
    Spin* const spins = &field[first] + shift;
    thread_local std::vector<std::int8_t> sums;
    std::array<std::uint64_t, strip> buffer; // filled piece by piece
    const std::int32_t count = (length - shift + colours - 1) / colours;
    for (std::int32_t done = 0; done < count; done += strip) {
        const auto words = std::span(buffer).first(static_cast<std::size_t>(std::min(strip, count - done)));
        Spin* const here = spins + std::ptrdiff_t{done} * colours;
        rng::fill_words(key_, address, words, global[0] / colours + done);
        sums.resize((words.size() - 1) * static_cast<std::size_t>(colours) + 1);
        sum_products(here, neighbours, sums);
        draw(here, colours, sums.data(), words, table);
    }
}

} // namespace blockspin::sampling
