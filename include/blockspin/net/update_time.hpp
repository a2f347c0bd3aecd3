#pragma once

#include <cstdint>

#include <blockspin/mpi/message_time.hpp>

namespace blockspin::net {

/// What one update of a machine of binary units by contrastive divergence takes, by the rows of the minibatch.
struct UpdateTime {
    int visible = 0, hidden = 0, gibbs_steps = 1;
    double fixed = 0.0;   ///< seconds, whatever the rows: rounding the weights, clearing their sums
    double shared = 0.0;  ///< seconds for all parameters, which ranks share
    double per_row = 0.0; ///< seconds

    /// On so many ranks that share a minibatch, in groups of unit_parts() ranks that share the units, in seconds. Sums
    /// are scattered over the groups and parameters gathered (log2 of their number messages each), as if sums did not
    /// travel while the next columns are worked on: most of them do. Within groups bits travel at every half-step of
    /// the chains, and weights after every update.
    double computing(std::int64_t batch, int ranks) const noexcept;
    double messages(std::int64_t batch, int ranks, const mpi::MessageTime& message) const noexcept;
};

/// By a trial of some tenths of a second on random data, on this rank alone.
UpdateTime measure_updates(int visible, int hidden, int gibbs_steps, std::int64_t batch);

} // namespace blockspin::net
