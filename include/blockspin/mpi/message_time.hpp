#pragma once

#include <cstddef>

#include <blockspin/mpi/communicator.hpp>

namespace blockspin::mpi {

/// What a message takes from one rank to another: latency + bytes / bandwidth.
struct MessageTime {
    double latency = 0.0;   ///< seconds
    double bandwidth = 0.0; ///< bytes per second

    double seconds(double bytes) const noexcept { return latency + bytes / bandwidth; }
};

/// A round of Exchange between rank 0 and the last rank, written and read by both, the shortest of some trials: with
/// messages of 8 bytes and of 1 MB. At least two ranks. Collective.
MessageTime measure_messages(const Communicator& comm);

} // namespace blockspin::mpi
