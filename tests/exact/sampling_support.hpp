// Series of a task, sampled in memory, for tests of what is made of them.
#pragma once

#include <blockspin/process/timers.hpp>
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
                              blockspin::rng::Key(task.seed), sampling::Start::hot);
    auto updates = sampling::updates(task, states);
    const auto measurements = sampling::measurements(task);
    blockspin::process::Timers timers;
    std::vector<std::vector<std::int64_t>> series(measurements.size());
    const auto replicas = static_cast<std::size_t>(task.replicas());
    std::size_t length = 0;
    for (const auto& each : measurements) length += each.quantity.width * replicas;
    for (std::int64_t step = 0; step < task.sweeps(); ++step) {
        sampling::sweep(updates, states, step, timers);
        if (task.measurements(step + 1) == task.measurements(step)) continue;
        sampling::prepare(states, measurements);
        std::vector<std::int64_t> sums(length);
        sampling::measure(states, measurements, sums);
        auto from = sums.begin();
        for (std::size_t q = 0; q < measurements.size(); ++q) {
            const auto to = from + static_cast<std::ptrdiff_t>(measurements[q].quantity.width * replicas);
            series[q].insert(series[q].end(), from, to);
            from = to;
        }
    }
    sampling::Measured measured(task.replicas());
    for (std::size_t q = 0; q < measurements.size(); ++q) {
        measured.add(measurements[q].quantity.name, measurements[q].quantity.width, series[q]);
    }
    return measured;
}

} // namespace support
