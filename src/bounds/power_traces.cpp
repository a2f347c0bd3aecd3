#include "power_traces.hpp"

#include "rounding.hpp"

#include <blockspin/linalg/lapack.hpp>
#include <blockspin/linalg/product.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

namespace blockspin::bounds {

namespace {

using linalg::Matrix;
using linalg::MatrixView;
using linalg::Op;

/// Errors ε_2 and ε_4, of operators whose largest eigenvalue is about 1, and how many terms of X_4 there may be.
constexpr double pair_error = 0.001, quartet_error = 0.004;
constexpr int most_quartets = 48;

/// Matrices n × n, one to a row, that are even (first) or odd under P → f P f.
using Terms = std::array<Matrix<double>, 2>;

int count(const Terms& terms) { return terms[0].rows() + terms[1].rows(); }

MatrixView<const double> as_matrix(const Matrix<double>& terms, int row, int n) { return {terms.row(row), n, n}; }

/// D_00, D_11, (D_01 + D_10)/√2 and (D_01 − D_10)/√2: the same E.
Terms single(const RingOperator& d) {
    const int cells = d.bond() * d.bond();
    Terms terms{Matrix<double>(3, cells), Matrix<double>(1, cells)};
    std::ranges::copy(d(0, 0).values(), terms[0].row(0).begin());
    std::ranges::copy(d(1, 1).values(), terms[0].row(1).begin());
    for (int i = 0; i < cells; ++i) {
        const double a = d(0, 1).data()[i], b = d(1, 0).data()[i];
        terms[0](2, i) = std::numbers::sqrt2 / 2 * (a + b);
        terms[1](0, i) = std::numbers::sqrt2 / 2 * (a - b);
    }
    return terms;
}

/// All products of two.
Terms products(const Terms& terms, int n) {
    Terms result;
    for (std::size_t parity = 0; parity < 2; ++parity) {
        std::vector<std::array<MatrixView<const double>, 2>> factors;
        for (std::size_t first = 0; first < 2; ++first)
            for (int i = 0; i < terms[first].rows(); ++i)
                for (int j = 0; j < terms[first ^ parity].rows(); ++j)
                    factors.push_back({as_matrix(terms[first], i, n), as_matrix(terms[first ^ parity], j, n)});
        result[parity] = Matrix<double>(static_cast<int>(factors.size()), n * n);
#pragma omp parallel for schedule(static)
        for (int k = 0; k < result[parity].rows(); ++k) {
            const auto& [left, right] = factors[static_cast<std::size_t>(k)];
            linalg::gemm(Op::none, Op::none, 1.0, left, right, 0.0, MatrixView(result[parity].row(k), n, n));
        }
    }
    return result;
}

std::array<Matrix<double>, 2> gram(const Terms& terms) {
    return {inner_products(terms[0], terms[0]), inner_products(terms[1], terms[1])};
}

/// Row by row, so that few roundings pile up.
double sum_of_squares(const Matrix<double>& a) {
    double sum = 0.0;
    for (int i = 0; i < a.rows(); ++i)
        sum += std::inner_product(a.row(i).begin(), a.row(i).end(), a.row(i).begin(), 0.0);
    return sum;
}

/// Σ ‖P_i‖²: what rounding is measured by, as |Σ P_i ⊗ P_i| and the sum of all |Tr P_iᵀ P_j| are no larger.
double total(const Terms& terms) { return 1.01 * (sum_of_squares(terms[0]) + sum_of_squares(terms[1])); }

/// ‖X‖_4⁴ over even and odd vectors, from the products of two terms of X and their Gram matrices.
std::array<double, 2> fourth_powers(const Terms& pairs, const std::array<Matrix<double>, 2>& overlaps, int c) {
    const int n = c * c;
    double plain = 0.0, twisted = 0.0;
    for (std::size_t parity = 0; parity < 2; ++parity) {
        Matrix<double> exchanged(pairs[parity].rows(), n * n);
        for (int k = 0; k < exchanged.rows(); ++k)
            for (int row = 0; row < n; ++row)
                std::copy_n(&pairs[parity](k, row * n), n, &exchanged(k, (row % c * c + row / c) * n));
        plain += sum_of_squares(overlaps[parity]);
        twisted += sum_of_squares(inner_products(pairs[parity], exchanged));
    }
    return {0.5 * (plain + twisted), 0.5 * (plain - twisted)};
}

/// The fewest Q_a, `most` at most, that leave out no more than `error`; returns what they leave out, rounding included.
/// With P the terms row by row and R the rows of eigenvectors that are kept, that is Pᵀ(1 − RᵀR)P.
double compress(Terms& terms, const std::array<Matrix<double>, 2>& overlaps, double error, int most) {
    std::array<CertifiedEigen, 2> found;
    std::vector<std::pair<double, std::size_t>> weights; // and whose
    double rounding = 0.0;
    for (std::size_t parity = 0; parity < 2; ++parity) {
        found[parity] = certified_eigen(overlaps[parity]);
        const double all = 1.01 * sum_of_squares(terms[parity]), count = terms[parity].rows();
        rounding += found[parity].defect + (3 * found[parity].skew + inner_rounding(terms[parity].cols()) +
                                            2 * std::sqrt(count) * rounding_of(count)) *
                                               all;
        for (const double value : found[parity].eigen.values) weights.emplace_back(std::max(0.0, value), parity);
    }
    std::ranges::stable_sort(weights, std::greater(), &std::pair<double, std::size_t>::first);
    double left_out = 0.0;
    while (!weights.empty()) {
        const double more = left_out + weights.back().first * weights.back().first;
        if (static_cast<int>(weights.size()) <= most && more > error * error) break;
        left_out = more;
        weights.pop_back();
    }
    left_out = 0.0;
    for (std::size_t parity = 0; parity < 2; ++parity) {
        const int kept = static_cast<int>(std::ranges::count(weights, parity, &std::pair<double, std::size_t>::second));
        const int all = terms[parity].rows();
        Matrix<double> rotation(kept, all);
        for (int a = 0; a < kept; ++a)
            for (int i = 0; i < all; ++i) rotation(a, i) = found[parity].eigen.vectors(i, all - 1 - a);
        for (int i = 0; i < all - kept; ++i)
            left_out += std::pow(found[parity].eigen.values[static_cast<std::size_t>(i)], 2);
        terms[parity] = linalg::product(rotation, terms[parity]);
    }
    return std::sqrt(left_out) * (1 + rounding_of_powers) + rounding;
}

/// ‖X‖_4⁴ with what rounding can have done to it: `size` bounds Σ‖P_i‖² of all products P_i of two terms.
std::array<double, 2> at_most(std::array<double, 2> fourth_powers, double size, int n) {
    const double plain = std::sqrt(std::abs(fourth_powers[0] + fourth_powers[1]));
    const double off = (inner_rounding(static_cast<double>(n) * n) + 2 * rounding_of(n)) * size;
    for (double& each : fourth_powers)
        each = std::max(0.0, each) + 2 * plain * off + off * off + rounding_of_powers * plain * plain;
    return fourth_powers;
}

} // namespace

PowerTracesOfSquare power_traces(const RingOperator& d, int c, double norm) {
    const int n = d.bond();
    PowerTracesOfSquare result;
    Terms x = single(d);
    const double size = total(x);
    x = products(x, n); // of E²
    const double pair_loss = compress(x, gram(x), pair_error, count(x)) + 2 * rounding_of(n + 8) * size * size +
                             rounding_of(12) * norm * norm; // and of D itself, in E²
    const double pair_size = total(x);
    x = products(x, n); // of X_2²
    result.operations += 2.0 * std::pow(n, 3) * count(x) + 2.0 * n * n * std::pow(count(x), 2);
    auto overlaps = gram(x);
    const auto at_eight = at_most(fourth_powers(x, overlaps, c), pair_size * pair_size, n);
    const double quartet_loss =
        compress(x, overlaps, quartet_error, most_quartets) + 2 * rounding_of(n) * pair_size * pair_size;
    const double quartet_size = total(x);
    x = products(x, n); // of X_4²
    result.operations += 2.0 * std::pow(n, 3) * count(x) + 2.0 * n * n * std::pow(count(x), 2);
    overlaps = gram(x);
    const auto at_sixteen = at_most(fourth_powers(x, overlaps, c), quartet_size * quartet_size, n);
    for (std::size_t sector = 0; sector < 2; ++sector) {
        PowerTraces& traces = sector == 0 ? result.even : result.odd;
        traces.eighth = std::pow(std::pow(at_eight[sector], 0.25) + pair_loss, 4) * (1 + rounding_of_powers);
        traces.sixteenth = std::pow(std::sqrt(std::pow(at_sixteen[sector], 0.25) + quartet_loss) + pair_loss, 8) *
                           (1 + rounding_of_powers);
    }
    return result;
}

} // namespace blockspin::bounds
