// Series of a task, sampled in memory, for tests of what is made of them.
#pragma once

#include <blockspin/process/timers.hpp>
#include <blockspin/sampling/cluster_sums.hpp>
#include <blockspin/sampling/measured.hpp>
#include <blockspin/sampling/measurements.hpp>
#include <blockspin/sampling/task.hpp>
#include <blockspin/sampling/update.hpp>

namespace support {

/// All measurements of a task on this rank alone.
inline blockspin::sampling::Measured sampled(const blockspin::sampling::Task& task) {
    namespace sampling = blockspin::sampling;
    const auto self = blockspin::mpi::Communicator::self();
    sampling::Replicas states(self, task.geometry, sampling::place(task.geometry, task.replicas(), 1),
                              blockspin::rng::Key(task.seed), sampling::Start::hot, task.spins);
    const auto bonds = sampling::random_bonds(states, task);
    auto updates = sampling::updates(task, states, bonds);
    const auto measurements = sampling::measurements(task, bonds);
    const auto quantities = sampling::quantities(task);
    const sampling::ClusterSums cluster_sums(task.geometry);
    blockspin::process::Timers timers;
    std::vector<std::vector<std::int64_t>> series(quantities.size());
    const auto replicas = static_cast<std::size_t>(task.replicas());
    std::size_t length = 0;
    for (const auto& each : quantities) length += each.width * replicas;
    for (std::int64_t step = 0; step < task.sweeps(); ++step) {
        sampling::sweep(updates, states, step, timers);
        if (task.measurements(step + 1) == task.measurements(step)) continue;
        sampling::prepare(states, measurements);
        std::vector<std::int64_t> sums(length);
        sampling::measure(states, measurements, sums);
        if (task.parameters.measures("clusters")) {
            cluster_sums.measure(*sampling::clusters(updates), states, std::span(sums).last(2 * replicas));
        }
        auto from = sums.begin();
        for (std::size_t q = 0; q < quantities.size(); ++q) {
            const auto to = from + static_cast<std::ptrdiff_t>(quantities[q].width * replicas);
            series[q].insert(series[q].end(), from, to);
            from = to;
        }
    }
    sampling::Measured measured(task.replicas());
    for (std::size_t q = 0; q < quantities.size(); ++q) {
        measured.add(quantities[q].name, quantities[q].width, series[q]);
    }
    return measured;
}

} // namespace support
