#include <blockspin/stats/gamma_method.hpp>

#include "record.hpp"

#include <blockspin/stats/comparison.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace blockspin::stats {

namespace {

/// Deviations from the mean over all chains, chain by chain.
using Fluctuations = std::vector<std::vector<double>>;

Fluctuations fluctuations(std::span<const Series> chains, double mean) {
    Fluctuations result;
    for (const Series chain : chains) {
        std::vector<double>& deviations = result.emplace_back(chain.begin(), chain.end());
        for (double& value : deviations) value -= mean;
    }
    return result;
}

/// Γ(lag), averaged over the pairs within each chain.
double autocorrelation(const Fluctuations& chains, std::size_t lag) {
    double sum = 0;
    std::size_t pairs = 0;
    for (const auto& chain : chains) {
        if (chain.size() <= lag) continue;
        pairs += chain.size() - lag;
        for (std::size_t i = lag; i < chain.size(); ++i) sum += chain[i] * chain[i - lag];
    }
    return pairs > 0 ? sum / static_cast<double>(pairs) : 0.0;
}

/// Γ(0) … Γ(W), the last being where Wolff's g(W) = exp(-W/τ(W)) - τ(W)/sqrt(W N) turns negative.
std::vector<double> windowed_autocorrelations(const Fluctuations& chains, double total) {
    constexpr double ratio_of_times = 1.5; // S, the guess of τ / τ_int
    const auto longest = std::ranges::max(chains, {}, &std::vector<double>::size).size();
    std::vector<double> gamma{autocorrelation(chains, 0)};
    if (gamma[0] <= 0) return gamma;
    double excess = 0; // τ_int - 1/2
    for (std::size_t lag = 1; lag <= longest / 2; ++lag) {
        gamma.push_back(autocorrelation(chains, lag));
        excess += gamma.back() / gamma[0];
        const double tau = excess > 0 ? ratio_of_times / std::log1p(1 / excess) : std::numeric_limits<double>::min();
        const auto window = static_cast<double>(lag);
        if (std::exp(-window / tau) < tau / std::sqrt(window * total)) break;
    }
    return gamma;
}

double summed(std::span<const double> gamma) {
    double sum = gamma[0];
    for (const double value : gamma.subspan(1)) sum += 2 * value;
    return sum;
}

/// Chi-squared of the chains' own means about the common one, as a p-value.
double replica_p_value(const Fluctuations& chains, double sum) {
    if (chains.size() < 2 || sum <= 0) return 1;
    double chi_squared = 0;
    for (const auto& chain : chains) {
        const double deviation = mean_of(chain);
        chi_squared += deviation * deviation * static_cast<double>(chain.size()) / sum;
    }
    return chi_squared_p_value(chi_squared, static_cast<double>(chains.size() - 1));
}

/// Errors and times from the fluctuations; the caller fills in the mean.
GammaAnalysis analyse(const Fluctuations& chains) {
    double total = 0;
    for (const auto& chain : chains) total += static_cast<double>(chain.size());
    std::vector<double> gamma = windowed_autocorrelations(chains, total);
    const double bias = summed(gamma) / total;
    for (double& value : gamma) value += bias;
    const auto window = static_cast<double>(gamma.size() - 1);
    double sum = summed(gamma);
    if (sum <= 0) sum = gamma[0] = autocorrelation(chains, 0);

    GammaAnalysis result;
    result.window = static_cast<std::int64_t>(gamma.size()) - 1;
    const double tau = gamma[0] > 0 ? sum / (2 * gamma[0]) : 0.5;
    result.estimate = {0, std::sqrt(sum / total), tau, total / (2 * tau)};
    result.error_of_error = result.estimate.error * std::sqrt((window + 0.5) / total);
    result.tau_int_error = 2 * tau * std::sqrt(std::max(0.0, window + 0.5 - tau) / total);
    result.replica_p_value = replica_p_value(chains, sum);
    return result;
}

std::vector<double> means_of(std::span<const Record> observables) {
    std::vector<double> means;
    for (const Record& record : observables) means.push_back(mean_of(std::span(record)));
    return means;
}

double naive_error(const Fluctuations& chains, std::int64_t total) {
    return std::sqrt(autocorrelation(chains, 0) / static_cast<double>(total));
}

/// Central difference of the function over one naive error of mean number `which`; 0 for a constant observable.
double derivative(const Function& function, std::vector<double> means, std::size_t which, double step) {
    if (step == 0) return 0;
    const double centre = means[which];
    means[which] = centre + step;
    const double above = function(means);
    means[which] = centre - step;
    return (above - function(means)) / (2 * step);
}

/// Fluctuations of all observables projected on the gradient of the function at their means.
Fluctuations projected(std::span<const Record> observables, const Function& function, std::span<const double> means) {
    Fluctuations projection;
    for (const Series chain : observables.front()) projection.emplace_back(chain.size(), 0.0);
    const std::int64_t total = total_length(observables.front());
    for (std::size_t a = 0; a < observables.size(); ++a) {
        const Fluctuations own = fluctuations(observables[a], means[a]);
        const double slope = derivative(function, {means.begin(), means.end()}, a, naive_error(own, total));
        for (std::size_t chain = 0; chain < own.size(); ++chain) {
            for (std::size_t i = 0; i < own[chain].size(); ++i) projection[chain][i] += slope * own[chain][i];
        }
    }
    return projection;
}

/// The function's value with its O(1/n) bias removed: its values on single chains show R times the bias of all.
double unbiased_value(std::span<const Record> observables, const Function& function, double value) {
    const std::size_t chains = observables.front().size();
    if (chains < 2) return value;
    const auto total = static_cast<double>(total_length(observables.front()));
    double single = 0;
    for (std::size_t chain = 0; chain < chains; ++chain) {
        std::vector<double> means;
        for (const Record& record : observables) means.push_back(mean_of(record[chain]));
        single += function(means) * static_cast<double>(observables.front()[chain].size()) / total;
    }
    return value - (single - value) / static_cast<double>(chains - 1);
}

} // namespace

GammaAnalysis gamma_analysis(std::span<const Series> chains) {
    require_analysable(chains);
    const double mean = mean_of(chains);
    GammaAnalysis result = analyse(fluctuations(chains, mean));
    result.estimate.mean = mean;
    return result;
}

GammaAnalysis gamma_analysis(std::span<const Record> observables, const Function& function) {
    require_analysable(observables);
    const std::vector<double> means = means_of(observables);
    GammaAnalysis result = analyse(projected(observables, function, means));
    result.estimate.mean = unbiased_value(observables, function, function(means));
    return result;
}

Estimate gamma_method(std::span<const Series> chains) { return gamma_analysis(chains).estimate; }

Estimate gamma_method(std::span<const Record> observables, const Function& function) {
    return gamma_analysis(observables, function).estimate;
}

} // namespace blockspin::stats
