#include <blockspin/bounds/operator_ledger.hpp>

#include "power_traces.hpp"
#include "ring_operator.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/lapack.hpp>
#include <blockspin/linalg/product.hpp>

#include <algorithm>
#include <array>
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

/// (Tr E^L)^{1/L} at most, in one symmetry sector, from Ritz pairs there, Tr E^8 and Tr E^16. The subspace of the pairs
/// with the smallest residuals is split off: its values are summed, the rest of the traces bounds what is left, and the
/// blocks that connect both have Schatten norms of at most √2 ‖R‖_F. Whichever number of pairs gives least.
double schatten_norm_at_most(const RitzPairs& pairs, const PowerTraces& traces, int L) {
    double least = std::numeric_limits<double>::infinity(), sum = 0.0, squares = 0.0;
    PowerTraces rest = traces;
    const double rounding = 1e-11 * traces.eighth;
    for (std::size_t k = 0; k <= pairs.values.size(); ++k) {
        double left = std::pow(std::max(0.0, rest.eighth) + rounding, L / 8.0);
        if (L >= 16) left = std::min(left, std::pow(std::max(0.0, rest.sixteenth) + rounding, L / 16.0));
        least = std::min(least, std::pow(sum + left, 1.0 / L) + std::sqrt(2 * squares));
        if (k == pairs.values.size()) break;
        sum += std::pow(pairs.values[k], L);
        rest.eighth -= std::pow(pairs.values[k], 8);
        rest.sixteenth -= std::pow(pairs.values[k], 16);
        squares += pairs.residuals[k] * pairs.residuals[k];
    }
    return least;
}

/// All pairs of both, by growing residual.
RitzPairs joined(const RitzPairs& a, const RitzPairs& b) {
    RitzPairs result{.values = {}, .residuals = {}, .leading = a.leading};
    for (std::size_t i = 0, j = 0; i < a.values.size() || j < b.values.size();) {
        const bool first = j == b.values.size() || (i < a.values.size() && a.residuals[i] <= b.residuals[j]);
        result.values.push_back(first ? a.values[i] : b.values[j]);
        result.residuals.push_back(first ? a.residuals[i++] : b.residuals[j++]);
    }
    return result;
}

SquareTrace trace_of_square(const RingOperator& a, const RingOperator& d, const LedgerShape& shape) {
    const int c = a.bond(), L = shape.ring;
    const RingOperator at = transposed(a);
    const RingTransfer transfer({&a, &at, &a, &at});
    const PowerTracesOfSquare traces = power_traces(d, c);
    std::array<RitzPairs, 4> pairs; // (even, odd under the exchange) × (even, odd under the turn)
#pragma omp parallel for schedule(dynamic)
    for (int sector = 0; sector < 4; ++sector) {
        pairs[static_cast<std::size_t>(sector)] =
            ritz_pairs(transfer, shape.states, sector_of_four(c, sector / 2 == 1, sector % 2 == 1));
    }
    SquareTrace result;
    result.environment = as_environment(pairs[0].leading, c);
    result.at_most = std::pow(schatten_norm_at_most(joined(pairs[0], pairs[1]), traces.even, L), L) +
                     std::pow(schatten_norm_at_most(joined(pairs[2], pairs[3]), traces.odd, L), L);
    result.operations =
        traces.operations + shape.states * (4.0 * transfer.operations() + 8.0 * shape.states * transfer.size());
    return result;
}

/// Tr E^L, at least: Σ θ^L ≤ Tr E^L for the diagonal elements of E in any orthonormal basis, L being even.
double trace_at_least(const RingTransfer& transfer, const LedgerShape& shape) {
    if (transfer.size() <= dense_size) return sum_of_powers(dense_eigenvalues(transfer), shape.ring);
    return sum_of_powers(ritz_pairs(transfer, 2 * shape.states, whole(transfer.size())).values, shape.ring);
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
    shape.states = std::max(40, static_cast<int>(shape.states * std::pow(0.7, shape.levels - level)));
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
