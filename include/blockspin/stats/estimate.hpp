#pragma once

#include <span>
#include <vector>

namespace blockspin::stats {

/// A sampled quantity: the only form in which one is printed or stored.
struct Estimate {
    double mean = 0;      ///< best value
    double error = 0;     ///< one standard deviation of `mean`, autocorrelation included
    double tau_int = 0.5; ///< integrated autocorrelation time in measurements; 1/2 if they are independent
    double n_eff = 0;     ///< number of independent measurements that the series is worth: n / (2 tau_int)

    /// Is the series too short, about 40 tau_int or less, for `error` and `tau_int` to be trusted?
    bool too_short() const noexcept { return n_eff < 20; }

    bool operator==(const Estimate&) const = default;
};

/// Measurements of one quantity in one Markov chain, in the order of time.
using Series = std::span<const double>;

/// Measurements of one quantity: one Series per chain. Chains are independent; their lengths may differ.
using Record = std::vector<Series>;

} // namespace blockspin::stats
