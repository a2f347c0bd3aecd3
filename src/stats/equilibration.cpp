#include <blockspin/stats/equilibration.hpp>

#include "record.hpp"

#include <blockspin/core/error.hpp>

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace blockspin::stats {

namespace {

constexpr std::size_t batch = 5;

std::vector<double> batch_means(Series series) {
    std::vector<double> means;
    for (std::size_t i = 0; i + batch <= series.size(); i += batch) means.push_back(mean_of(series.subspan(i, batch)));
    return means;
}

/// Sum of squared deviations of each tail of `values` from the tail's own mean, divided by its squared length: the
/// squared standard error were the values independent. Built from the end (Welford 1962).
std::vector<double> squared_errors_of_tails(std::span<const double> values) {
    std::vector<double> result(values.size());
    double mean = 0;
    double squares = 0;
    for (std::size_t i = values.size(); i-- > 0;) {
        const auto length = static_cast<double>(values.size() - i);
        const double deviation = values[i] - mean;
        mean += deviation / length;
        squares += deviation * (values[i] - mean);
        result[i] = squares / (length * length);
    }
    return result;
}

} // namespace

Equilibration equilibration(std::span<const Series> chains) {
    require_analysable(chains);
    const std::size_t shortest = std::ranges::min(chains, {}, &Series::size).size();
    if (shortest < 4 * batch) return {0, false};
    std::vector<double> objective(shortest / batch / 2 + 1, 0.0);
    for (const Series chain : chains) {
        const std::vector<double> errors = squared_errors_of_tails(batch_means(chain));
        for (std::size_t i = 0; i < objective.size(); ++i) objective[i] += errors[i];
    }
    const auto best = static_cast<std::size_t>(std::ranges::min_element(objective) - objective.begin());
    return {static_cast<std::int64_t>(best * batch), best + 1 < objective.size()};
}

Record without_transient(std::span<const Series> chains, std::int64_t drop) {
    Record rest;
    for (const Series chain : chains) {
        if (drop < 0 || drop >= static_cast<std::int64_t>(chain.size())) {
            throw core::InputError(fmt::format("cannot drop {} of {} measurements", drop, chain.size()));
        }
        rest.push_back(chain.subspan(static_cast<std::size_t>(drop)));
    }
    return rest;
}

} // namespace blockspin::stats
