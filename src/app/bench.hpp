#pragma once

#include <algorithm>
#include <chrono>
#include <string>

#include <blockspin/mpi/communicator.hpp>

namespace blockspin::app {

/// Work done per second, best of several trials of some tenths of a second; `work` is what one call does.
template <class Call> double best_rate(double work, Call&& call) {
    using Clock = std::chrono::steady_clock;
    double best = 0.0;
    for (int trial = 0; trial < 5; ++trial) {
        const auto start = Clock::now();
        double done = 0.0, seconds = 0.0;
        do {
            call();
            done += work;
            seconds = std::chrono::duration<double>(Clock::now() - start).count();
        } while (seconds < 0.1);
        best = std::max(best, done / seconds);
    }
    return best;
}

/// One line of the report.
void print(const std::string& name, double rate, const std::string& unit, const std::string& share = "");

/// Training rates of restricted Boltzmann machines beside the rate of their matrix products alone, on one rank and on
/// all. Collective.
void bench_network(const mpi::Communicator& world);

/// Checkpoints written by all ranks beside a plain write of as many bytes in the current folder. Collective.
void bench_checkpoint(const mpi::Communicator& world);

} // namespace blockspin::app
