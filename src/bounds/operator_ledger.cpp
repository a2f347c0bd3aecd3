#include <blockspin/bounds/operator_ledger.hpp>

#include "power_traces.hpp"
#include "ring_operator.hpp"
#include "rounding.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/lapack.hpp>
#include <blockspin/linalg/product.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <utility>

namespace blockspin::bounds {

namespace {

using linalg::Matrix;
using linalg::MatrixView;
using linalg::Op;
using linalg::product;

/// Transfer matrices up to this size are diagonalised completely.
constexpr int dense_size = 600;

/// All of E.
Matrix<double> dense(const RingTransfer& transfer) {
    Matrix<double> all = transfer.apply(Matrix<double>::identity(transfer.size()));
    for (int i = 0; i < all.rows(); ++i)
        for (int j = 0; j < i; ++j) all(i, j) = all(j, i) = 0.5 * (all(i, j) + all(j, i));
    return all;
}

/// (Σ |value|^L)^{1/L}.
double power_norm(const std::vector<double>& values, int L) {
    double sum = 0.0;
    for (const double value : values) sum += std::pow(std::abs(value), L);
    return std::pow(sum, 1.0 / L);
}

/// E, or its part in a subspace, is U diag(values) Uᵀ up to `shift` in the Frobenius norm, which no Schatten norm
/// exceeds, with ‖UᵀU − 1‖ ≤ `stretch`. By Minkowski's inequality for Schatten norms both bound Tr E^L.
struct Spectrum {
    std::vector<double> values;
    double stretch = 0.0, shift = 0.0;

    double trace_at_most(int L) const {
        return std::pow((1 + stretch) * power_norm(values, L) + shift, L) *
               (1 + rounding_of_powers * 2 + rounding_of(8 * L));
    }
    double trace_at_least(int L) const {
        return std::pow(std::max(0.0, (1 - stretch) * power_norm(values, L) - shift), L) *
               (1 - rounding_of_powers * 2 - rounding_of(8 * L));
    }
};

Spectrum dense_spectrum(const RingTransfer& transfer) {
    CertifiedEigen found = certified_eigen(dense(transfer));
    return {std::move(found.eigen.values), found.skew, found.defect + transfer.rounding()};
}

/// Of all of E or, where that is large, in a Krylov space, whose Tr E^L is no larger: L is even.
Spectrum spectrum_of(const RingTransfer& transfer, int states) {
    if (transfer.size() <= dense_size) return dense_spectrum(transfer);
    RitzPairs pairs = ritz_pairs(transfer, 2 * states, whole(transfer.size()));
    return {std::move(pairs.values), pairs.stretch, pairs.shift};
}

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

/// How far a Ritz value can be from one of the exact operator in an orthonormal basis of any of the vectors (Weyl).
double value_rounding(const RitzPairs& pairs) {
    double largest = 0.0;
    for (const double value : pairs.values) largest = std::max(largest, std::abs(value));
    return 1.01 * (2 * pairs.stretch * largest + pairs.shift);
}

/// (Tr E^L)^{1/L} at most, in one symmetry sector, from Ritz pairs there, Tr E^8 and Tr E^16. The subspace of the pairs
/// with the smallest residuals is split off: its values are summed, the rest of the traces bounds what is left, and the
/// blocks that connect both have Schatten norms of at most √2 ‖R‖_F. Whichever number of pairs gives least.
double schatten_norm_at_most(const RitzPairs& pairs, const PowerTraces& traces, int L) {
    double least = std::numeric_limits<double>::infinity(), sum = 0.0, squares = 0.0;
    const double off = value_rounding(pairs);
    PowerTraces rest = traces;
    for (std::size_t k = 0; k <= pairs.values.size(); ++k) {
        double left = std::pow(std::max(0.0, rest.eighth) + rounding_of_powers * traces.eighth, L / 8.0);
        if (L >= 16)
            left = std::min(left,
                            std::pow(std::max(0.0, rest.sixteenth) + rounding_of_powers * traces.sixteenth, L / 16.0));
        const double residual =
            std::sqrt(2 * squares) * (1 + rounding_of_powers) + (k > 0 ? 1.5 * pairs.residual_rounding : 0.0);
        least = std::min(least, std::pow(sum + left, 1.0 / L) * (1 + rounding_of_powers / L + rounding_of(8)) +
                                    (1 + pairs.stretch) * residual);
        if (k == pairs.values.size()) break;
        const double above = std::abs(pairs.values[k]) + off, below = std::max(0.0, std::abs(pairs.values[k]) - off);
        sum += std::pow(above, L);
        rest.eighth -= std::pow(below, 8);
        rest.sixteenth -= std::pow(below, 16);
        squares += pairs.residuals[k] * pairs.residuals[k];
    }
    return least;
}

/// All pairs of two spaces that E does not mix, by growing residual.
RitzPairs joined(const RitzPairs& a, const RitzPairs& b) {
    RitzPairs result{.values = {},
                     .residuals = {},
                     .leading = {},
                     .stretch = std::max(a.stretch, b.stretch),
                     .shift = std::max(value_rounding(a), value_rounding(b)),
                     .residual_rounding = a.residual_rounding + b.residual_rounding};
    for (std::size_t i = 0, j = 0; i < a.values.size() || j < b.values.size();) {
        const bool first = j == b.values.size() || (i < a.values.size() && a.residuals[i] <= b.residuals[j]);
        result.values.push_back(first ? a.values[i] : b.values[j]);
        result.residuals.push_back(first ? a.residuals[i++] : b.residuals[j++]);
    }
    return result;
}

/// What one level of the ledger is made of: traces over a ring of any length follow from it.
struct Level {
    double ln_scale = 0.0;             ///< A was divided by exp(ln_scale) per site
    double factor = 1.0;               ///< of A_{k+1}, per site, in what D was replaced by
    std::array<RitzPairs, 2> square{}; ///< of E_DD, even and odd under the exchange; none where D was not looked at
    PowerTracesOfSquare traces{};
    std::optional<Spectrum> mixed{}, after{}; ///< of E_DA and E_AA; none where D was kept

