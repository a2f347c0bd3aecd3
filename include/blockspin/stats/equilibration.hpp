#pragma once

#include <cstdint>
#include <span>

#include <blockspin/stats/estimate.hpp>

namespace blockspin::stats {

/// How much of the beginning of a record still remembers the start.
struct Equilibration {
    std::int64_t drop = 0; ///< measurements to leave out at the beginning of every chain
    bool reached = true;   ///< false: the transient may last beyond half of the shortest chain
};

/// The truncation that makes the squared standard error of what remains smallest, in batches of five measurements,
/// summed over chains (each about its own mean) and looked for in the first half of the shortest: the MSER-5 rule,
/// White, Cobb & Spratt 2000. Chains of fewer than 20 measurements are never `reached`. Errors as gamma_analysis.
Equilibration equilibration(std::span<const Series> chains);

/// The record without the first `drop` measurements of each chain. InputError if nothing would remain of one.
Record without_transient(std::span<const Series> chains, std::int64_t drop);

} // namespace blockspin::stats
