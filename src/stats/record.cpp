#include "record.hpp"

#include <blockspin/core/error.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace blockspin::stats {

namespace {

void require_finite(std::span<const Series> chains) {
    for (std::size_t chain = 0; chain < chains.size(); ++chain) {
        for (std::size_t i = 0; i < chains[chain].size(); ++i) {
            if (std::isfinite(chains[chain][i])) continue;
            throw core::DataError(
                fmt::format("measurement {} of chain {} is {}: no estimate is possible", i, chain, chains[chain][i]));
        }
    }
}

/// Differences from the first value are what is summed: they vanish where all values are equal.
double sum_above(Series series, double origin) {
    double sum = 0;
    for (const double value : series) sum += value - origin;
    return sum;
}

} // namespace

void require_analysable(std::span<const Series> chains) {
    for (const Series chain : chains) {
        if (chain.empty()) throw core::InputError("a chain without measurements cannot be analysed");
    }
    if (total_length(chains) < 2) throw core::InputError("an error needs at least two measurements");
    require_finite(chains);
}

void require_analysable(std::span<const Record> observables) {
    if (observables.empty()) throw core::InputError("a derived quantity needs at least one observable");
    for (const Record& record : observables) {
        require_analysable(std::span(record));
        const bool same = std::ranges::equal(record, observables.front(), {}, &Series::size, &Series::size);
        if (!same) throw core::InputError("observables measured together must have equally long chains");
    }
}

std::int64_t total_length(std::span<const Series> chains) {
    std::size_t length = 0;
    for (const Series chain : chains) length += chain.size();
    return static_cast<std::int64_t>(length);
}

double mean_of(Series series) { return mean_of(std::span(&series, 1)); }

double mean_of(std::span<const Series> chains) {
    const double origin = chains.front().front();
    double sum = 0;
    for (const Series chain : chains) sum += sum_above(chain, origin);
    return origin + sum / static_cast<double>(total_length(chains));
}

} // namespace blockspin::stats
