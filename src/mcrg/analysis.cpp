#include "analysis.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/mcrg/linearised_flow.hpp>
#include <blockspin/mcrg/tuned_rule.hpp>
#include <blockspin/process/estimate_row.hpp>

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace blockspin::mcrg {

namespace {

/// The sums of all configurations, and how they are laid out.
struct Sums {
    std::span<const std::int64_t> values; ///< [row, replica, lattice, operator]
    std::size_t replicas, lattices, operators;

    /// S_a on one lattice in the replicas first … first + chains − 1, chain after chain.
    std::vector<double> series(std::size_t first, std::size_t chains, std::size_t lattice, std::size_t a) const {
        const std::size_t stride = lattices * operators, row = replicas * stride;
        std::vector<double> series;
        for (std::size_t replica = first; replica < first + chains; ++replica) {
            for (std::size_t at = replica * stride + lattice * operators + a; at < values.size(); at += row) {
                series.push_back(static_cast<double>(values[at]));
            }
        }
        return series;
    }
};

/// The sectors of one point, rule by rule.
FlowSeries series_of(std::size_t point, const Sums& sums, std::size_t chains, const Operators& operators,
                     const BlockLevels& levels) {
    FlowSeries result{.chains = chains};
    const auto append = [&](std::size_t rule, std::size_t first, std::size_t end, Means means,
                            std::size_t eigenvalues) {
        SectorSeries& series = result.sectors.emplace_back();
        series.means = means;
        series.eigenvalues = eigenvalues;
        for (std::size_t level = 0; level < levels.size(); ++level) {
            auto& of_level = series.sums.emplace_back();
            for (std::size_t a = first; a < end; ++a) {
                of_level.push_back(sums.series(point * chains, chains, levels.lattice_of(rule, level), a));
            }
        }
    };
    for (std::size_t rule = 0; rule < levels.rules(); ++rule) {
        if (operators.even > 0) append(rule, 0, operators.even, Means::estimated, 2);
        if (operators.even < operators.all.size()) append(rule, operators.even, operators.all.size(), Means::zero, 1);
    }
    return result;
}

/// ", p = 0.43" where there are several.
std::string suffix(const Task& task, std::size_t rule) {
    const auto& p = task.parameters.p;
    return p.size() > 1 ? fmt::format(", p = {}", p[rule]) : "";
}

io::Row row(const Task& task, std::size_t point, std::size_t rule, bool is_even, const Exponent& exponent) {
    const std::string_view name = !is_even ? "y_H" : exponent.rank == 0 ? "y_T" : "omega";
    stats::Estimate estimate = exponent.estimate;
    if (exponent.rank > 0) estimate.mean = -estimate.mean;
    return process::estimate_row("block", task.points[point].label,
                                 fmt::format("{}, step {}, {} operator{}{}", name, exponent.step, exponent.operators,
                                             exponent.operators == 1 ? "" : "s", suffix(task, rule)),
                                 estimate, exponent.is_real ? "" : "the eigenvalue is not a positive number");
}

Exponents exponents_of(const Task& task, const FlowSeries& series, std::size_t point) {
    try {
        return exponents(series, static_cast<int>(task.parameters.factor));
    } catch (const core::InputError& error) {
        const std::string& label = task.points[point].label;
        throw core::InputError(fmt::format("[block]{}{}: too few configurations, or block spins that fluctuate too "
                                           "little to tell the operators apart ({})",
                                           label.empty() ? "" : " ", label, error.what()));
    }
}

FlowAnalysis analyse(const Task& task, const FlowSeries& series, std::size_t point, std::size_t rules) {
    const Exponents exponents = exponents_of(task, series, point);
    const std::size_t parities = series.sectors.size() / rules;
    FlowAnalysis result{{}, exponents.covariance};
    for (const Exponent& exponent : exponents.all) {
        const bool is_even = series.sectors[exponent.sector].means == Means::estimated;
        result.rows.push_back(row(task, point, exponent.sector / parities, is_even, exponent));
    }
    const std::size_t n = result.rows.size();
    for (std::size_t i = 0; i < n * n; ++i) { // omega is minus an exponent
        if ((exponents.all[i / n].rank == 0) != (exponents.all[i % n].rank == 0)) result.covariance[i] *= -1;
    }
    if (rules > 1) {
        std::vector<Means> sectors;
        for (const SectorSeries& sector : series.sectors) sectors.push_back(sector.means);
        const auto tuned = tuned_rule(task.points[point].label, exponents, sectors, task.parameters.p);
        result.rows.insert(result.rows.end(), tuned.begin(), tuned.end());
    }
    return result;
}

} // namespace

std::vector<FlowAnalysis> analyse(const Task& task, const Operators& operators, const BlockLevels& levels,
                                  std::int64_t replicas, std::span<const std::int64_t> values) {
    const Sums sums{values, static_cast<std::size_t>(replicas), levels.lattices(), operators.all.size()};
    const std::size_t chains = sums.replicas / task.points.size();
    std::vector<FlowAnalysis> result;
    for (std::size_t point = 0; point < task.points.size(); ++point) {
        const FlowSeries series = series_of(point, sums, chains, operators, levels);
        result.push_back(analyse(task, series, point, levels.rules()));
    }
    return result;
}

} // namespace blockspin::mcrg
