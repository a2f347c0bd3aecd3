#pragma once

#include <cstdint>

#include <blockspin/mpi/message_time.hpp>

namespace blockspin::net {

/// What one update of a machine of binary units by contrastive divergence takes, by the rows of a rank's share of the
/// minibatch.
struct UpdateTime {
    double fixed = 0.0;         ///< seconds, whatever the rows: rounding the weights, clearing their sums
    double shared = 0.0;        ///< seconds for all parameters, which ranks (a power of two of them) share
    double per_row = 0.0;       ///< seconds
    double bytes_reduced = 0.0; ///< the sums over all ranks

    /// On so many ranks that share a minibatch, in seconds. Sums are scattered and parameters gathered (log2 P messages
    /// each), as if sums did not travel while the next columns are worked on: most of them do.
    double computing(std::int64_t batch, int ranks) const noexcept;
    double messages(int ranks, const mpi::MessageTime& message) const noexcept;
};

/// By a trial of some tenths of a second on random data, on this rank alone.
UpdateTime measure_updates(int visible, int hidden, int gibbs_steps, std::int64_t batch);

} // namespace blockspin::net
