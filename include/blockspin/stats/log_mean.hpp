#pragma once

#include <span>

#include <blockspin/stats/estimate.hpp>

namespace blockspin::stats {

/// ln of the mean of independent positive weights that are given by their logarithms, such as those of importance
/// sampling. The error is the jackknife's; n_eff is Kish's effective number of weights, (Σ w)² / Σ w² (Kish, Survey
/// Sampling, 1965): where it is small, the largest weights alone decide and the error is not to be trusted. By
/// concavity the value lies below the logarithm of the expected weight, by about error²/2.
/// InputError for fewer than two weights, DataError for one that is not finite.
Estimate log_mean_exp(std::span<const double> log_weights);

} // namespace blockspin::stats
