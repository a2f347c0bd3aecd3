#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <blockspin/stats/estimate.hpp>

namespace blockspin::stats {

/// Probability that a standard normal variable lies farther from 0 than |sigmas|.
double two_sided_p_value(double sigmas);

/// Probability that a chi-squared variable with `degrees` degrees of freedom exceeds `chi_squared`.
double chi_squared_p_value(double chi_squared, double degrees);

/// The threshold, in standard deviations, that none of `comparisons` independent normal deviations exceeds with
/// probability 1 - `error` (Šidák 1967). InputError unless comparisons > 0 and 0 < error < 1.
double family_wise_sigma(std::size_t comparisons, double error = 1e-3);

/// A measured value beside its reference.
struct Comparison {
    double difference = 0; ///< measured minus reference
    double error = 0;      ///< standard deviation of the difference: both errors in quadrature

    /// |difference| in units of its error; 0 where both vanish, infinite where only the error does.
    double sigmas() const noexcept;

    /// Does the difference pass as one of `comparisons` that share a probability `error_rate` of a false alarm?
    bool agrees(std::size_t comparisons, double error_rate = 1e-3) const;
};

/// Two independent estimates.
Comparison compare(const Estimate& measured, const Estimate& reference);

/// An estimate against a value that is known to within `reference_error`.
Comparison compare(const Estimate& measured, double reference, double reference_error = 0);

/// Pearson's test of observed counts against probabilities.
struct GoodnessOfFit {
    double chi_squared = 0;
    double degrees = 0; ///< degrees of freedom: number of cells that could be filled, less one
    double p_value = 1;
};

/// Independent draws sorted into cells, against the probability of each cell (sum 1). Neighbouring cells are joined
/// until each expects at least five draws. A count where the probability is 0 has p-value 0. InputError unless the
/// lengths agree and the probabilities sum to 1.
GoodnessOfFit goodness_of_fit(std::span<const std::int64_t> counts, std::span<const double> probabilities);

} // namespace blockspin::stats
