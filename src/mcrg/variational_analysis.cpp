
#include "variational_analysis.hpp"
#include "products.hpp"

#include <blockspin/linalg/lapack.hpp>
#include <blockspin/process/estimate_row.hpp>
#include <blockspin/stats/comparison.hpp>
#include <blockspin/stats/gamma_method.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace blockspin::mcrg {

namespace {

/// One parity on two lattices.
SectorSeries sector(const BiasedSeries& series, std::size_t fine, std::size_t first, std::size_t end, Means means) {
    SectorSeries result{.means = means};
    for (const std::size_t lattice : {fine, std::size_t{biased}}) {
        result.sums.emplace_back(series.sums[lattice].begin() + static_cast<std::ptrdiff_t>(first),
                                 series.sums[lattice].begin() + static_cast<std::ptrdiff_t>(end));
    }
    return result;
}

/// Both parities.
FlowSeries sectors(const BiasedSeries& series, std::size_t fine, const Operators& operators) {
    FlowSeries result{.chains = series.chains};
    result.sectors.push_back(sector(series, fine, 0, operators.even, Means::estimated));
    if (operators.even < operators.all.size()) {
        result.sectors.push_back(sector(series, fine, operators.even, operators.all.size(), Means::zero));
    }
    return result;
}

/// K' and ∂K'/∂K as a function of means.
class NewtonStep {
  public:
    NewtonStep(const BiasedSeries& series, const Operators& operators, const SiteTerms& block_terms)
        : bins_(series.sums[biased].front().size(), series.chains), bias_(series.bias) {
        for (const SectorSeries& sector : sectors(series, finest, operators).sectors) {
            products_.emplace_back(deviations(sector), 0, 1, bins_, sector.means, observables_);
        }
        const auto since_before = sectors(series, previous, operators).sectors.front();
        since_before_.emplace(deviations(since_before), 0, 1, bins_, since_before.means, observables_);
        for (std::size_t a = 0; a < operators.even; ++a) {
            excess_.push_back(mean(series.sums[biased][a]) - block_terms.free_mean(a));
        }
    }

    std::vector<stats::Record> records() const {
        std::vector<stats::Record> records;
        for (const auto& values : observables_) records.push_back(bins_.record(values));
        return records;
    }
    std::vector<double> operator()(std::span<const double> means) const {
        const auto n = static_cast<int>(bias_.size());
        const Correlators even = products_.front().correlators(means);
        linalg::Matrix<double> gradient(n, 1);
        for (int a = 0; a < n; ++a) {
            const auto at = static_cast<std::size_t>(a);
            gradient(a, 0) = excess_[at] + products_.front().deviation(means, at);
        }
        const auto shift = linalg::solve(even.coarse, gradient);
        std::vector<double> result;
        for (int a = 0; a < n; ++a) result.push_back(bias_[static_cast<std::size_t>(a)] + shift(a, 0));
        for (const Products& products : products_) {
            const Correlators correlators = products.correlators(means);
            const auto slopes = linalg::solve(correlators.coarse, correlators.cross);
            result.insert(result.end(), slopes.values().begin(), slopes.values().end());
        }
        const auto modes = linalg::eigen_general(linearised_flow(since_before_->correlators(means), n));
        for (int a = 0; a < n; ++a) result.push_back(modes.left(a, 0).real());
        return result;
    }
    stats::Record unjoined(const std::vector<double>& values) const { return bins_.unjoined(values); }

  private:
    Bins bins_;
    std::vector<double> bias_, excess_; ///< mean of S_a above that of free block spins
    std::vector<std::vector<double>> observables_;
    std::vector<Products> products_;       ///< of each parity, with the finest lattice
    std::optional<Products> since_before_; ///< of even operators, with the lattice before the last step
};

std::string note(const Renormalized& step, std::size_t a) {
    const stats::Estimate& estimate = step.coupling(a);
    // Newton's step leaves an error of the order of its square.
    const double left = step.shift(a) * step.shift(a);
    return !estimate.too_short() && left > estimate.error ? "the bias was still far from it: more iterations" : "";
}

io::Row row(const std::string& point, std::string quantity, const stats::Estimate& estimate, std::string note = "") {
    return process::estimate_row("variational", point, std::move(quantity), estimate, std::move(note));
}

void append_exponents(const std::string& point, std::size_t step, const Exponents& exponents,
                      std::vector<io::Row>& rows) {
    for (const Exponent& exponent : exponents.all) {
        rows.push_back(row(point,
                           fmt::format("{}, step {}, {} operator{}", exponent.sector == 0 ? "y_T" : "y_H", step,
                                       exponent.operators, exponent.operators == 1 ? "" : "s"),
                           exponent.estimate, exponent.is_real ? "" : "the eigenvalue is not a positive number"));
    }
}

/// −v_b of the surface Σ_b v_b δK_b = 0, v_b = ∂K'_0/∂K_b : ∂K'_0/∂K_0.
stats::Estimate surface_slope(const Renormalized& step, std::size_t b) {
    stats::Estimate result = step.slope(0, b);
    const double along = step.slope(0, 0).mean;
    result.mean = -result.mean / along;
    std::vector<double> gradient(step.numbers());
    gradient[step.slope_at(0, b)] = -1 / along;
    gradient[step.slope_at(0, 0)] = -result.mean / along;
    result.error = step.deviation(gradient);
    return result;
}

/// K − Σ_a φ_a (K''_a − K'_a) / Σ_a φ_a (∂K''_a/∂K − ∂K'_a/∂K) of two steps in succession, K the coupling with number
/// `nn`, φ the relevant direction at the second; nothing where the slopes differ by no more than four errors.
std::optional<stats::Estimate> fixed_coupling(double coupling, std::size_t nn, std::size_t even,
                                              const Renormalized& first, const Renormalized& second) {
    double rise = 0, change = 0;
    for (std::size_t a = 0; a < even; ++a) {
        rise += second.relevant(a) * (second.slope(a, nn).mean - first.slope(a, nn).mean);
        change += second.relevant(a) * (second.coupling(a).mean - first.coupling(a).mean);
    }
    const double shift = change / rise;
    std::vector<double> by_first(first.numbers()), by_second(second.numbers()); // of the result times the rise
    std::vector<double> rise_by_first = by_first, rise_by_second = by_second;
    for (std::size_t a = 0; a < even; ++a) {
        const double phi = second.relevant(a), slopes = second.slope(a, nn).mean - first.slope(a, nn).mean;
        by_first[a] = phi;
        by_second[a] = -phi;
        rise_by_first[first.slope_at(a, nn)] = -phi;
        rise_by_second[second.slope_at(a, nn)] = phi;
        rise_by_second[second.relevant_at(a)] = slopes;
        by_first[first.slope_at(a, nn)] = -shift * phi;
        by_second[second.slope_at(a, nn)] = shift * phi;
        by_second[second.relevant_at(a)] = shift * slopes - (second.coupling(a).mean - first.coupling(a).mean);
    }
    if (std::abs(rise) < 4 * std::hypot(first.deviation(rise_by_first), second.deviation(rise_by_second))) {
        return std::nullopt;
    }
    const stats::Estimate& slowest =
        first.coupling(0).n_eff < second.coupling(0).n_eff ? first.coupling(0) : second.coupling(0);
    return stats::Estimate{.mean = coupling - shift,
                           .error = std::hypot(first.deviation(by_first), second.deviation(by_second)) / std::abs(rise),
                           .tau_int = slowest.tau_int,
                           .n_eff = slowest.n_eff};
}

} // namespace

