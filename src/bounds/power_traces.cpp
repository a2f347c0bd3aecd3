#include "power_traces.hpp"

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
    return {linalg::product(terms[0], terms[0], Op::none, Op::transpose),
            linalg::product(terms[1], terms[1], Op::none, Op::transpose)};
}

double sum_of_squares(const Matrix<double>& a) {
    return std::inner_product(a.values().begin(), a.values().end(), a.values().begin(), 0.0);
}

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
        twisted += sum_of_squares(linalg::product(pairs[parity], exchanged, Op::none, Op::transpose));
    }
    return {0.5 * (plain + twisted), 0.5 * (plain - twisted)};
}

/// The fewest Q_a, `most` at most, that leave out no more than `error`; returns what they leave out.
double compress(Terms& terms, const std::array<Matrix<double>, 2>& overlaps, double error, int most) {
    std::array<linalg::SymmetricEigen, 2> eigen;
    std::vector<std::pair<double, std::size_t>> weights; // and whose
    for (std::size_t parity = 0; parity < 2; ++parity) {
        eigen[parity] = linalg::eigen_symmetric(overlaps[parity]);
        for (const double value : eigen[parity].values) weights.emplace_back(std::max(0.0, value), parity);
    }
    std::ranges::stable_sort(weights, std::greater(), &std::pair<double, std::size_t>::first);
    double left_out = 0.0;
    while (!weights.empty()) {
        const double more = left_out + weights.back().first * weights.back().first;
        if (static_cast<int>(weights.size()) <= most && more > error * error) break;
        left_out = more;
        weights.pop_back();
    }
    for (std::size_t parity = 0; parity < 2; ++parity) {
        const int kept = static_cast<int>(std::ranges::count(weights, parity, &std::pair<double, std::size_t>::second));
        const int all = terms[parity].rows();
        Matrix<double> rotation(kept, all);
        for (int a = 0; a < kept; ++a)
            for (int i = 0; i < all; ++i) rotation(a, i) = eigen[parity].vectors(i, all - 1 - a);
        terms[parity] = linalg::product(rotation, terms[parity]);
    }
    return std::sqrt(left_out);
}

} // namespace

PowerTracesOfSquare power_traces(const RingOperator& d, int c) {
    const int n = d.bond();
    PowerTracesOfSquare result;
    Terms x = products(single(d), n); // of E²
    const double pair_loss = compress(x, gram(x), pair_error, count(x));
    x = products(x, n); // of X_2²
    result.operations += 2.0 * std::pow(n, 3) * count(x) + 2.0 * n * n * std::pow(count(x), 2);
    auto overlaps = gram(x);
    const auto at_eight = fourth_powers(x, overlaps, c);
    const double quartet_loss = compress(x, overlaps, quartet_error, most_quartets);
    x = products(x, n); // of X_4²
    result.operations += 2.0 * std::pow(n, 3) * count(x) + 2.0 * n * n * std::pow(count(x), 2);
    overlaps = gram(x);
    const auto at_sixteen = fourth_powers(x, overlaps, c);
    // What rounding may have done to a sum of squares, some of which cancel in the odd part.
    const double rounding_eight = 1e-11 * at_eight[0], rounding_sixteen = 1e-11 * at_sixteen[0];
    for (std::size_t sector = 0; sector < 2; ++sector) {
        PowerTraces& traces = sector == 0 ? result.even : result.odd;
        const double eight = std::max(0.0, at_eight[sector]) + rounding_eight;
        const double sixteen = std::max(0.0, at_sixteen[sector]) + rounding_sixteen;
        traces.eighth = std::pow(std::pow(eight, 0.25) + pair_loss, 4);
        traces.sixteenth = std::pow(std::sqrt(std::pow(sixteen, 0.25) + quartet_loss) + pair_loss, 8);
    }
    return result;
}

} // namespace blockspin::bounds
