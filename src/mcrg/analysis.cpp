#include "analysis.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/mcrg/linearised_flow.hpp>

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace blockspin::mcrg {

namespace {

/// The sums of all configurations, and how they are laid out.
struct Sums {
    std::span<const std::int64_t> values; ///< [row, replica, level, operator]
    std::size_t replicas, levels, operators;

    /// S_a at one level, chain after chain.
    std::vector<double> series(std::size_t level, std::size_t a) const {
        const std::size_t stride = levels * operators, row = replicas * stride;
        std::vector<double> series;
        for (std::size_t replica = 0; replica < replicas; ++replica) {
            for (std::size_t at = replica * stride + level * operators + a; at < values.size(); at += row) {
                series.push_back(static_cast<double>(values[at]));
            }
        }
        return series;
    }
};

/// The operators first … first + count − 1 of one parity.
struct Sector {
    std::string_view exponent;
    std::size_t first, count;
    Means means;
};

StepSeries step_series(const Sums& sums, const Sector& sector, std::size_t step) {
    StepSeries series{.chains = sums.replicas, .fine = {}, .coarse = {}, .means = sector.means};
    for (std::size_t a = sector.first; a < sector.first + sector.count; ++a) {
        series.fine.push_back(sums.series(step - 1, a));
        series.coarse.push_back(sums.series(step, a));
    }
    return series;
}

std::string note(const Exponent& exponent) {
    if (!exponent.is_real) return "the leading eigenvalue is not a positive number";
    return exponent.estimate.too_short() ? "the series is too short for its autocorrelation time" : "";
}

io::Row row(const Task& task, const Sector& sector, std::size_t step, std::size_t operators, const Exponent& exponent) {
    return {.section = "block",
            .point = task.point.label,
            .quantity =
                fmt::format("{}, step {}, {} operator{}", sector.exponent, step, operators, operators == 1 ? "" : "s"),
            .kind = io::Kind::sampled,
            .unit = "",
            .value = exponent.estimate.mean,
            .error = exponent.estimate.error,
            .tau_int = exponent.estimate.tau_int,
            .n_eff = exponent.estimate.n_eff,
            .note = note(exponent)};
}

std::vector<Exponent> exponents_of_step(const Task& task, const Sums& sums, const Sector& sector, std::size_t step) {
    try {
        return exponents(step_series(sums, sector, step), static_cast<int>(task.parameters.factor));
    } catch (const core::InputError& error) {
        throw core::InputError(fmt::format("[block] {}, step {}: too few configurations, or block spins that fluctuate "
                                           "too little to tell the operators apart ({})",
                                           sector.exponent, step, error.what()));
    }
}

} // namespace

std::vector<io::Row> analyse(const Task& task, const Operators& operators, std::int64_t replicas,
                             std::span<const std::int64_t> values) {
    const auto steps = static_cast<std::size_t>(task.parameters.steps);
    const Sums sums{values, static_cast<std::size_t>(replicas), steps + 1, operators.all.size()};
    const Sector even{"y_T", 0, operators.even, Means::estimated};
    const Sector odd{"y_H", operators.even, operators.all.size() - operators.even, Means::zero};
    std::vector<io::Row> rows;
    for (const Sector& sector : {even, odd}) {
        for (std::size_t step = 1; sector.count > 0 && step <= steps; ++step) {
            const auto nested = exponents_of_step(task, sums, sector, step);
            for (std::size_t n = 0; n < nested.size(); ++n) rows.push_back(row(task, sector, step, n + 1, nested[n]));
        }
    }
    return rows;
}

} // namespace blockspin::mcrg
