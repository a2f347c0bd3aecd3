#include <blockspin/stats/comparison.hpp>

#include <blockspin/core/error.hpp>

#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include <boost/math/special_functions/erf.hpp>
#include <boost/math/special_functions/gamma.hpp>

namespace blockspin::stats {

double two_sided_p_value(double sigmas) { return std::erfc(std::abs(sigmas) / std::sqrt(2.0)); }

double chi_squared_p_value(double chi_squared, double degrees) {
    return boost::math::gamma_q(degrees / 2, chi_squared / 2);
}

double family_wise_sigma(std::size_t comparisons, double error) {
    if (comparisons == 0 || !(error > 0 && error < 1)) {
        throw core::InputError("a family-wise threshold needs comparisons and an error rate between 0 and 1");
    }
    const double of_one = -std::expm1(std::log1p(-error) / static_cast<double>(comparisons));
    return std::sqrt(2.0) * boost::math::erfc_inv(of_one);
}

double Comparison::sigmas() const noexcept {
    if (difference == 0) return 0;
    return error > 0 ? std::abs(difference) / error : std::numeric_limits<double>::infinity();
}

bool Comparison::agrees(std::size_t comparisons, double error_rate) const {
    return sigmas() <= family_wise_sigma(comparisons, error_rate);
}

Comparison compare(const Estimate& measured, const Estimate& reference) {
    return compare(measured, reference.mean, reference.error);
}

Comparison compare(const Estimate& measured, double reference, double reference_error) {
    return {measured.mean - reference, std::hypot(measured.error, reference_error)};
}

namespace {

struct Cell {
    double observed = 0;
    double expected = 0;
};

/// Cells that expect at least five draws each; what is left over at the end joins the last.
std::vector<Cell> joined_cells(std::span<const std::int64_t> counts, std::span<const double> probabilities) {
    const auto draws = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
    std::vector<Cell> cells;
    Cell open;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        open.observed += static_cast<double>(counts[i]);
        open.expected += draws * probabilities[i];
        if (open.expected >= 5) cells.push_back(std::exchange(open, {}));
    }
    if (cells.empty()) return {open};
    cells.back().observed += open.observed;
    cells.back().expected += open.expected;
    return cells;
}

bool something_impossible(std::span<const std::int64_t> counts, std::span<const double> probabilities) {
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] > 0 && probabilities[i] == 0) return true;
    }
    return false;
}

} // namespace

GoodnessOfFit goodness_of_fit(std::span<const std::int64_t> counts, std::span<const double> probabilities) {
    const double norm = std::accumulate(probabilities.begin(), probabilities.end(), 0.0);
    if (counts.size() != probabilities.size() || !(std::abs(norm - 1) < 1e-9)) {
        throw core::InputError("a goodness-of-fit test needs one probability per cell, with sum 1");
    }
    GoodnessOfFit fit;
    if (something_impossible(counts, probabilities)) return {std::numeric_limits<double>::infinity(), 0, 0};
    const std::vector<Cell> cells = joined_cells(counts, probabilities);
    for (const Cell& cell : cells) {
        const double deviation = cell.observed - cell.expected;
        if (cell.expected > 0) fit.chi_squared += deviation * deviation / cell.expected;
    }
    fit.degrees = static_cast<double>(cells.size() - 1);
    if (cells.size() > 1) fit.p_value = chi_squared_p_value(fit.chi_squared, fit.degrees);
    return fit;
}

} // namespace blockspin::stats
