#include <blockspin/bounds/row_state.hpp>

#include "rounding.hpp"

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

constexpr double epsilon = std::numeric_limits<double>::epsilon();

double spin(int state, int layer) { return (state >> layer & 1) != 0 ? -1.0 : 1.0; }

/// Weights of a column of spins, state 0 with all spins up, each divided by the largest of its kind.
struct Column {
    std::vector<double> weight;             ///< of the column by itself
    Matrix<double> along, across;           ///< of two neighbours in a row, and in adjacent rows
    Matrix<double> along_half, across_half; ///< square roots of these matrices: each bond cut in two
    double ln_scale = 0.0;                  ///< of all that was divided by, per column
    bool isotropic = true;
    bool ordered_edge = false; ///< outside is up, otherwise free

    int states() const { return along.rows(); }
};

/// Π over the layers of a 2 × 2 matrix of the spins of two columns.
template <class Element> Matrix<double> layer_product(int layers, Element&& element) {
    Matrix<double> result(1 << layers, 1 << layers, 1.0);
    for (int s = 0; s < result.rows(); ++s)
        for (int t = 0; t < result.cols(); ++t)
            for (int z = 0; z < layers; ++z) result(s, t) *= element(z, spin(s, z) == spin(t, z));
    return result;
}

/// e^{K (s s' − 1)} for each layer.
Matrix<double> boltzmann(const std::vector<double>& K) {
    return layer_product(static_cast<int>(K.size()), [&](int z, bool equal) {
        return equal ? 1.0 : std::exp(-2 * K[static_cast<std::size_t>(z)]);
    });
}

/// Q with Q² = boltzmann(K).
Matrix<double> half_boltzmann(const std::vector<double>& K) {
    return layer_product(static_cast<int>(K.size()), [&](int z, bool equal) {
        const double sum = std::sqrt(1 + std::exp(-2 * K[static_cast<std::size_t>(z)])),
                     difference = std::sqrt(-std::expm1(-2 * K[static_cast<std::size_t>(z)]));
        return 0.5 * (equal ? sum + difference : sum - difference);
    });
}

Column column(const SquareLayers& lattice) {
    std::vector<double> along, across;
    Column result;
    bool field = false;
    double strength = 0.0; // per layer, as that of a square lattice
    for (const SquareLayers::Layer& each : lattice.layers) {
        along.push_back(each.along);
        across.push_back(each.across);
        result.ln_scale += each.along + each.across + each.field;
        result.isotropic = result.isotropic && each.along == each.across;
        field = field || each.field > 0.0;
        strength = std::max(strength, std::sinh(2 * each.along) * std::sinh(2 * each.across));
    }
    const int layers = static_cast<int>(lattice.layers.size());
    result.ln_scale += (layers - 1) * lattice.between;
    for (int s = 0; s < 1 << layers; ++s) {
        double exponent = 0.0;
        for (int z = 0; z < layers; ++z) {
            exponent += lattice.layers[static_cast<std::size_t>(z)].field * (spin(s, z) - 1);
            if (z + 1 < layers) exponent += lattice.between * (spin(s, z) * spin(s, z + 1) - 1);
        }
        result.weight.push_back(std::exp(exponent));
    }
    result.along = boltzmann(along);
    result.across = boltzmann(across);
    result.along_half = half_boltzmann(along);
    result.across_half = half_boltzmann(across);
    result.ordered_edge = field || strength >= 1.0 || layers > 1;
    return result;
}

/// A corner, which is diagonal, and the half column above a bond and the half row beside one: a symmetric matrix for
/// each state of the column at its end, and summed over that with the weight of the bond to the next one.
struct Environment {
    std::vector<double> corner;
    std::vector<Matrix<double>> upper_end, upper, side_end, side;
};

/// Σ_t bond(s, t) ends_t.
std::vector<Matrix<double>> beyond_bond(const Matrix<double>& bond, const std::vector<Matrix<double>>& ends) {
    std::vector<Matrix<double>> result(ends.size(), Matrix<double>(ends[0].rows(), ends[0].cols()));
    for (int s = 0; s < bond.rows(); ++s) {
        Matrix<double>& sum = result[static_cast<std::size_t>(s)];
        for (int t = 0; t < bond.cols(); ++t)
            for (std::size_t i = 0; i < sum.size(); ++i)
                sum.values()[i] += bond(s, t) * ends[static_cast<std::size_t>(t)].values()[i];
    }
    return result;
}

