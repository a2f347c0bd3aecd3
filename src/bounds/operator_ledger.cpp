#include <blockspin/bounds/operator_ledger.hpp>

#include "ring_operator.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/lapack.hpp>
#include <blockspin/linalg/product.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace blockspin::bounds {

namespace {

using linalg::Matrix;
using linalg::MatrixView;
using linalg::Op;
using linalg::product;

/// Transfer matrices up to this size are diagonalised completely.
constexpr int dense_size = 600;

void scale(RingOperator& a, double factor) {
    for (auto& row : a.site)
        for (Matrix<double>& m : row)
            for (double& value : m.values()) value *= factor;
}

/// Eigenvalues of all of E.
std::vector<double> dense_eigenvalues(const RingTransfer& transfer) {
    Matrix<double> all = transfer.apply(Matrix<double>::identity(transfer.size()));
    for (int i = 0; i < all.rows(); ++i)
        for (int j = 0; j < i; ++j) all(i, j) = all(j, i) = 0.5 * (all(i, j) + all(j, i));
    return linalg::eigen_symmetric(all).values;
}

double sum_of_powers(const std::vector<double>& values, int power) {
    double sum = 0.0;
    for (const double value : values) sum += std::pow(value, power);
    return sum;
}

double sum_of_squares(const Matrix<double>& a) {
    double sum = 0.0;
    for (const double value : a.values()) sum += value * value;
    return sum;
}

/// The exchange of the first and last pair of bonds within themselves, (a, b, c, d) → (b, a, d, c), which E_DD commutes
/// with.
std::vector<int> exchanged(int c) {
    std::vector<int> to;
    for (int i = 0; i < c; ++i)
        for (int k = 0; k < c; ++k)
            for (int l = 0; l < c; ++l)
                for (int j = 0; j < c; ++j) to.push_back(((k * c + i) * c + j) * c + l);
    return to;
}

/// (even, odd): Tr E_DD^8 over the vectors that are even and odd under the exchange.
///
/// E_DD^4 = Σ_i P_i ⊗ P_i, where P_i runs over the 256 products of four D_st, so Tr E_DD^8 = Σ_ij (Tr P_i P_j)², and
/// with the exchange F of the two bonds of D in the trace, Σ_ij (Tr P_i P_j F)².
std::pair<double, double> traces_of_eighth_power(const RingOperator& d, int c) {
    const int n = d.bond(), cells = n * n;
    Matrix<double> pairs(16, cells), products(256, cells), exchanged_rows(256, cells);
    const auto as_matrix = [n](auto& m, int row) { return MatrixView(m.row(row), n, n); };
    for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j)
            linalg::gemm(Op::none, Op::none, 1.0, d(i / 2, i % 2), d(j / 2, j % 2), 0.0, as_matrix(pairs, 4 * i + j));
            // Every D_st is symmetric, so the transpose of a product is the product in reverse order: no copies are
            // needed.
#pragma omp parallel for schedule(static)
    for (int i = 0; i < 256; ++i)
        linalg::gemm(Op::none, Op::none, 1.0, as_matrix(std::as_const(pairs), i / 16),
                     as_matrix(std::as_const(pairs), i % 16), 0.0, as_matrix(products, i));
    for (int i = 0; i < 256; ++i)
        for (int row = 0; row < n; ++row)
            std::copy_n(&products(i, row * n), n, &exchanged_rows(i, (row % c * c + row / c) * n));
    const double plain = sum_of_squares(product(products, products, Op::none, Op::transpose));
    const double twisted = sum_of_squares(product(products, exchanged_rows, Op::none, Op::transpose));
    return {0.5 * (plain + twisted), 0.5 * (plain - twisted)};
}

/// Tr E_DD^L, at most, and the eigenvector of the largest eigenvalue of E_DD.
struct SquareTrace {
    double at_most = 0.0;
    Matrix<double> environment; ///< between pairs of bonds
    double operations = 0.0;
};

/// (a, b, c, d) of the ring as the matrix ((a, b), (d, c)).
Matrix<double> as_environment(const std::vector<double>& x, int c) {
    Matrix<double> result(c * c, c * c);
    std::size_t next = 0;
    for (int i = 0; i < c; ++i)
        for (int k = 0; k < c; ++k)
            for (int l = 0; l < c; ++l)
                for (int j = 0; j < c; ++j) result(i * c + k, j * c + l) = x[next++];
    for (int i = 0; i < result.rows(); ++i)
        for (int j = 0; j < i; ++j) result(i, j) = result(j, i) = 0.5 * (result(i, j) + result(j, i));
    return result;
}

