#include <blockspin/sampling/wolff.hpp>

#include "bond_kernels.hpp"

#include <blockspin/mpi/collectives.hpp>
#include <blockspin/rng/draws.hpp>

#include <algorithm>
#include <bit>
#include <utility>

namespace blockspin::sampling {

namespace {

/// Draws below these are those of bonds.
constexpr std::int32_t seed_draw = 32, state_draw = 33;

} // namespace

Wolff::Wolff(const Replicas& replicas, const std::vector<NearestNeighbourCouplings>& couplings, const rng::Key& key,
             bool all_clusters)
    : key_(key) {
    const std::vector<BondLaw> laws = bond_laws(replicas, couplings, "wolff");
    if (!all_clusters && replicas.decomposition().ranks() == 1) {
        growth_.emplace(replicas, laws, rng::Purpose::wolff, key);
    } else {
        ClusterFinder finder(replicas, laws, rng::Purpose::wolff, key);
        ClusterTurn turn(finder, replicas);
        whole_.emplace(std::move(finder), std::move(turn));
    }
}

std::size_t Wolff::memory() const noexcept {
    return growth_ ? growth_->memory() : whole_->finder.memory() + whole_->turn.memory();
}

void Wolff::sweep(Replicas& replicas, std::int64_t step, process::Timers& timers) {
    if (whole_) {
        whole_->finder.find(replicas, step, timers);
        const auto timing = timers.time("cluster update");
        turn_found(replicas, step);
        return;
    }
    replicas.hold_as(Representation::bytes);
    {
        const auto timing = timers.time("halo exchange", process::Activity::communicate);
        replicas.begin_exchange();
        replicas.end_exchange();
    }
    const auto timing = timers.time("cluster update");
    turn_grown(replicas, step);
}

void Wolff::turn_grown(Replicas& replicas, std::int64_t step) {
    const model::SpinKind& kind = replicas.kind();
    const std::int64_t count = replicas.count();
#pragma omp parallel for schedule(dynamic) if (count > 1)
    for (std::int64_t i = 0; i < count; ++i) {
        const auto cluster = growth_->grow(replicas, i, step, seed(replicas, i, step));
        const std::span<Spin> spins = replicas.fields()[static_cast<std::size_t>(i)].values();
        if (!kind.is_potts()) {
            for (const auto& [first, members] : cluster) {
                const std::span<Spin> row = spins.subspan(first);
                flip(row.first(std::min<std::size_t>(row.size(), 64)), std::span(&members, 1));
            }
            continue;
        }
        const std::int64_t on = states_on(replicas, i, step);
        for (const auto& [first, members] : cluster) {
            for (std::uint64_t left = members; left != 0; left &= left - 1) {
                Spin& spin = spins[first + static_cast<std::size_t>(std::countr_zero(left))];
                spin = kind.value(static_cast<int>((kind.state(spin) + on) % kind.states()));
            }
        }
    }
}

void Wolff::turn_found(Replicas& replicas, std::int64_t step) {
    auto& finder = whole_->finder;
    auto& turn = whole_->turn;
    const std::vector<std::int64_t> labels = choose(replicas, step);
    const std::int64_t count = replicas.count(), blocks = finder.blocks(), tasks = count * blocks;
    const bool is_potts = replicas.kind().is_potts();
#pragma omp parallel if (tasks > 1)
    {
#pragma omp for schedule(static)
        for (std::int64_t i = 0; i < count; ++i) mark(replicas, i, labels[static_cast<std::size_t>(i)], step);
#pragma omp for schedule(dynamic)
        for (std::int64_t task = 0; task < tasks; ++task) {
            const auto block = static_cast<int>(task % blocks);
            if (is_potts)
                turn.assign(finder, replicas, task / blocks, block);
            else
                turn.apply(finder, replicas, task / blocks, block);
        }
    }
}

std::int64_t Wolff::seed(const Replicas& replicas, std::int64_t i, std::int64_t step) const {
    return rng::below(key_,
                      {.purpose = rng::Purpose::wolff,
                       .chain = static_cast<std::int32_t>(replicas.first() + i),
                       .step = step,
                       .draw = seed_draw},
                      replicas.geometry().sites());
}

std::int64_t Wolff::states_on(const Replicas& replicas, std::int64_t i, std::int64_t step) const {
    return 1 + rng::below(key_,
                          {.purpose = rng::Purpose::wolff,
                           .chain = static_cast<std::int32_t>(replicas.first() + i),
                           .step = step,
                           .draw = state_draw},
                          replicas.kind().states() - 1);
}

std::vector<std::int64_t> Wolff::choose(const Replicas& replicas, std::int64_t step) const {
    std::vector<std::int64_t> labels;
    for (std::int64_t i = 0; i < replicas.count(); ++i) {
        labels.push_back(whole_->finder.label(i, seed(replicas, i, step)).value_or(-1)); // of another domain
    }
    if (replicas.group().size() > 1) mpi::all_reduce(replicas.group(), std::span(labels), mpi::Op::max);
    return labels;
}

void Wolff::mark(const Replicas& replicas, std::int64_t i, std::int64_t label, std::int64_t step) {
    auto& [finder, turn] = *whole_;
    const std::span<std::uint8_t> at_roots = turn.at_roots(i);
    std::ranges::fill(at_roots, std::uint8_t{0});
    const model::SpinKind& kind = replicas.kind();
    if (!kind.is_potts()) {
        for (const ClusterForest::Site root : finder.roots(i, label)) at_roots[static_cast<std::size_t>(root)] = 1;
        return;
    }
    // Every rank sees the old state of the sites that it has.
    const std::int64_t on = states_on(replicas, i, step);
    const auto& field = replicas.fields()[static_cast<std::size_t>(i)];
    for (const ClusterForest::Site root : finder.roots(i, label)) {
        lattice::Coordinates at = finder.point(finder.forest(i).row(root));
        at[0] = finder.forest(i).x(root);
        const auto state = static_cast<int>((kind.state(field[at]) + on) % kind.states());
        at_roots[static_cast<std::size_t>(root)] = static_cast<std::uint8_t>(kind.value(state));
    }
}

} // namespace blockspin::sampling