Environment at_the_edge(const Column& c) {
    const auto ends = [&] {
        std::vector<Matrix<double>> result;
        for (int s = 0; s < c.states(); ++s)
            result.emplace_back(1, 1, c.ordered_edge && s > 0 ? 0.0 : 1.0 / c.states());
        return result;
    };
    return {.corner = {1.0},
            .upper_end = ends(),
            .upper = beyond_bond(c.across, ends()),
            .side_end = ends(),
            .side = beyond_bond(c.along, ends())};
}

/// The corner with one more row and column, index (a, half bond) of χ · states on either side: first that of the column
/// above, whose half bonds lead along the row, then that of the row beside.
Matrix<double> grown_corner(const Environment& env, const Column& c) {
    const int chi = static_cast<int>(env.corner.size()), states = c.states();
    Matrix<double> inner(chi * chi, states), halves(states, states * states);
    for (int s = 0; s < states; ++s) {
        Matrix<double> scaled = env.side[static_cast<std::size_t>(s)];
        for (int a = 0; a < chi; ++a)
            for (double& value : scaled.row(a)) value *= env.corner[static_cast<std::size_t>(a)];
        const Matrix<double> part = product(env.upper[static_cast<std::size_t>(s)], scaled);
        for (int i = 0; i < chi * chi; ++i) inner(i, s) = part.values()[static_cast<std::size_t>(i)];
        for (int r = 0; r < states; ++r)
            for (int d = 0; d < states; ++d)
                halves(s, r * states + d) =
                    c.weight[static_cast<std::size_t>(s)] * c.along_half(s, r) * c.across_half(s, d);
    }
    const Matrix<double> all = product(inner, halves);
    Matrix<double> grown(chi * states, chi * states);
    for (int a = 0; a < chi; ++a)
        for (int r = 0; r < states; ++r)
            for (int b = 0; b < chi; ++b)
                for (int d = 0; d < states; ++d)
                    grown(a * states + r, b * states + d) = all(a * chi + b, r * states + d);
    return grown;
}

void symmetrise(Matrix<double>& a) {
    for (int i = 0; i < a.rows(); ++i)
        for (int j = 0; j < i; ++j) a(i, j) = a(j, i) = 0.5 * (a(i, j) + a(j, i));
}

/// corner ≈ upper diag(values) sideᵀ, at most χ columns.
struct Bases {
    Matrix<double> upper, side;
    std::vector<double> values;
};

Bases bases(Matrix<double> corner, bool isotropic, int chi) {
    const int n = corner.rows();
    Matrix<double> left, right;
    std::vector<double> values;
    if (isotropic) {
        symmetrise(corner);
        linalg::SymmetricEigen eigen = linalg::eigen_symmetric(corner);
        values = std::move(eigen.values);
        left = right = std::move(eigen.vectors);
    } else {
        linalg::Svd svd = linalg::svd(corner);
        values = std::move(svd.values);
        left = std::move(svd.u);
        right = Matrix<double>(n, n);
        for (int i = 0; i < n; ++i)
            for (int k = 0; k < n; ++k) right(i, k) = svd.vt(k, i);
    }
    std::vector<int> order(values.size());
    for (std::size_t k = 0; k < order.size(); ++k) order[k] = static_cast<int>(k);
    const auto size = [&](int k) { return std::abs(values[static_cast<std::size_t>(k)]); };
    std::ranges::stable_sort(order, std::greater(), size);
    int kept = 0;
    while (kept < std::min(chi, n) && size(order[static_cast<std::size_t>(kept)]) > 1e-14 * size(order[0])) ++kept;
    Bases result{Matrix<double>(n, kept), Matrix<double>(n, kept), {}};
    for (int k = 0; k < kept; ++k) {
        const int from = order[static_cast<std::size_t>(k)];
        for (int i = 0; i < n; ++i) {
            result.upper(i, k) = left(i, from);
            result.side(i, k) = right(i, from);
        }
        result.values.push_back(values[static_cast<std::size_t>(from)] / size(order[0]));
    }
    return result;
}

