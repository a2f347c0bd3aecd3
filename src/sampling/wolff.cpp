#include <blockspin/sampling/wolff.hpp>

#include <blockspin/mpi/collectives.hpp>
#include <blockspin/rng/draws.hpp>

#include <algorithm>

namespace blockspin::sampling {

namespace {

/// Draws below these are those of bonds.
constexpr std::int32_t seed_draw = 32, state_draw = 33;

} // namespace

Wolff::Wolff(const Replicas& replicas, const std::vector<NearestNeighbourCouplings>& couplings, const rng::Key& key)
    : key_(key), finder_(replicas, bond_laws(replicas, couplings, "wolff"), rng::Purpose::wolff, key),
      turn_(finder_, replicas) {}

void Wolff::sweep(Replicas& replicas, std::int64_t step, process::Timers& timers) {
    finder_.find(replicas, step, timers);
    const auto timing = timers.time("cluster update");
    const std::vector<std::int64_t> labels = choose(replicas, step);
    const std::int64_t count = replicas.count(), blocks = finder_.blocks(), tasks = count * blocks;
    const bool is_potts = replicas.kind().is_potts();
#pragma omp parallel if (tasks > 1)
    {
#pragma omp for schedule(static)
        for (std::int64_t i = 0; i < count; ++i) mark(replicas, i, labels[static_cast<std::size_t>(i)], step);
#pragma omp for schedule(dynamic)
        for (std::int64_t task = 0; task < tasks; ++task) {
            const auto block = static_cast<int>(task % blocks);
            if (is_potts)
                turn_.assign(finder_, replicas, task / blocks, block);
            else
                turn_.apply(finder_, replicas, task / blocks, block);
        }
    }
}

std::vector<std::int64_t> Wolff::choose(const Replicas& replicas, std::int64_t step) const {
    std::vector<std::int64_t> labels;
    for (std::int64_t i = 0; i < replicas.count(); ++i) {
        const std::int64_t site = rng::below(key_,
                                             {.purpose = rng::Purpose::wolff,
                                              .chain = static_cast<std::int32_t>(replicas.first() + i),
                                              .step = step,
                                              .draw = seed_draw},
                                             replicas.geometry().sites());
        labels.push_back(finder_.label(i, site).value_or(-1)); // of another domain
    }
    if (replicas.group().size() > 1) mpi::all_reduce(replicas.group(), std::span(labels), mpi::Op::max);
    return labels;
}

void Wolff::mark(const Replicas& replicas, std::int64_t i, std::int64_t label, std::int64_t step) {
    const std::span<std::uint8_t> at_roots = turn_.at_roots(i);
    std::ranges::fill(at_roots, std::uint8_t{0});
    const model::SpinKind& kind = replicas.kind();
    if (!kind.is_potts()) {
        for (const ClusterForest::Site root : finder_.roots(i, label)) at_roots[static_cast<std::size_t>(root)] = 1;
        return;
    }
    // By how many states the cluster moves on: every rank sees the old state of the sites that it has.
    const std::int64_t on = 1 + rng::below(key_,
                                           {.purpose = rng::Purpose::wolff,
                                            .chain = static_cast<std::int32_t>(replicas.first() + i),
                                            .step = step,
                                            .draw = state_draw},
                                           kind.states() - 1);
    const auto& field = replicas.fields()[static_cast<std::size_t>(i)];
    for (const ClusterForest::Site root : finder_.roots(i, label)) {
        lattice::Coordinates at = finder_.point(finder_.forest(i).row(root));
        at[0] = finder_.forest(i).x(root);
        const auto state = static_cast<int>((kind.state(field[at]) + on) % kind.states());
        at_roots[static_cast<std::size_t>(root)] = static_cast<std::uint8_t>(kind.value(state));
    }
}

} // namespace blockspin::sampling
