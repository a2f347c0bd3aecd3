#include <blockspin/sampling/sweep_time.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/sampling/checkerboard.hpp>
#include <blockspin/sampling/placement.hpp>

#include <algorithm>
#include <string>

namespace blockspin::sampling {

namespace {

/// Bytes that one replica's domain sends across one side for one colour: the spins of the other one as bits, or the
/// layers of ghosts as bytes.
double bytes_across(const Task& task, const lattice::Box& domain, int direction, const Placement& placement) {
    const double face = static_cast<double>(sites(domain)) / domain.extent[direction];
    if (checkerboard_representation(task.geometry) == Representation::bits) return face / 2 / 8;
    return face * placement.ghosts * sizeof(Spin);
}

/// Whole granules in every direction.
lattice::Box largest_domain(const lattice::Geometry& geometry, const lattice::RankGrid& grid) {
    lattice::Box domain{.extent = geometry.extents()};
    for (int d = 0; d < geometry.dimension(); ++d) {
        const std::int32_t granule = grid.granularity[d], granules = (geometry.extents()[d] + granule - 1) / granule;
        domain.extent[d] = std::min(geometry.extents()[d], (granules + grid.ranks[d] - 1) / grid.ranks[d] * granule);
    }
    return domain;
}

} // namespace

bool has_sweep_time(const Task& task) {
    const auto is_checkerboard = [](const std::string& name) { return name == "metropolis" || name == "heat-bath"; };
    return task.spins.is_ising() && has_checkerboard_update(task) && !task.parameters.tempering &&
           std::ranges::all_of(task.parameters.update, is_checkerboard);
}

SweepTime sweep_time(const Task& task, int ranks, double seconds_per_spin, const mpi::MessageTime& message) {
    core::ensure(has_sweep_time(task), "sweeps of checkerboard updates");
    const Placement placement = place(task, ranks);
    const lattice::Box domain = largest_domain(task.geometry, placement.grid);
    const auto replicas = static_cast<double>((placement.replicas + placement.groups - 1) / placement.groups);
    const auto updates = static_cast<double>(task.parameters.update.size());
    SweepTime time{.computing = replicas * static_cast<double>(sites(domain)) * seconds_per_spin};
    for (int d = 0; d < task.geometry.dimension(); ++d) {
        if (placement.grid.ranks[d] == 1) continue;
        const double bytes = replicas * bytes_across(task, domain, d, placement),
                     halves = updates * task.geometry.colours();
        const bool are_one = placement.grid.ranks[d] == 2 && task.geometry.is_periodic(d); // both sides go to one rank
        time.messages += halves * (are_one ? message.seconds(2 * bytes) : 2 * message.seconds(bytes));
    }
    return time;
}

} // namespace blockspin::sampling
