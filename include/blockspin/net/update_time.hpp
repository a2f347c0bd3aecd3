#pragma once

#include <cstdint>

#include <blockspin/mpi/message_time.hpp>

namespace blockspin::net {

/// What one update of a machine of binary units by contrastive divergence takes, by the rows of a rank's share of the
/// minibatch. The parameters themselves are updated by every rank.
struct UpdateTime {
    double fixed = 0.0;         ///< seconds, whatever the rows
    double per_row = 0.0;       ///< seconds
    double bytes_reduced = 0.0; ///< the sums over all ranks

    /// On so many ranks that share a minibatch, in seconds. The reduction is Rabenseifner's (2 log2 P messages, the
    /// data twice), as if it did not travel while the next columns are worked on: most of it does.
    double computing(std::int64_t batch, int ranks) const noexcept;
    double messages(int ranks, const mpi::MessageTime& message) const noexcept;
};

/// By a trial of some tenths of a second on random data, on this rank alone.
UpdateTime measure_updates(int visible, int hidden, int gibbs_steps, std::int64_t batch);

} // namespace blockspin::net
