#include <blockspin/process/estimate_row.hpp>
#include <blockspin/sampling/finite_size.hpp>

#include <boost/math/tools/toms748_solve.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <string>

namespace blockspin::sampling {

namespace {

using Quantity = double Averages::*;

/// The range of couplings that both sizes were reweighted to.
struct Range {
    double low, high;
};

Range common_range(const SizedFamily& small, const SizedFamily& large) {
    return {std::max(small.family->low(), large.family->low()), std::min(small.family->high(), large.family->high())};
}

/// Where the difference of two curves vanishes, the coupling; none if it has the same sign at both ends.
std::optional<double> crossing(const std::function<double(double)>& difference, const Range& range) {
    const double at_low = difference(range.low), at_high = difference(range.high);
    if (!(at_low * at_high < 0)) return std::nullopt;
    std::uintmax_t iterations = 100;
    const auto bracket = boost::math::tools::toms748_solve(difference, range.low, range.high, at_low, at_high,
                                                           boost::math::tools::eps_tolerance<double>(40), iterations);
    return (bracket.first + bracket.second) / 2;
}

/// d/dK of a quantity, by a central difference over a thousandth of the range.
double slope(const SizedFamily& sized, const stats::Reweighting& set, Quantity quantity, double coupling,
             const Range& range) {
    const double step = (range.high - range.low) / 1000;
    const auto at = [&](double where) { return sized.family->at(set, where).*quantity; };
    return (at(coupling + step) - at(coupling - step)) / (2 * step);
}

/// Exponent of a power law through two values.
double exponent(double small, double large, const SizedFamily& of_small, const SizedFamily& of_large) {
    return std::log(large / small) / std::log(of_large.length / of_small.length);
}

using OfBoth = std::function<std::vector<double>(const stats::Reweighting& small, const stats::Reweighting& large)>;

/// Functions of both sets of measurements, which are independent.
std::vector<stats::Estimate> estimates(const SizedFamily& small, const SizedFamily& large, const OfBoth& functions) {
    const stats::MultiHistogram &a = small.family->histogram(), &b = large.family->histogram();
    const std::vector<double> all = functions(a.all(), b.all());
    const auto vary_a = a.estimate([&](const stats::Reweighting& set) { return functions(set, b.all()); });
    const auto vary_b = b.estimate([&](const stats::Reweighting& set) { return functions(a.all(), set); });
    std::vector<stats::Estimate> result;
    for (std::size_t i = 0; i < all.size(); ++i) {
        result.push_back({.mean = vary_a[i].mean + vary_b[i].mean - all[i], // both biases removed
                          .error = std::hypot(vary_a[i].error, vary_b[i].error),
                          .tau_int = std::max(vary_a[i].tau_int, vary_b[i].tau_int),
                          .n_eff = std::min(vary_a[i].n_eff, vary_b[i].n_eff)});
    }
    return result;
}

io::Row row(const SizedFamily& small, const SizedFamily& large, std::string quantity, const stats::Estimate& estimate) {
    return process::estimate_row("finite-size", fmt::format("L = {:.4g}, {:.4g}", small.length, large.length),
                                 std::move(quantity), estimate);
}

void add_crossing(const SizedFamily& small, const SizedFamily& large, const char* name, Quantity quantity,
                  std::vector<io::Row>& rows) {
    const Range range = common_range(small, large);
    const auto place = [&](const stats::Reweighting& a, const stats::Reweighting& b) {
        return crossing([&](double k) { return large.family->at(b, k).*quantity - small.family->at(a, k).*quantity; },
                        range);
    };
    const auto everything = place(small.family->histogram().all(), large.family->histogram().all());
    if (!everything) return;
    const auto found = estimates(small, large, [&](const stats::Reweighting& a, const stats::Reweighting& b) {
        const double k = place(a, b).value_or(*everything);
        return std::vector<double>{
            k, small.family->at(a, k).*quantity,
            exponent(slope(small, a, quantity, k, range), slope(large, b, quantity, k, range), small, large)};
    });
    rows.push_back(row(small, large, fmt::format("coupling where the {} crosses", name), found[0]));
    rows.push_back(row(small, large, fmt::format("{} there", name), found[1]));
    if (std::isfinite(found[2].mean) && std::isfinite(found[2].error)) {
        rows.push_back(row(small, large, fmt::format("1/nu from the slopes of the {}", name), found[2]));
    }
}

void add_peaks(const SizedFamily& small, const SizedFamily& large, std::vector<io::Row>& rows) {
    const auto peak = [](const SizedFamily& sized) { return sized.family->maximum(&Averages::susceptibility); };
    const auto of_small = peak(small), of_large = peak(large);
    if (!of_small || !of_large) return;
    const double scale = std::log(large.length / small.length);
    const auto relative = [](const stats::Estimate& value) { return value.error / value.mean; };
    rows.push_back(row(small, large, "gamma/nu from the largest susceptibilities",
                       {.mean = std::log(of_large->value.mean / of_small->value.mean) / scale,
                        .error = std::hypot(relative(of_small->value), relative(of_large->value)) / scale,
                        .tau_int = std::max(of_small->value.tau_int, of_large->value.tau_int),
                        .n_eff = std::min(of_small->value.n_eff, of_large->value.n_eff)}));
}

} // namespace

std::vector<io::Row> finite_size_rows(const SizedFamily& small, const SizedFamily& large) {
    std::vector<io::Row> rows;
    const Range range = common_range(small, large);
    if (!(range.low < range.high)) return rows;
    add_crossing(small, large, "Binder cumulant", &Averages::binder, rows);
    if (small.family->has_correlation_length() && large.family->has_correlation_length()) {
        add_crossing(small, large, "correlation length / L", &Averages::correlation_length, rows);
    }
    add_peaks(small, large, rows);
    return rows;
}

} // namespace blockspin::sampling
