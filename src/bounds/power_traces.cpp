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

/// All products of two; the first factor runs fastest.
Terms products(const Terms& terms, int n) {
    Terms result;
    for (std::size_t parity = 0; parity < 2; ++parity) {
        std::vector<std::array<MatrixView<const double>, 2>> factors;
        for (std::size_t first = 0; first < 2; ++first)
            for (int j = 0; j < terms[first ^ parity].rows(); ++j)
                for (int i = 0; i < terms[first].rows(); ++i)
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

/// The rows of every term that the exchange f leaves as they are, and (P_r ± P_f(r))/√2 of the others, for either sign.
std::array<Matrix<double>, 2> split_by_exchange(const Matrix<double>& terms, int c) {
    const int n = c * c, sums = c * (c + 1) / 2;
    std::array<Matrix<double>, 2> parts{Matrix<double>(terms.rows(), sums * n),
                                        Matrix<double>(terms.rows(), (n - sums) * n)};
    for (int k = 0; k < terms.rows(); ++k) {
        double* even = parts[0].row(k).data();
        double* odd = parts[1].row(k).data();
        for (int i = 0; i < c; ++i) {
            even = std::copy_n(&terms(k, (i * c + i) * n), n, even);
            for (int j = 0; j < i; ++j) {
                const double* a = &terms(k, (i * c + j) * n);
                const double* b = &terms(k, (j * c + i) * n);
                for (int l = 0; l < n; ++l) {
                    *even++ = std::numbers::sqrt2 / 2 * (a[l] + b[l]);
                    *odd++ = std::numbers::sqrt2 / 2 * (a[l] - b[l]);
                }
            }
        }
    }
    return parts;
}

/// Rows of products that are there at a time.
constexpr int strip = 8;

/// Inner products of L_i T_j, where L_i are the rows of one sign of the terms T, in the order of products(). The
/// products would not all fit into memory: they are made a strip of rows at a time.
Matrix<double> gram_of_products(const std::array<const Matrix<double>*, 2>& left, const Terms& right,
                                std::size_t parity, int n) {
    const int rows = left[0]->cols() / n;
    int count = 0;
    for (std::size_t first = 0; first < 2; ++first) count += left[first]->rows() * right[first ^ parity].rows();
    Matrix<double> gram(count, count), scratch(count, count), storage(count, strip * n);
    for (int top = 0; top < rows; top += strip) {
        const int height = std::min(strip, rows - top);
        const MatrixView<double> products(storage.data(), count, height * n);
        int done = 0;
        for (std::size_t first = 0; first < 2; ++first) {
            const Matrix<double>& factors = *left[first];
            if (factors.rows() == 0) continue;
            Matrix<double> stacked(factors.rows(), height * n);
            for (int i = 0; i < factors.rows(); ++i)
                std::copy_n(&factors(i, top * n), height * n, stacked.row(i).data());
            const MatrixView<const double> all(stacked.data(), factors.rows() * height, n);
            const int begin = done, others = right[first ^ parity].rows();
#pragma omp parallel for schedule(static)
            for (int j = 0; j < others; ++j)
                linalg::gemm(Op::none, Op::none, 1.0, all, as_matrix(right[first ^ parity], j, n), 0.0,
                             {products.row(begin + j * factors.rows()).data(), factors.rows() * height, n});
            done += others * factors.rows();
        }
        add_inner_products(products, products, scratch, gram);
    }
    mirror(gram);
    return gram;
}

/// Tr P_iᵀ P_j of the products P of two terms of X, even and odd ones apart, and what follows from them: ‖X‖_4⁴ over
/// even and odd vectors.
struct Overlaps {
    std::array<Matrix<double>, 2> all;
    std::array<double, 2> fourth_powers{};
};

/// With P± the two parts of P, Tr P_iᵀ P_j is the sum of their inner products, Tr P_iᵀ f P_j the difference.
Overlaps overlaps_of_products(const Terms& terms, int c) {
    const int n = c * c;
    const std::array<std::array<Matrix<double>, 2>, 2> parts{split_by_exchange(terms[0], c),
                                                             split_by_exchange(terms[1], c)};
    Overlaps result;
    for (std::size_t parity = 0; parity < 2; ++parity) {
        Matrix<double> sum = gram_of_products({&parts[0][0], &parts[1][0]}, terms, parity, n);
        const Matrix<double> odd = gram_of_products({&parts[0][1], &parts[1][1]}, terms, parity, n);
        result.fourth_powers[0] += sum_of_squares(sum) + sum_of_squares(odd);
        for (int i = 0; i < sum.rows(); ++i)
            result.fourth_powers[1] +=
                2 * std::inner_product(sum.row(i).begin(), sum.row(i).end(), odd.row(i).begin(), 0.0);
        for (std::size_t i = 0; i < sum.size(); ++i) sum.values()[i] += odd.values()[i];
        result.all[parity] = std::move(sum);
    }
    return result;
}

/// How far they are off at most, relative to |P_i||P_j|, or the products of the norms of their factors: the moduli of
/// both parts of a row are √2 |P| together, their products are sums of n, and strips are summed one by one.
double overlap_rounding(int n) {
    return 2 * (2 * rounding_of(n) + rounding_of(strip * n + static_cast<double>(n) / strip + 12));
}

/// The fewest Q_a, `most` at most, that leave out no more than `error`; returns what they leave out, rounding included.
/// With P the terms row by row and R the rows of eigenvectors that are kept, that is Pᵀ(1 − RᵀR)P. The overlaps are off
/// by `rounding` together.
double compress(Terms& terms, const std::array<Matrix<double>, 2>& overlaps, double rounding, double error, int most) {
    std::array<CertifiedEigen, 2> found;
    std::vector<std::pair<double, std::size_t>> weights; // and whose
    for (std::size_t parity = 0; parity < 2; ++parity) {
        found[parity] = certified_eigen(overlaps[parity]);
        const double all = 1.01 * sum_of_squares(terms[parity]), count = terms[parity].rows();
        rounding += found[parity].defect + (3 * found[parity].skew + 2 * std::sqrt(count) * rounding_of(count)) * all;
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
    const double larger = std::sqrt(fourth_powers[0] + std::abs(fourth_powers[1])); // of both sums over i and j
    const double off = overlap_rounding(n) * size;
    for (double& each : fourth_powers)
        each = std::max(0.0, each) + 2 * larger * off + off * off + rounding_of_powers * larger * larger;
    return fourth_powers;
}

double operations_of_overlaps(const Terms& terms, int n) {
    const double count = std::pow(terms[0].rows() + terms[1].rows(), 2);
    return 2.0 * std::pow(n, 3) * count + 0.5 * n * n * count * count;
}

} // namespace

PowerTracesOfSquare power_traces(const RingOperator& d, int c, double norm) {
    const int n = d.bond();
    PowerTracesOfSquare result;
    Terms x = single(d);
    const double size = total(x);
    x = products(x, n); // of E²
    const double pair_loss = compress(x, gram(x), inner_rounding(n * n) * total(x), pair_error, count(x)) +
                             2 * rounding_of(n + 8) * size * size +
                             rounding_of(12) * norm * norm; // and of D itself, in E²
    const double pair_size = total(x);
    Overlaps found = overlaps_of_products(x, c); // of X_2²
    result.operations += operations_of_overlaps(x, n);
    const auto at_eight = at_most(found.fourth_powers, pair_size * pair_size, n);
    x = products(x, n);
    const double quartet_loss =
        compress(x, found.all, overlap_rounding(n) * pair_size * pair_size, quartet_error, most_quartets) +
        2 * rounding_of(n) * pair_size * pair_size;
    const double quartet_size = total(x);
    found = overlaps_of_products(x, c); // of X_4²
    result.operations += operations_of_overlaps(x, n);
    const auto at_sixteen = at_most(found.fourth_powers, quartet_size * quartet_size, n);
    for (std::size_t sector = 0; sector < 2; ++sector) {
        PowerTraces& traces = sector == 0 ? result.even : result.odd;
        traces.eighth = std::pow(std::pow(at_eight[sector], 0.25) + pair_loss, 4) * (1 + rounding_of_powers);
        traces.sixteenth = std::pow(std::sqrt(std::pow(at_sixteen[sector], 0.25) + quartet_loss) + pair_loss, 8) *
                           (1 + rounding_of_powers);
    }
    return result;
}

} // namespace blockspin::bounds