/// The half column with one more spin in the new basis: w_s basisᵀ [edge_s ⊗ half_s half_sᵀ] basis, largest element 1.
std::vector<Matrix<double>> grown_ends(const std::vector<Matrix<double>>& edge, const Column& c,
                                       const Matrix<double>& half, const Matrix<double>& basis) {
    const int states = c.states(), chi = edge[0].rows();
    std::vector<Matrix<double>> result;
    double scale = 0.0;
    for (int s = 0; s < states; ++s) {
        Matrix<double> at(chi, basis.cols());
        for (int a = 0; a < chi; ++a)
            for (int r = 0; r < states; ++r)
                for (int k = 0; k < basis.cols(); ++k) at(a, k) += half(s, r) * basis(a * states + r, k);
        Matrix<double> end = product(at, product(edge[static_cast<std::size_t>(s)], at), Op::transpose);
        symmetrise(end);
        for (double& value : end.values()) {
            value *= c.weight[static_cast<std::size_t>(s)];
            scale = std::max(scale, std::abs(value));
        }
        result.push_back(std::move(end));
    }
    for (Matrix<double>& each : result)
        for (double& value : each.values()) value /= scale;
    return result;
}

/// One step of the corner iteration; returns how much the spectrum of the corner changed.
double grow(Environment& env, const Column& c, int chi) {
    Bases to = bases(grown_corner(env, c), c.isotropic, chi);
    env.upper_end = grown_ends(env.upper, c, c.along_half, to.upper);
    env.upper = beyond_bond(c.across, env.upper_end);
    env.side_end = c.isotropic ? env.upper_end : grown_ends(env.side, c, c.across_half, to.side);
    env.side = c.isotropic ? env.upper : beyond_bond(c.along, env.side_end);
    double change = to.values.size() == env.corner.size() ? 0.0 : 1.0;
    for (std::size_t k = 0; change < 1.0 && k < to.values.size(); ++k)
        change = std::max(change, std::abs(to.values[k] - env.corner[k]));
    env.corner = std::move(to.values);
    return change;
}

std::vector<Matrix<double>> magnitudes(std::vector<Matrix<double>> all) {
    for (Matrix<double>& each : all)
        for (double& value : each.values()) value = std::abs(value);
    return all;
}

/// Σ_s ends_s ⊗ edge_s: the norm of the row state per column.
Matrix<double> pair_sum(const std::vector<Matrix<double>>& ends, const std::vector<Matrix<double>>& edge) {
    const int chi = ends[0].rows();
    Matrix<double> sum(chi * chi, chi * chi);
    for (std::size_t s = 0; s < ends.size(); ++s)
        for (int a = 0; a < chi; ++a)
            for (int c = 0; c < chi; ++c)
                for (int b = 0; b < chi; ++b)
                    for (int e = 0; e < chi; ++e) sum(a * chi + c, b * chi + e) += ends[s](a, b) * edge[s](c, e);
    return sum;
}

/// An upper bound on all |eigenvalues| of the symmetric matrix: the largest of U diag(λ) Uᵀ, and what that leaves out
/// (Weyl).
double certified_norm(const Matrix<double>& a) {
    const CertifiedEigen found = certified_eigen(a);
    const double largest = std::max(std::abs(found.eigen.values.front()), std::abs(found.eigen.values.back()));
    return largest * (1.0 + found.skew) + found.defect;
}

/// bond y, where row s of y is a matrix of χ × χ numbers, and w_s F_s (bond y)_s F_s.
struct Images {
    Matrix<double> beyond, row;
};

Images images(const Column& c, const std::vector<Matrix<double>>& upper, const Matrix<double>& y) {
    const int chi = upper[0].rows();
    Images result{product(c.along, y), Matrix<double>(y.rows(), y.cols())};
    for (int s = 0; s < c.states(); ++s) {
        const Matrix<double>& edge = upper[static_cast<std::size_t>(s)];
        const MatrixView<const double> at(std::as_const(result.beyond).row(s), chi, chi);
        linalg::gemm(Op::none, Op::none, c.weight[static_cast<std::size_t>(s)], edge, product(at, edge), 0.0,
                     MatrixView<double>(result.row.row(s), chi, chi));
    }
    return result;
}

