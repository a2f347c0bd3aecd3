#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <blockspin/stats/estimate.hpp>

namespace blockspin::stats {

/// Throws InputError for an empty chain or fewer than two measurements in all, DataError for a non-finite one.
void require_analysable(std::span<const Series> chains);

/// The same for every observable; InputError too unless there is one and all have equal lengths chain by chain.
void require_analysable(std::span<const Record> observables);

/// Number of measurements in all chains.
std::int64_t total_length(std::span<const Series> chains);

/// Mean, exact for a constant series.
double mean_of(Series series);

/// Mean over all chains, exact for constant ones.
double mean_of(std::span<const Series> chains);

} // namespace blockspin::stats
