#include <blockspin/mcrg/tuned_rule.hpp>
#include <blockspin/process/estimate_row.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>
#include <string_view>

namespace blockspin::mcrg {

namespace {

/// Two exponents at two values of p: of the first step at both, then of the second.
struct Corners {
    std::array<double, 2> p;
    std::array<std::size_t, 4> exponents; ///< their numbers
};

struct Crossing {
    stats::Estimate p, exponent;
};

/// Standard deviation of a function of the four exponents with this gradient.
double deviation(const Exponents& exponents, const Corners& corners, const std::array<double, 4>& gradient) {
    double variance = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        for (std::size_t j = 0; j < 4; ++j) {
            variance += gradient[i] * gradient[j] *
                        exponents.covariance[corners.exponents[i] * exponents.all.size() + corners.exponents[j]];
        }
    }
    return std::sqrt(std::max(0.0, variance));
}

std::optional<Crossing> crossing(const Exponents& exponents, const Corners& corners) {
    std::array<double, 4> y{};
    for (std::size_t i = 0; i < 4; ++i) y[i] = exponents.all[corners.exponents[i]].estimate.mean;
    const double below = y[2] - y[0], above = y[3] - y[1], fall = below - above;
    if (below * above > 0 || fall == 0) return std::nullopt;
    const double part = below / fall, width = corners.p[1] - corners.p[0]; // part of the way from one p to the other
    const std::array<double, 4> by_part{above / (fall * fall), -below / (fall * fall), -above / (fall * fall),
                                        below / (fall * fall)};
    std::array<double, 4> by_p{}, by_exponent{1 - part, part, 0, 0};
    for (std::size_t i = 0; i < 4; ++i) {
        by_p[i] = width * by_part[i];
        by_exponent[i] += (y[1] - y[0]) * by_part[i];
    }
    Crossing result{exponents.all[corners.exponents[0]].estimate, exponents.all[corners.exponents[0]].estimate};
    result.p.mean = corners.p[0] + part * width;
    result.p.error = deviation(exponents, corners, by_p);
    result.exponent.mean = y[0] + part * (y[1] - y[0]);
    result.exponent.error = deviation(exponents, corners, by_exponent);
    return result.p.error < width ? std::optional(result) : std::nullopt;
}

} // namespace

std::vector<io::Row> tuned_rule(const std::string& point, const Exponents& exponents, std::span<const Means> sectors,
                                std::span<const double> p) {
    const std::size_t parities = sectors.size() / p.size();
    std::vector<std::size_t> order(p.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t rule) { return p[rule]; });
    const auto number = [&](std::size_t rule, const Exponent& of, std::size_t step) {
        const auto same = std::ranges::find_if(exponents.all, [&](const Exponent& e) {
            return e.sector == rule * parities + of.sector && e.step == step && e.operators == of.operators &&
                   e.rank == 0;
        });
        return static_cast<std::size_t>(same - exponents.all.begin());
    };
    std::vector<io::Row> rows;
    for (const Exponent& first : exponents.all) {
        const bool has_next = number(order[0], first, first.step + 1) < exponents.all.size();
        if (first.sector >= parities || first.rank > 0 || !has_next) continue;
        const std::string_view name = sectors[first.sector] == Means::zero ? "y_H" : "y_T";
        const std::string where = fmt::format("steps {} and {}, {} operator{}", first.step, first.step + 1,
                                              first.operators, first.operators == 1 ? "" : "s");
        for (std::size_t i = 0; i + 1 < order.size(); ++i) {
            const auto found = crossing(
                exponents, {{p[order[i]], p[order[i + 1]]},
                            {number(order[i], first, first.step), number(order[i + 1], first, first.step),
                             number(order[i], first, first.step + 1), number(order[i + 1], first, first.step + 1)}});
            if (!found) continue;
            rows.push_back(
                process::estimate_row("block", point, fmt::format("p where {} agrees, {}", name, where), found->p));
            rows.push_back(
                process::estimate_row("block", point, fmt::format("{} there, {}", name, where), found->exponent));
        }
    }
    return rows;
}

} // namespace blockspin::mcrg
