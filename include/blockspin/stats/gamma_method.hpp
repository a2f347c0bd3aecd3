#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include <blockspin/stats/estimate.hpp>

namespace blockspin::stats {

/// Everything the Γ-method knows about a quantity.
struct GammaAnalysis {
    Estimate estimate;
    double error_of_error = 0;  ///< statistical error of estimate.error
    double tau_int_error = 0;   ///< statistical error of estimate.tau_int
    std::int64_t window = 0;    ///< autocorrelations were summed up to and including this lag
    double replica_p_value = 1; ///< probability that equilibrated chains differ as much as these; 1 for one chain
};

/// A quantity that is a function of the mean values of several measured ones, such as the specific heat.
using Function = std::function<double(std::span<const double> means)>;

/// Mean over all chains and its error from the summed autocorrelation function Γ(t), cut at the lag where the
/// statistical and the truncation error balance (S = 1.5), with the bias of the subtracted mean corrected.
/// Wolff 2004 (hep-lat/0306017). A constant series has error 0 and tau_int 1/2; where
/// anticorrelation makes the summed Γ vanish, the series is taken as uncorrelated, which overstates the error.
/// InputError for fewer than two measurements or an empty chain, DataError for one that is not finite.
GammaAnalysis gamma_analysis(std::span<const Series> chains);

/// The same for a function of the means of several quantities measured together (equal lengths chain by chain):
/// the Γ-method applied to the fluctuations projected on its gradient, which is taken numerically over one naive
/// standard deviation of each mean. With several chains the O(1/n) bias of the function is removed (Wolff 2004).
GammaAnalysis gamma_analysis(std::span<const Record> observables, const Function& function);

/// gamma_analysis(chains).estimate.
Estimate gamma_method(std::span<const Series> chains);

/// gamma_analysis(observables, function).estimate.
Estimate gamma_method(std::span<const Record> observables, const Function& function);

} // namespace blockspin::stats