    bool can_be_top() const { return !square[0].values.empty(); }
};

/// Enters what bounds Tr E_DD^L; returns the eigenvector of the largest eigenvalue of E_DD between pairs of bonds.
Matrix<double> enter_square(Level& level, const RingOperator& a, const RingOperator& d, int states,
                            double& operations) {
    const int c = a.bond();
    const RingOperator at = transposed(a);
    const RingTransfer transfer({&a, &at, &a, &at});
    level.traces = power_traces(d, c, transfer.norm_at_most());
    std::array<RitzPairs, 4> pairs; // (even, odd under the exchange) × (even, odd under the turn)
#pragma omp parallel for schedule(dynamic)
    for (int sector = 0; sector < 4; ++sector) {
        pairs[static_cast<std::size_t>(sector)] =
            ritz_pairs(transfer, states, sector_of_four(c, sector / 2 == 1, sector % 2 == 1));
    }
    level.square = {joined(pairs[0], pairs[1]), joined(pairs[2], pairs[3])};
    operations += level.traces.operations + states * (4.0 * transfer.operations() + 8.0 * states * transfer.size());
    return as_environment(pairs[0].leading, c);
}

/// Tr E_DD^L.
double square_at_most(const Level& level, int L) {
    return (1 + rounding_of(8)) * (std::pow(schatten_norm_at_most(level.square[0], level.traces.even, L), L) +
                                   std::pow(schatten_norm_at_most(level.square[1], level.traces.odd, L), L));
}

/// ‖D − A_{k+1}‖_F on a ring of L.
double error_at_most(const Level& level, int L) {
    if (!level.after) return 0.0;
    const double before = square_at_most(level, L), factor = std::pow(level.factor, L),
                 mixed = factor * level.mixed->trace_at_least(L),
                 after = factor * factor * level.after->trace_at_most(L);
    return std::sqrt(std::max(0.0, before - 2 * mixed + after) + rounding_of(24) * (before + 2 * mixed + after));
}

/// ln‖V Vᵀ‖/2 per site of a ring of L, from A_n at `top` down. Infinite where a trace is no number any more.
double bound_on_ring(const std::vector<Level>& ledger, std::size_t top, int L) {
    const double trace = square_at_most(ledger[top], L);
    if (!(trace > 1e-250)) return std::numeric_limits<double>::infinity();
    double ln_norm = 0.25 * std::log(trace) + L * ledger[top].ln_scale, size = std::abs(ln_norm) + L;
    for (std::size_t k = top; k-- > 0;) {
        ln_norm = L * ledger[k].ln_scale + 0.5 * std::log(std::exp(ln_norm) + error_at_most(ledger[k], L));
        size += std::abs(ln_norm) + L * std::abs(ledger[k].ln_scale) + 1.0;
    }
    // e^x is off by |x| u for what x is off; every step halves what was wrong before.
    return 0.5 * (ln_norm + rounding_of(16) * size) / L;
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

/// Krylov vectors of a level, fewer the fewer layers there are: the spectrum of E is wider apart.
int states_at(const LedgerShape& shape, int level) {
    return std::max(40, static_cast<int>(shape.states * std::pow(0.7, shape.levels - level)));
}

/// Divides A by a number per site, which is returned, so that the largest eigenvalue of E_AA is 1.
double normalise(RingOperator& a) {
    const RingOperator at = transposed(a);
    const std::vector<double> norms = linalg::eigen_symmetric(dense(RingTransfer({&a, &at}))).values;
    const double factor = std::sqrt(std::max(std::abs(norms.front()), std::abs(norms.back())));
    for (auto& row : a.site)
        for (Matrix<double>& m : row)
            for (double& value : m.values()) value /= factor;
    return factor;
}

/// Squares and truncates, and enters what that changes. A D that is kept has positive elements, as all before it have,
/// so that rounding changes ln‖D‖ by no more than relative to them.
RingOperator next_level(const RingOperator& a, const LedgerShape& shape, int states, Level& level, double& operations) {
    RingOperator d = squared(a);
    if (d.bond() <= shape.bond) {
        level.factor = normalise(d);
        return d;
    }
    RingOperator next = truncated(d, enter_square(level, a, d, states, operations), shape.bond);
    level.factor = normalise(next);
    const RingOperator at = transposed(a), next_transposed = transposed(next);
    level.mixed = spectrum_of(RingTransfer({&a, &at, &next_transposed}), states);
    level.after = dense_spectrum(RingTransfer({&next, &next_transposed}));
    return next;
}

std::vector<Level> ledger_of(double K, double h, const LedgerShape& shape, double& operations) {
    RingOperator a = two_layers(K, h);
    std::vector<Level> ledger{{.ln_scale = std::log(normalise(a))}};
    for (int number = 1; number < shape.levels; ++number) {
        a = next_level(a, shape, states_at(shape, number), ledger.back(), operations);
        ledger.push_back({.ln_scale = std::log(ledger.back().factor)});
    }
    enter_square(ledger.back(), a, squared(a), states_at(shape, shape.levels), operations);
    return ledger;
}

} // namespace

LedgerBound operator_ledger_bound(double K, double h, const LedgerShape& shape) {
    if (shape.ring < 0 || shape.ring % 8 != 0 || shape.levels < 3 || shape.bond < 4)
        throw core::InputError(
            "the certified tensor bound needs a ring that is a multiple of 8, 3 levels and bonds of dimension 4");
    constexpr int largest_ring = 1024;
    LedgerBound result{.value = std::numeric_limits<double>::infinity()};
    const std::vector<Level> ledger = ledger_of(K, h, shape, result.operations);
    for (std::size_t top = 0; top < ledger.size(); ++top) {
        if (!ledger[top].can_be_top()) continue;
        const int first = shape.ring > 0 ? shape.ring : 8, last = shape.ring > 0 ? shape.ring : largest_ring;
        for (int L = first; L <= last; L += 8) {
            const double value = bound_on_ring(ledger, top, L);
            if (value < result.value) result = {value, L, static_cast<int>(top) + 1, result.operations};
        }
    }
    // Of the elements that V Vᵀ is made of, which are all positive, exponentials of four bonds and fields; of their
    // products, and of what those were divided by.
    result.value += rounding_of(12 + 3 * (4 * std::abs(K) + 2 * std::abs(h)));
    return result;
}

} // namespace blockspin::bounds
