#include <blockspin/stats/log_mean.hpp>

#include <blockspin/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace blockspin::stats {

Estimate log_mean_exp(std::span<const double> log_weights) {
    if (log_weights.size() < 2) throw core::InputError("the error of a mean needs two weights or more");
    if (!std::ranges::all_of(log_weights, [](double x) { return std::isfinite(x); })) {
        throw core::DataError("a logarithm of a weight is not finite");
    }
    const auto n = static_cast<double>(log_weights.size());
    const double top = std::ranges::max(log_weights);
    std::vector<double> weights;
    double sum = 0, squares = 0;
    for (const double x : log_weights) {
        weights.push_back(std::exp(x - top));
        sum += weights.back();
        squares += weights.back() * weights.back();
    }
    // ln of the mean of all weights but one; what is left of the sum is at least that of n − 1 weights that underflow.
    double mean = 0, deviations = 0;
    std::vector<double> without;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        double rest = sum - weights[i];
        if (rest < 1e-8 * sum) { // cancelled: add up the others
            rest = std::exp(-700.0);
            for (std::size_t k = 0; k < weights.size(); ++k) rest += k == i ? 0.0 : weights[k];
        }
        without.push_back(std::log(rest / (n - 1)));
        mean += without.back() / n;
    }
    for (const double x : without) deviations += (x - mean) * (x - mean);
    return {.mean = top + std::log(sum / n),
            .error = std::sqrt((n - 1) / n * deviations),
            .tau_int = 0.5,
            .n_eff = sum * sum / squares};
}

} // namespace blockspin::stats
