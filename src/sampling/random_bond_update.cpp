#include <blockspin/sampling/random_bond_update.hpp>

#include "product_sums.hpp"

#include <blockspin/rng/fill.hpp>

#include <algorithm>

namespace blockspin::sampling {

RandomBondUpdate::RandomBondUpdate(const Replicas& replicas, std::shared_ptr<const RandomBonds> bonds,
                                   std::vector<NearestNeighbourCouplings> couplings, Dynamics dynamics,
                                   const rng::Key& key)
    : geometry_(replicas.geometry()), key_(key), dynamics_(dynamics), bonds_(std::move(bonds)),
      couplings_(std::move(couplings)), colouring_(geometry_) {
    if (bonds_->are_signs()) tabulate(geometry_.coordination());
}

void RandomBondUpdate::tabulate(int neighbours) {
    for (const NearestNeighbourCouplings& here : couplings_) {
        std::vector<std::uint64_t>& table = tables_.emplace_back();
        for (const bool is_up : {false, true}) {
            for (int sum = -neighbours; sum <= neighbours; ++sum) {
                table.push_back(threshold_up(dynamics_, here.coupling * sum + here.field, is_up));
            }
        }
    }
}

void RandomBondUpdate::sweep(Replicas& replicas, std::int64_t step, process::Timers& timers) const {
    replicas.hold_as(Representation::bytes);
    for (int colour = 0; colour < colouring_.colours(); ++colour) {
        {
            const auto timing = timers.time("halo exchange", process::Activity::communicate);
            replicas.begin_exchange();
        }
        {
            const auto timing = timers.time("random-bond update");
            update(replicas, replicas.inner(), colour, step);
        }
        {
            const auto timing = timers.time("halo exchange", process::Activity::communicate);
            replicas.end_exchange();
        }
        const auto timing = timers.time("random-bond update");
        for (const lattice::Box& box : replicas.shell()) update(replicas, box, colour, step);
    }
}

void RandomBondUpdate::update(Replicas& replicas, const lattice::Box& box, int colour, std::int64_t step) const {
    if (sites(box) == 0) return;
    const lattice::Coordinates& corner = replicas.decomposition().box().offset;
    const std::int64_t places = geometry_.extents()[0] / 2 + 1; // of two words each
    // The rows are the same in every replica.
    struct Placed {
        Row row;
        std::size_t position; ///< of its first site in a field
        std::int64_t place;   ///< of its random words
        std::int32_t skipped; ///< sites of the colour in the lattice's row before it
    };
    std::vector<Placed> rows;
    const lattice::Field<Spin>& any = replicas.fields().front();
    lattice::for_each_row(box, [&](const lattice::Coordinates& start) {
        lattice::Coordinates at = start, global{};
        for (int d = 0; d < lattice::max_dimension; ++d) global[d] = corner[d] + at[d];
        const auto [first, stride, end] = colouring_.row(colour, global);
        // Those of the progression that lie in the box.
        const std::int32_t skipped = std::max(0, global[0] - first + stride - 1) / stride, x = first + skipped * stride;
        const std::int32_t last = std::min(end, global[0] + box.extent[0]);
        if (x >= last) return;
        at[0] += x - global[0];
        global[0] = x;
        rows.push_back({.row = {.i = 0,
                                .first = at,
                                .stride = stride,
                                .count = (last - x + stride - 1) / stride,
                                .sublattice = geometry_.sublattice(global)},
                        .position = any.position(at),
                        .place = geometry_.site(global) / geometry_.extents()[0] * places,
                        .skipped = skipped});
    });
    const std::int64_t count = std::ssize(rows), tasks = count * replicas.count();
#pragma omp parallel for schedule(static) if (tasks * box.extent[0] > 4096)
    for (std::int64_t task = 0; task < tasks; ++task) {
        const Placed& here = rows[static_cast<std::size_t>(task % count)];
        Row row = here.row;
        row.i = task / count;
        const rng::Address address{.purpose = dynamics_ == Dynamics::heat_bath ? rng::Purpose::heat_bath
                                                                               : rng::Purpose::metropolis,
                                   .chain = static_cast<std::int32_t>(replicas.first() + row.i),
                                   .step = step,
                                   .place = here.place,
                                   .draw = colour};
        thread_local std::vector<std::uint64_t> words;
        words.resize(static_cast<std::size_t>(row.count));
        rng::fill_words(key_, address, words, here.skipped);
        Spin* const spins = replicas.fields()[static_cast<std::size_t>(row.i)].values().data() + here.position;
        if (tables_.empty())
            draw_from_field(row, replicas.slot(row.i), spins, words);
        else
            draw_from_table(row, replicas.slot(row.i), spins, words);
    }
}

void RandomBondUpdate::draw_from_table(const Row& row, std::int64_t slot, Spin* spins,
                                       std::span<const std::uint64_t> words) const {
    thread_local std::vector<std::int8_t> sums;
    thread_local std::vector<BondedNeighbour> neighbours;
    neighbours.clear();
    const auto distances = bonds_->distances(row.sublattice);
    const std::int8_t* bonds = bonds_->signs(row.i, 0, row.first);
    const std::ptrdiff_t to_next = bonds_->signs(row.i, 1, row.first) - bonds; // neighbour
    for (const std::ptrdiff_t distance : distances) {
        neighbours.push_back({.bonds = bonds, .distance = distance});
        bonds += to_next;
    }
    sums.resize(static_cast<std::size_t>((row.count - 1) * row.stride + 1));
    sum_bonded(spins, neighbours, sums);
    draw(spins, row.stride, sums.data(), words, tables_[static_cast<std::size_t>(slot)]);
}

void RandomBondUpdate::draw_from_field(const Row& row, std::int64_t slot, Spin* spins,
                                       std::span<const std::uint64_t> words) const {
    const auto& [coupling, field] = couplings_[static_cast<std::size_t>(slot)];
    const double scale = coupling * bonds_->unit();
    thread_local std::vector<std::int64_t> sums;
    sums.assign(words.size(), 0);
    const auto distances = bonds_->distances(row.sublattice);
    for (std::size_t n = 0; n < distances.size(); ++n) {
        const std::int32_t* const bonds = bonds_->values(row.i, n, row.first);
        for (std::size_t k = 0; k < words.size(); ++k) {
            const auto x = static_cast<std::ptrdiff_t>(k) * row.stride;
            sums[k] += std::int64_t{bonds[x]} * spins[x + distances[n]];
        }
    }
    for (std::size_t k = 0; k < words.size(); ++k) {
        Spin& spin = spins[static_cast<std::ptrdiff_t>(k) * row.stride];
        const std::uint64_t up = threshold_up(dynamics_, scale * static_cast<double>(sums[k]) + field, spin > 0);
        spin = words[k] < up ? Spin{1} : Spin{-1};
    }
}

} // namespace blockspin::sampling