double Renormalized::deviation(std::span<const double> gradient) const {
    double variance = 0;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
        for (std::size_t j = 0; j < gradient.size() && gradient[i] != 0; ++j) {
            variance += gradient[i] * gradient[j] * derived_.covariance_of(i, j);
        }
    }
    return std::sqrt(std::max(0.0, variance));
}

Renormalized renormalized(const BiasedSeries& series, const Operators& operators, const SiteTerms& block_terms,
                          int scale_factor) {
    const NewtonStep newton(series, operators, block_terms);
    const auto records = newton.records();
    stats::Derived derived = stats::jackknife(records, [&](std::span<const double> means) { return newton(means); });
    std::vector<double> shifts;
    for (std::size_t a = 0; a < operators.even; ++a) {
        shifts.push_back(derived.estimates[a].mean - series.bias[a]);
        // Bins hide the autocorrelation time.
        const stats::Record record = newton.unjoined(series.sums[biased][a]);
        const stats::Estimate direct = stats::gamma_method(record);
        derived.estimates[a].tau_int = direct.tau_int;
        derived.estimates[a].n_eff = direct.n_eff;
    }
    for (std::size_t i = operators.even; i < derived.estimates.size(); ++i) {
        const stats::Estimate& slowest = *std::min_element(
            derived.estimates.begin(), derived.estimates.begin() + static_cast<std::ptrdiff_t>(operators.even),
            [](const auto& a, const auto& b) { return a.n_eff < b.n_eff; });
        derived.estimates[i].tau_int = slowest.tau_int;
        derived.estimates[i].n_eff = slowest.n_eff;
    }
    return {operators.even, operators.all.size() - operators.even, std::move(derived),
            exponents(sectors(series, previous, operators), scale_factor), std::move(shifts)};
}

std::vector<io::Row> rows(const std::string& point, double coupling, const Operators& operators,
                          std::span<const Renormalized> steps) {
    std::vector<io::Row> result;
    const std::vector<std::string> names = operators.names();
    for (std::size_t k = 0; k < steps.size(); ++k) {
        for (std::size_t a = 0; a < operators.even; ++a) {
            result.push_back(
                row(point, fmt::format("K({}), step {}", names[a], k + 1), steps[k].coupling(a), note(steps[k], a)));
        }
        append_exponents(point, k + 1, steps[k].exponents(), result);
        for (std::size_t b = 1; b < operators.even; ++b) {
            result.push_back(row(point,
                                 fmt::format("critical surface: dK({})/dK({}) by step {}", names[0], names[b], k + 1),
                                 surface_slope(steps[k], b)));
        }
    }
    const auto nn = static_cast<std::size_t>(std::ranges::find(names, "nn") - names.begin());
    for (std::size_t k = 1; k < steps.size() && nn < operators.even; ++k) {
        const auto found = fixed_coupling(coupling, nn, operators.even, steps[k - 1], steps[k]);
        if (found) result.push_back(row(point, fmt::format("K_c, steps {} and {}", k, k + 1), *found));
    }
    return result;
}

std::vector<io::Row> differences(std::span<const io::Row> rows, std::span<const io::Row> others) {
    std::vector<io::Row> result;
    for (const io::Row& mine : rows) {
        const auto other = std::ranges::find_if(
            others, [&](const io::Row& row) { return row.point == mine.point && row.quantity == mine.quantity; });
        if (other == others.end() || !mine.error || !other->error) continue;
        const stats::Comparison comparison =
            stats::compare({.mean = mine.value, .error = *mine.error}, other->value, *other->error);
        io::Row difference = mine;
        difference.quantity += ": variational - Callen";
        difference.value = comparison.difference;
        difference.error = comparison.error;
        difference.tau_int = difference.n_eff = std::nullopt;
        difference.note = fmt::format("{:.1f} errors", comparison.sigmas());
        result.push_back(std::move(difference));
    }
    return result;
}

} // namespace blockspin::mcrg
