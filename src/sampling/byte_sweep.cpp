#include <blockspin/sampling/byte_sweep.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/rng/fill.hpp>

#include <fmt/format.h>

#include <array>

namespace blockspin::sampling {

namespace {

constexpr int most_neighbours = 8;

/// How far in storage the neighbours of a site are.
using Distances = std::array<std::ptrdiff_t, most_neighbours>;

/// Largest number of sites of one row handled at a time: their random words stay in the first-level cache.
constexpr std::int32_t strip = 1024;

/// New spins at positions 0, stride, 2 stride …, one per random word. Thresholds of spins that are down come first.
template <int neighbours>
void update_spins(Spin* spin, const Distances& distances, int stride, std::span<const std::uint64_t> words,
                  const std::uint64_t* thresholds) {
    constexpr int cases = 2 * neighbours + 1;
    for (const std::uint64_t word : words) {
        int sum = neighbours + (*spin > 0 ? cases : 0);
        for (std::size_t k = 0; k < neighbours; ++k) sum += spin[distances[k]];
        *spin = word < thresholds[sum] ? Spin{1} : Spin{-1};
        spin += stride;
    }
}

using Kernel = void (*)(Spin*, const Distances&, int, std::span<const std::uint64_t>, const std::uint64_t*);

/// By coordination number: chain, honeycomb, square, cubic and triangular, hypercubic.
Kernel kernel(int neighbours) {
    switch (neighbours) {
    case 2:
        return update_spins<2>;
    case 3:
        return update_spins<3>;
    case 4:
        return update_spins<4>;
    case 6:
        return update_spins<6>;
    case 8:
        return update_spins<8>;
    default:
        throw core::InternalError(fmt::format("no update of spins with {} neighbours", neighbours));
    }
}

template <class T> Distances distances(std::span<const lattice::Coordinates> offsets, const lattice::Field<T>& field) {
    Distances distances{};
    for (std::size_t k = 0; k < offsets.size(); ++k) {
        for (int d = 0; d < lattice::max_dimension; ++d) distances[k] += offsets[k][d] * field.stride(d);
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
        update_row(replicas, field, replicas.first() + replica, at, box.extent[0], colour, step);
    }
}

void ByteSweep::update_row(const Replicas& replicas, lattice::Field<Spin>& field, std::int64_t replica,
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
                               .chain = static_cast<std::int32_t>(replica),
                               .step = step,
                               .place = row * ((words_per_row + 1) / 2),
                               .draw = colour};
    global[0] += shift;
    const Distances neighbours = distances(geometry.neighbour_offsets(geometry.sublattice(global)), field);
    const Kernel update_spins = kernel(neighbours_);
    const std::uint64_t* thresholds = &thresholds_[static_cast<std::size_t>(replica * 2 * (2 * neighbours_ + 1))];
    Spin* spin = &field[first] + shift;
    std::array<std::uint64_t, strip> buffer; // filled piece by piece
    const std::int32_t count = (length - shift + colours - 1) / colours;
    for (std::int32_t done = 0; done < count; done += strip) {
        const auto words = std::span(buffer).first(static_cast<std::size_t>(std::min(strip, count - done)));
        rng::fill_words(key_, address, words, global[0] / colours + done);
        update_spins(spin + std::ptrdiff_t{done} * colours, neighbours, colours, words, thresholds);
    }
}

} // namespace blockspin::sampling
