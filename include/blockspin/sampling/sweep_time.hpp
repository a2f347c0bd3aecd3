#pragma once

#include <blockspin/mpi/message_time.hpp>
#include <blockspin/sampling/task.hpp>

namespace blockspin::sampling {

/// What one sweep takes on the fullest rank, in seconds.
struct SweepTime {
    double computing = 0.0;
    double messages = 0.0; ///< as if none travelled while others are worked on: most of them do

    double total() const noexcept { return computing + messages; }
};

/// Can sweep_time() tell? Checkerboard updates alone, whose messages are faces of domains.
bool has_sweep_time(const Task& task);

/// On so many ranks, laid out as place() would: replicas of the fullest group × sites of the largest domain × seconds
/// per spin; and for each colour of each update one message to the rank beyond every side at which a domain is cut.
/// InputError if the lattice cannot be cut so often, InternalError unless has_sweep_time().
SweepTime sweep_time(const Task& task, int ranks, double seconds_per_spin, const mpi::MessageTime& message);

} // namespace blockspin::sampling
