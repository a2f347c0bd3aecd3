#include <blockspin/sampling/demand.hpp>

#include <blockspin/mpi/collectives.hpp>
#include <blockspin/process/timers.hpp>
#include <blockspin/sampling/measurements.hpp>
#include <blockspin/sampling/update.hpp>

#include <chrono>

namespace blockspin::sampling {

namespace {

constexpr double trial_seconds = 0.2;

/// Seconds per sweep on the slowest rank.
double time_per_sweep(const mpi::Communicator& comm, const Task& task, Replicas& replicas) {
    std::vector<Update> updates = sampling::updates(task, replicas);
    process::Timers timers;
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    std::int64_t sweeps = 0;
    double seconds = 0.0;
    do { // doubled until the trial is long enough on every rank
        for (std::int64_t end = 2 * sweeps + 1; sweeps < end; ++sweeps) sweep(updates, replicas, sweeps, timers);
        seconds = mpi::all_reduce(comm, std::chrono::duration<double>(Clock::now() - start).count(), mpi::Op::max);
    } while (seconds < trial_seconds);
    return seconds / static_cast<double>(sweeps);
}

} // namespace

Demand demand(const mpi::Communicator& comm, const Task& task, const Placement& placement) {
    Replicas replicas(comm, task.geometry, placement, rng::Key(task.seed), Start::hot);
    double spins = 0.0;
    for (const auto& field : replicas.fields()) spins += static_cast<double>(field.values().size());
    const double all_spins = static_cast<double>(task.geometry.sites()) * static_cast<double>(task.replicas());
    std::size_t numbers = 0;
    for (const Measurement& measurement : measurements(task)) numbers += measurement.quantity.width;
    const double series = static_cast<double>(numbers * sizeof(std::int64_t)) *
                          static_cast<double>(task.measurements(task.sweeps()) * task.replicas());
    const double configurations = all_spins / 8.0 * static_cast<double>(task.parameters.configurations);
    return {.memory = mpi::all_reduce(comm, 2.0 * spins * sizeof(Spin), mpi::Op::max),
            .disk = 2.0 * all_spins * sizeof(Spin) + series + configurations,
            .seconds = static_cast<double>(task.sweeps()) * time_per_sweep(comm, task, replicas)};
}

} // namespace blockspin::sampling