/// (Tr E^L)^{1/L} at most, in one symmetry sector, from Ritz pairs there and Tr E^8. The subspace of the pairs with the
/// smallest residuals is split off: its values are summed, the rest of the trace of E^8 bounds what is left, and the
/// blocks that connect both have Schatten norms of at most √2 ‖R‖_F. Whichever number of pairs gives least.
double schatten_norm_at_most(const RitzPairs& pairs, double trace_of_eighth, double rounding, int L) {
    double least = std::numeric_limits<double>::infinity(), sum = 0.0, eighths = 0.0, squares = 0.0;
    for (std::size_t k = 0; k <= pairs.values.size(); ++k) {
        const double rest = std::max(0.0, trace_of_eighth - eighths) + rounding;
        least = std::min(least, std::pow(sum + std::pow(rest, L / 8), 1.0 / L) + std::sqrt(2 * squares));
        if (k == pairs.values.size()) break;
        sum += std::pow(pairs.values[k], L);
        eighths += std::pow(pairs.values[k], 8);
        squares += pairs.residuals[k] * pairs.residuals[k];
    }
    return least;
}

SquareTrace trace_of_square(const RingOperator& a, const RingOperator& d, const LedgerShape& shape) {
    const int c = a.bond(), L = shape.ring;
    const RingOperator at = transposed(a);
    const RingTransfer transfer({&a, &at, &a, &at});
    const std::vector<int> to = exchanged(c);
    const auto eighth = traces_of_eighth_power(d, c);
    SquareTrace result;
    for (const double sign : {1.0, -1.0}) {
        const auto project = [&](std::span<double> x) {
            for (std::size_t i = 0; i < x.size(); ++i) {
                const auto j = static_cast<std::size_t>(to[i]);
                if (j < i) continue;
                const double mean = 0.5 * (x[i] + sign * x[j]);
                x[j] = sign * mean;
                x[i] = i == j && sign < 0 ? 0.0 : mean;
            }
        };
        const int room = (transfer.size() + (sign > 0 ? c * c : -c * c)) / 2 - 4;
        const RitzPairs pairs = ritz_pairs(transfer, std::min(shape.states, room), project);
        if (sign > 0) result.environment = as_environment(pairs.leading, c);
        const double norm =
            schatten_norm_at_most(pairs, sign > 0 ? eighth.first : eighth.second, 1e-11 * eighth.first, L);
        result.at_most += std::pow(norm, L);
        result.operations += shape.states * (transfer.operations() + 12.0 * shape.states * transfer.size());
    }
    result.operations += 256.0 * (2.0 * std::pow(c, 6) + 1024.0 * std::pow(c, 4));
    return result;
}

/// Tr E^L, at least: Σ θ^L ≤ Tr E^L for the diagonal elements of E in any orthonormal basis, L being even.
double trace_at_least(const RingTransfer& transfer, const LedgerShape& shape) {
    if (transfer.size() <= dense_size) return sum_of_powers(dense_eigenvalues(transfer), shape.ring);
    return sum_of_powers(ritz_pairs(transfer, 2 * shape.states, [](std::span<double>) {}).values, shape.ring);
}

/// Pᵀ D P with the leading χ eigenvectors of the environment.
RingOperator truncated(const RingOperator& d, const Matrix<double>& environment, int chi) {
    const linalg::SymmetricEigen eigen = linalg::eigen_symmetric(environment);
    std::vector<int> order(eigen.values.size());
    for (std::size_t k = 0; k < order.size(); ++k) order[k] = static_cast<int>(k);
    std::ranges::stable_sort(order, std::greater(),
                             [&](int k) { return std::abs(eigen.values[static_cast<std::size_t>(k)]); });
    Matrix<double> basis(d.bond(), chi);
    for (int k = 0; k < chi; ++k)
        for (int i = 0; i < basis.rows(); ++i) basis(i, k) = eigen.vectors(i, order[static_cast<std::size_t>(k)]);
    RingOperator result;
    for (int s = 0; s < 2; ++s) {
        for (int t = 0; t < 2; ++t) {
            Matrix<double>& m = result.site[static_cast<std::size_t>(s)][static_cast<std::size_t>(t)];
            m = product(basis, product(d(s, t), basis), Op::transpose);
            for (int i = 0; i < chi; ++i)
                for (int j = 0; j < i; ++j) m(i, j) = m(j, i) = 0.5 * (m(i, j) + m(j, i));
        }
    }
    return result;
}