double dot(const Matrix<double>& a, const Matrix<double>& b) {
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a.values()[i] * b.values()[i];
    return sum;
}

/// A lower bound on Λ_V. With each bond B of a row as Q², x = Q y has the Rayleigh quotient yᵀB W B y / yᵀB y of the
/// symmetric Q W Q, W being the row between its half columns above and below; its rounding is taken off.
double row_quotient(const Environment& env, const Column& c) {
    constexpr int most_steps = 200;
    const int chi = env.upper[0].rows();
    Matrix<double> y(c.states(), chi * chi);
    for (int s = 0; s < c.states(); ++s)
        for (int a = 0; a < chi; ++a)
            for (int b = 0; b < chi; ++b)
                y(s, a * chi + b) = env.corner[static_cast<std::size_t>(a)] * env.corner[static_cast<std::size_t>(b)] *
                                    env.side_end[static_cast<std::size_t>(s)](a, b);
    const std::vector<Matrix<double>> sizes = beyond_bond(c.across, magnitudes(env.upper_end));
    const double units = (4.0 * c.states() + 6.0 * chi + static_cast<double>(y.size()) + 32.0) * epsilon;
    double best = -std::numeric_limits<double>::infinity();
    for (int step = 0, stalled = 0; step < most_steps && stalled < 4; ++step) {
        Images next = images(c, env.upper, y);
        Matrix<double> size = y;
        for (double& value : size.values()) value = std::abs(value);
        const Images largest = images(c, sizes, size);
        const double above = dot(next.beyond, next.row) - units * dot(largest.beyond, largest.row);
        const double below = dot(y, next.beyond) + units * dot(size, largest.beyond);
        const double quotient = above > 0.0 ? above / below * (1.0 - 4 * epsilon) : best;
        stalled = quotient > best * (1.0 + 1e-15) || step == 0 ? 0 : stalled + 1;
        best = std::max(best, quotient);
        const double norm = std::sqrt(dot(next.row, next.row));
        for (double& value : next.row.values()) value /= norm;
        y = std::move(next.row);
    }
    return best;
}

} // namespace

RowStateBound row_state_bound(const SquareLayers& lattice, int chi, int most_steps) {
    bool negative = lattice.between < 0.0;
    double exponents = 0.0;
    for (const SquareLayers::Layer& each : lattice.layers) {
        negative = negative || !(each.along >= 0.0 && each.across >= 0.0 && each.field >= 0.0);
        exponents += each.along + each.across + each.field + lattice.between;
    }
    if (negative || chi < 1 || lattice.layers.empty() || lattice.layers.size() > 6)
        throw core::InputError("a row state needs couplings and fields ≥ 0, chi ≥ 1 and one to six layers");
    if (most_steps <= 0) most_steps = 400 * chi;
    constexpr double converged = 1e-11;
    const Column c = column(lattice);
    Environment env = at_the_edge(c);
    int steps = 0;
    for (double change = 1.0; steps < most_steps && change > converged; ++steps) change = grow(env, c, chi);
    // Rounding in the sums over states that the elements are, none of which may be small by cancellation.
    const double rounding =
        (2.0 * c.states() + 8.0) * epsilon * frobenius(pair_sum(magnitudes(env.upper_end), magnitudes(env.upper)));
    const double norm = certified_norm(pair_sum(env.upper_end, env.upper)) + rounding;
    const double kept = env.upper[0].rows(), grown = kept * c.states();
    // The weights themselves are known to a few roundings of their exponents.
    const double weights = 16 * epsilon * (4.0 + exponents);
    return {.value = std::log(row_quotient(env, c) / norm) + c.ln_scale - weights,
            .operations = steps * (c.isotropic ? 15.0 : 40.0) * std::pow(grown, 3) + 15.0 * std::pow(kept, 6)};
}

} // namespace blockspin::bounds
