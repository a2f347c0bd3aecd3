#include <blockspin/sampling/update.hpp>

namespace blockspin::sampling {

std::vector<Update> updates(const Task& task, const Replicas& replicas, std::shared_ptr<const RandomBonds> bonds) {
    const rng::Key key(task.seed);
    std::vector<Update> updates;
    check_updates(task);
    if (task.disorder && !bonds) bonds = random_bonds(replicas, task);
    const std::optional<StripPlan> strips = strip_plan(task);
    for (const std::string& name : task.parameters.update) {
        const Dynamics dynamics = name == "metropolis" ? Dynamics::metropolis : Dynamics::heat_bath;
        if (uses_lanes(task)) {
            updates.emplace_back(LaneUpdate(replicas, bonds, couplings(task), dynamics, key));
        } else if (task.disorder) {
            updates.emplace_back(RandomBondUpdate(replicas, bonds, couplings(task), dynamics, key));
        } else if (name == "swendsen-wang") {
            updates.emplace_back(SwendsenWang(replicas, couplings(task), key));
        } else if (name == "wolff") {
            updates.emplace_back(Wolff(replicas, couplings(task), key, task.parameters.measures("clusters")));
        } else if (!task.spins.is_ising()) {
            updates.emplace_back(StateUpdate(replicas, task.spins, task.points, task.parameters.chains, dynamics, key));
        } else if (strips) {
            updates.emplace_back(
                StripUpdate(replicas, task.operators(), task.operator_couplings(), *strips, dynamics, key));
        } else if (needs_stencil(task)) {
            updates.emplace_back(StencilUpdate(replicas, task.operators(), task.operator_couplings(), dynamics, key));
        } else if (name == "metropolis") {
            updates.emplace_back(Metropolis(task.geometry, couplings(task), key));
        } else {
            updates.emplace_back(HeatBath(task.geometry, couplings(task), key));
        }
    }
    return updates;
}

const ClusterFinder* clusters(const std::vector<Update>& updates) {
    for (const Update& update : updates) {
        const auto of_kind = [](const auto& kind) -> const ClusterFinder* {
            if constexpr (requires { kind.clusters(); })
                return &kind.clusters();
            else
                return nullptr;
        };
        if (const ClusterFinder* found = std::visit(of_kind, update)) return found;
    }
    return nullptr;
}

void sweep(std::vector<Update>& updates, Replicas& replicas, std::int64_t step, process::Timers& timers) {
    for (Update& update : updates) {
        std::visit([&](auto& kind) { kind.sweep(replicas, step, timers); }, update);
    }
}

} // namespace blockspin::sampling
