#include <blockspin/flow/cell.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/product.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace blockspin::flow {

namespace {

/// e^{x_i − x_j} for all pairs of sums, x = Σ_k p_k F_k: every kernel element is a sum of these.
class Weights {
  public:
    Weights(const linalg::Matrix<double>& sums, std::span<const double> parameters)
        : exponents_(static_cast<std::size_t>(sums.rows())), ratios_(sums.rows(), sums.rows()) {
        linalg::gemv(linalg::Op::none, 1.0, sums, parameters, 0.0, exponents_);
        for (int i = 0; i < ratios_.rows(); ++i)
            for (int j = 0; j < ratios_.cols(); ++j) ratios_(i, j) = std::exp(exponents_[i] - exponents_[j]);
    }
    double exponent(int i) const { return exponents_[i]; }
    double ratio(int i, int j) const { return ratios_(i, j); }

  private:
    std::vector<double> exponents_;
    linalg::Matrix<double> ratios_;
};

/// ln Σ count e^x over entries, and its derivatives by the parameters added to `slopes` with weight `sign`.
double log_sum(std::span<const PairTable::Entry> entries, const Weights& weights, const linalg::Matrix<double>& sums,
               double sign, std::span<double> slopes) {
    const auto largest = std::ranges::max(entries, {}, [&](const auto& e) { return weights.exponent(e.sums); }).sums;
    double total = 0.0;
    for (const auto& [row, count] : entries) total += count * weights.ratio(row, largest);
    for (const auto& [row, count] : entries) {
        const double share = sign * count * weights.ratio(row, largest) / total;
        for (std::size_t k = 0; k < slopes.size(); ++k) slopes[k] += share * sums(row, static_cast<int>(k));
    }
    return weights.exponent(largest) + std::log(total);
}

} // namespace

std::vector<double> CellClasses::values(std::span<const double> couplings) const {
    std::vector<double> all{0.0}, result(sizes_.size());
    all.insert(all.end(), couplings.begin(), couplings.end());
    linalg::gemv(linalg::Op::transpose, 1.0, functions_, all, 0.0, result);
    return result;
}

std::vector<double> CellClasses::expansion(std::span<const double> values) const {
    std::vector<double> result(sizes_.size());
    linalg::gemv(linalg::Op::none, 1.0, projection_, values, 0.0, result);
    return result;
}

linalg::Matrix<double> CellClasses::expansions(const linalg::Matrix<double>& values) const {
    return linalg::product(values, projection_, linalg::Op::none, linalg::Op::transpose);
}

std::vector<double> CellClasses::slope_by_value(std::span<const double> slope_by_coupling) const {
    std::vector<double> all{1.0}, result(sizes_.size());
    all.insert(all.end(), slope_by_coupling.begin(), slope_by_coupling.end());
    linalg::gemv(linalg::Op::transpose, 1.0, projection_, all, 0.0, result);
    return result;
}

std::vector<double> CellClasses::slope_by_coupling(std::span<const double> slope_by_value) const {
    std::vector<double> result(sizes_.size());
    linalg::gemv(linalg::Op::none, 1.0, functions_, slope_by_value, 0.0, result);
    result.erase(result.begin());
    return result;
}

RuleKernel CellClasses::kernel(std::span<const double> parameters) const {
    if (parameters.size() != parameters_.size() ||
        !std::ranges::all_of(parameters, [](double p) { return std::isfinite(p); }))
        throw core::InputError(fmt::format("a block transformation with parameters ({}) where finite ones are needed "
                                           "for ({})",
                                           fmt::join(parameters, ", "), fmt::join(parameters_, ", ")));
    const int n = count();
    const Weights weights(pairs_.values, parameters);
    RuleKernel kernel{linalg::Matrix<double>(n, n), {}};
    kernel.slopes.assign(parameters.size(), linalg::Matrix<double>(n, n));
    std::vector<double> normaliser_slopes(parameters.size()), slopes(parameters.size());
    for (int s = 0; s < n; ++s) {
        std::vector<PairTable::Entry> equal;
        for (const int sums : pairs_.equal[s]) equal.push_back({sums, 1.0});
        std::ranges::fill(normaliser_slopes, 0.0);
        const double normaliser = log_sum(equal, weights, pairs_.values, -1.0, normaliser_slopes);
        for (int r = 0; r < n; ++r) {
            slopes = normaliser_slopes;
            const auto& entries = pairs_.of[static_cast<std::size_t>(r) * n + s];
            kernel.log(r, s) = log_sum(entries, weights, pairs_.values, 1.0, slopes) - normaliser;
            for (std::size_t k = 0; k < slopes.size(); ++k) kernel.slopes[k](r, s) = slopes[k];
        }
    }
    return kernel;
}

} // namespace blockspin::flow
