#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include <blockspin/stats/estimate.hpp>
#include <blockspin/stats/gamma_method.hpp>

namespace blockspin::stats {

/// Several derived quantities at once: a function of the means of all measured ones.
using Functions = std::function<std::vector<double>(std::span<const double> means)>;

/// Is the O(1/n) bias of a function of means removed from its value?
enum class Bias { corrected, kept };

/// Derived quantities with the covariance of their values.
struct Derived {
    std::vector<Estimate> estimates;
    std::vector<double> covariance; ///< row-major, estimates.size() squared

    double covariance_of(std::size_t i, std::size_t j) const { return covariance[i * estimates.size() + j]; }
};

/// Jackknife over blocks of all chains, each (4 tau^2 n)^(1/3) measurements long or longer, tau the largest
/// integrated autocorrelation time among the observables: longer than 2 tau, and near the least mean-square error of
/// the variance. Blocks differ in length where chains do; the delete-m_j jackknife weighs them (Busing, Meijer & van
/// der Leeden 1999). The observables were measured together (equal lengths chain by chain).
/// tau_int and n_eff are those of the slowest observable. Errors as gamma_analysis.
Derived jackknife(std::span<const Record> observables, const Functions& functions, Bias bias = Bias::corrected);

/// One derived quantity.
Estimate jackknife(std::span<const Record> observables, const Function& function, Bias bias = Bias::corrected);

} // namespace blockspin::stats