/// V Vᵀ on a ring: the spins between two layers are the bonds. exp{K (t + t')(s + u) + h (t + t' + s + u)/2}.
RingOperator two_layers(double K, double h) {
    RingOperator a;
    constexpr double up_and_down[] = {1.0, -1.0};
    for (std::size_t s = 0; s < 2; ++s) {
        for (std::size_t u = 0; u < 2; ++u) {
            Matrix<double>& m = a.site[s][u];
            m = Matrix<double>(2, 2);
            for (int i = 0; i < 2; ++i) {
                for (int j = 0; j < 2; ++j) {
                    const double bonds = up_and_down[i] + up_and_down[j], spins = up_and_down[s] + up_and_down[u];
                    m(i, j) = std::exp(K * bonds * spins + 0.5 * h * (bonds + spins));
                }
            }
        }
    }
    return a;
}

/// Fewer states the fewer layers there are: the spectrum of E is wider apart.
LedgerShape at_level(LedgerShape shape, int level) {
    shape.states = std::max(40, static_cast<int>(shape.states * std::pow(2.0 / 3.0, shape.levels - level)));
    return shape;
}

/// What happened at one level: A was divided by exp(ln_scale) per site, squared, and truncated with an error.
struct Entry {
    double ln_scale = 0.0;
    double error = 0.0;
};

/// Squares and truncates, and enters the error.
RingOperator next_level(const RingOperator& a, const LedgerShape& shape, Entry& entry, double& operations) {
    RingOperator d = squared(a);
    if (d.bond() <= shape.bond) return d;
    const SquareTrace before = trace_of_square(a, d, shape);
    RingOperator next = truncated(d, before.environment, shape.bond);
    const RingOperator at = transposed(a), next_transposed = transposed(next);
    const double mixed = trace_at_least(RingTransfer({&a, &at, &next_transposed}), shape);
    const double after = sum_of_powers(dense_eigenvalues(RingTransfer({&next, &next_transposed})), shape.ring);
    // A trace is good to about L roundings of E.
    const double rounding = 1e-13 * shape.ring * (before.at_most + 2 * mixed + after);
    entry.error = std::sqrt(std::max(0.0, before.at_most - 2 * mixed + after) + rounding);
    operations += before.operations;
    return next;
}

} // namespace

LedgerBound operator_ledger_bound(double K, double h, const LedgerShape& shape) {
    if (shape.ring < 8 || shape.ring % 8 != 0 || shape.levels < 3 || shape.bond < 4)
        throw core::InputError(
            "the certified tensor bound needs a ring that is a multiple of 8, 3 levels and bonds of dimension 4");
    std::vector<Entry> ledger;
    LedgerBound result;
    RingOperator a = two_layers(K, h);
    for (int level = 1;; ++level) {
        const RingOperator at = transposed(a);
        const std::vector<double> norms = dense_eigenvalues(RingTransfer({&a, &at}));
        const double largest = std::max(std::abs(norms.front()), std::abs(norms.back()));
        ledger.push_back({.ln_scale = 0.5 * std::log(largest)});
        scale(a, 1.0 / std::sqrt(largest));
        if (level == shape.levels) break;
        a = next_level(a, at_level(shape, level), ledger.back(), result.operations);
    }
    const SquareTrace top = trace_of_square(a, squared(a), shape);
    result.operations += top.operations;
    double ln_norm = 0.25 * std::log(top.at_most) + shape.ring * ledger.back().ln_scale;
    for (auto entry = ledger.rbegin() + 1; entry != ledger.rend(); ++entry)
        ln_norm = shape.ring * entry->ln_scale + 0.5 * std::log(std::exp(ln_norm) + entry->error);
    result.value = 0.5 * ln_norm / shape.ring;
    result.value += 1e-13 * (1.0 + std::abs(result.value));
    return result;
}

} // namespace blockspin::bounds
