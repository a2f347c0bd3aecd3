#pragma once

#include <blockspin/mpi/communicator.hpp>
#include <blockspin/sampling/placement.hpp>
#include <blockspin/sampling/task.hpp>

namespace blockspin::sampling {

/// What a sampling task needs.
struct Demand {
    double memory = 0.0; ///< bytes on the rank that needs most: its spins where they are converted or saved, clusters
    double checkpoint = 0.0; ///< bytes of one checkpoint
    double disk = 0.0;       ///< bytes in all: two checkpoints, the series, the configurations
    double seconds = 0.0;    ///< for sweeps and measurements, on these ranks
    double computing = 0.0;  ///< seconds per spin and sweep, without messages
};

/// Memory and disk by counting, time by a trial of some tenths of a second on the real layout. Collective.
Demand demand(const mpi::Communicator& comm, const Task& task, const Placement& placement);

} // namespace blockspin::sampling
