#include <blockspin/bounds/row_state.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/lapack.hpp>
#include <blockspin/linalg/product.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace blockspin::bounds {

namespace {

using linalg::Matrix;
using linalg::Op;
using linalg::product;

/// Weight of a site with four bonds, a(x, x') as 2 × 2 matrices in the vertical bonds for each pair of horizontal ones,
/// and the two vectors that end a bond at an edge of the lattice with all spins free or up.
struct Vertex {
    std::array<std::array<Matrix<double>, 2>, 2> weights;
    std::array<double, 2> end{};
};

/// e^{K s s'} = Σ_c Q(s, c) Q(c, s'), each bond cut in two; the spin of a site is summed over. Scaled by e^{−2K−h}.
Vertex vertex(double K, double h, bool fixed_edge) {
    const double even = 0.5 * (std::sqrt(1 + std::exp(-2 * K)) + std::sqrt(-std::expm1(-2 * K)));
    const double odd = 0.5 * (std::sqrt(1 + std::exp(-2 * K)) - std::sqrt(-std::expm1(-2 * K)));
    const double Q[2][2] = {{even, odd}, {odd, even}};
    const double field[2] = {1.0, std::exp(-2 * h)}; // index 0: spin up
    Vertex result;
    for (const int l : {0, 1}) {
        for (const int r : {0, 1}) {
            Matrix<double> w(2, 2);
            for (const int u : {0, 1})
                for (const int d : {0, 1})
                    for (const int s : {0, 1}) w(u, d) += field[s] * Q[s][l] * Q[s][r] * Q[s][u] * Q[s][d];
            result.weights[static_cast<std::size_t>(l)][static_cast<std::size_t>(r)] = w;
        }
    }
    result.end = fixed_edge ? std::array{even, odd} : std::array{even + odd, even + odd};
    return result;
}

/// Corner (diagonal) and edge tensor; the edge as two symmetric matrices, one for each state of its free bond.
struct Environment {
    std::vector<double> corner;
    std::array<Matrix<double>, 2> edge;
};

/// The 2 × 2 corner and the edge of a single site at the edges of the lattice.
Environment at_the_edge(const Vertex& v) {
    Environment result;
    Matrix<double> corner(2, 2);
    for (std::size_t c = 0; c < 2; ++c) result.edge[c] = Matrix<double>(2, 2);
    for (int l = 0; l < 2; ++l) {
        for (int r = 0; r < 2; ++r) {
            const Matrix<double>& w = v.weights[static_cast<std::size_t>(l)][static_cast<std::size_t>(r)];
            for (int u = 0; u < 2; ++u) {
                for (int d = 0; d < 2; ++d) {
                    const double ended = v.end[static_cast<std::size_t>(d)] * w(u, d);
                    result.edge[static_cast<std::size_t>(u)](l, r) += ended;
                    corner(r, u) += ended * v.end[static_cast<std::size_t>(l)];
                }
            }
        }
    }
    const linalg::SymmetricEigen eigen = linalg::eigen_symmetric(corner);
    result.corner.assign(eigen.values.rbegin(), eigen.values.rend());
    Matrix<double> basis(2, 2);
    for (int i = 0; i < 2; ++i)
        for (int k = 0; k < 2; ++k) basis(i, k) = eigen.vectors(i, 1 - k);
    for (Matrix<double>& e : result.edge) e = product(basis, product(e, basis), Op::transpose);
    return result;
}

/// The edge with one more row: index (a, l) of χ · 2 on either side.
Matrix<double> grown_edge(const Environment& env, const Vertex& v, int up) {
    const int chi = env.edge[0].rows();
    Matrix<double> grown(2 * chi, 2 * chi);
    for (int l = 0; l < 2; ++l)
        for (int r = 0; r < 2; ++r)
            for (int d = 0; d < 2; ++d) {
                const double w = v.weights[static_cast<std::size_t>(l)][static_cast<std::size_t>(r)](up, d);
                const Matrix<double>& e = env.edge[static_cast<std::size_t>(d)];
                for (int a = 0; a < chi; ++a)
                    for (int b = 0; b < chi; ++b) grown(2 * a + l, 2 * b + r) += w * e(a, b);
            }
    return grown;
}

/// The corner with one more row and column, index (a, l) of χ · 2 on either side.
Matrix<double> grown_corner(const Environment& env, const Vertex& v) {
    const int chi = env.edge[0].rows();
    std::array<std::array<Matrix<double>, 2>, 2> inner; // edge · corner · edge for each pair of free bonds
    for (std::size_t d = 0; d < 2; ++d) {
        for (std::size_t l = 0; l < 2; ++l) {
            Matrix<double> scaled = env.edge[l];
            for (int c = 0; c < chi; ++c)
                for (double& value : scaled.row(c)) value *= env.corner[static_cast<std::size_t>(c)];
            inner[d][l] = product(env.edge[d], scaled);
        }
    }
    Matrix<double> grown(2 * chi, 2 * chi);
    for (int r = 0; r < 2; ++r)
        for (int u = 0; u < 2; ++u)
            for (int l = 0; l < 2; ++l)
                for (int d = 0; d < 2; ++d) {
                    const double w = v.weights[static_cast<std::size_t>(l)][static_cast<std::size_t>(r)](u, d);
                    const Matrix<double>& e = inner[static_cast<std::size_t>(d)][static_cast<std::size_t>(l)];
                    for (int a = 0; a < chi; ++a)
                        for (int b = 0; b < chi; ++b) grown(2 * a + r, 2 * b + u) += w * e(a, b);
                }
    return grown;
}

void symmetrise(Matrix<double>& a) {
    for (int i = 0; i < a.rows(); ++i)
        for (int j = 0; j < i; ++j) a(i, j) = a(j, i) = 0.5 * (a(i, j) + a(j, i));
}

/// One step of the corner iteration; returns how much the spectrum of the corner changed.
double grow(Environment& env, const Vertex& v, int chi) {
    Matrix<double> corner = grown_corner(env, v);
    symmetrise(corner);
    const linalg::SymmetricEigen eigen = linalg::eigen_symmetric(corner);
    std::vector<int> order(eigen.values.size());
    for (std::size_t k = 0; k < order.size(); ++k) order[k] = static_cast<int>(k);
    std::ranges::stable_sort(order, std::greater(),
                             [&](int k) { return std::abs(eigen.values[static_cast<std::size_t>(k)]); });
    const double largest = std::abs(eigen.values[static_cast<std::size_t>(order[0])]);
    int kept = 0;
    while (kept < std::min<int>(chi, static_cast<int>(order.size())) &&
           std::abs(eigen.values[static_cast<std::size_t>(order[static_cast<std::size_t>(kept)])]) > 1e-14 * largest)
        ++kept;
    Matrix<double> basis(corner.rows(), kept);
    std::vector<double> spectrum;
    for (int k = 0; k < kept; ++k) {
        const int from = order[static_cast<std::size_t>(k)];
        for (int i = 0; i < basis.rows(); ++i) basis(i, k) = eigen.vectors(i, from);
        spectrum.push_back(eigen.values[static_cast<std::size_t>(from)] / largest);
    }
    std::array<Matrix<double>, 2> edge;
    double scale = 0.0;
    for (std::size_t up = 0; up < 2; ++up) {
        edge[up] = product(basis, product(grown_edge(env, v, static_cast<int>(up)), basis), Op::transpose);
        symmetrise(edge[up]);
        for (const double value : edge[up].values()) scale = std::max(scale, std::abs(value));
    }
    for (Matrix<double>& e : edge)
        for (double& value : e.values()) value /= scale;
    env.edge = std::move(edge);
    double change = spectrum.size() == env.corner.size() ? 0.0 : 1.0;
    for (std::size_t k = 0; change < 1.0 && k < spectrum.size(); ++k)
        change = std::max(change, std::abs(spectrum[k] - env.corner[k]));
    env.corner = std::move(spectrum);
    return change;
}

/// Σ_{u, d} E_u ⊗ E_d w(u, d): the norm of the row state per site (w = 1), or with a row of vertices in between.
template <class Weight> void add_pairs(Matrix<double>& sum, const Environment& env, int states, Weight&& weight) {
    const int chi = env.edge[0].rows();
    for (int u = 0; u < 2; ++u)
        for (int d = 0; d < 2; ++d)
            for (int l = 0; l < states; ++l)
                for (int r = 0; r < states; ++r) {
                    const double w = weight(u, d, l, r);
                    if (w == 0.0) continue;
                    const Matrix<double>& top = env.edge[static_cast<std::size_t>(u)];
                    const Matrix<double>& bottom = env.edge[static_cast<std::size_t>(d)];
                    for (int a = 0; a < chi; ++a)
                        for (int b = 0; b < chi; ++b)
                            for (int c = 0; c < chi; ++c)
                                for (int e = 0; e < chi; ++e)
                                    sum((a * chi + c) * states + l, (b * chi + e) * states + r) +=
                                        w * top(a, b) * bottom(c, e);
                }
}

/// An upper bound on all |eigenvalues| of the symmetric matrix: the largest that was computed, and the defect
/// ‖A − U diag(λ) Uᵀ‖ of the decomposition, U being orthonormal up to ‖UᵀU − 1‖ (Weyl).
double certified_norm(const Matrix<double>& a) {
    const linalg::SymmetricEigen eigen = linalg::eigen_symmetric(a);
    const double largest = std::max(std::abs(eigen.values.front()), std::abs(eigen.values.back()));
    Matrix<double> scaled = eigen.vectors, defect = a, gram = product(eigen.vectors, eigen.vectors, Op::transpose);
    for (int i = 0; i < scaled.rows(); ++i)
        for (int k = 0; k < scaled.cols(); ++k) scaled(i, k) *= eigen.values[static_cast<std::size_t>(k)];
    linalg::gemm(Op::none, Op::transpose, -1.0, scaled, eigen.vectors, 1.0, defect);
    const auto norm = [](const Matrix<double>& m) {
        double sum = 0.0;
        for (const double value : m.values()) sum += value * value;
        return std::sqrt(sum);
    };
    for (int i = 0; i < gram.rows(); ++i) gram(i, i) -= 1.0;
    // Twice the defects leaves room for the rounding made in computing them.
    return largest * (1.0 + 2.0 * norm(gram)) + 2.0 * norm(defect);
}

/// A lower bound on the largest eigenvalue of the symmetric matrix: a Rayleigh quotient, less its rounding.
double rayleigh_quotient(const Matrix<double>& a) {
    const linalg::SymmetricEigen eigen = linalg::eigen_symmetric(a);
    std::vector<double> x(static_cast<std::size_t>(a.rows())), image(x.size());
    for (int i = 0; i < a.rows(); ++i) x[static_cast<std::size_t>(i)] = eigen.vectors(i, a.rows() - 1);
    linalg::gemv(Op::none, 1.0, a, x, 0.0, image);
    double overlap = 0.0, norm = 0.0, sizes = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        overlap += x[i] * image[i];
        norm += x[i] * x[i];
    }
    for (int i = 0; i < a.rows(); ++i)
        for (int j = 0; j < a.cols(); ++j)
            sizes += std::abs(x[static_cast<std::size_t>(i)] * a(i, j) * x[static_cast<std::size_t>(j)]);
    const double units = (4.0 * a.rows() + 16.0) * std::numeric_limits<double>::epsilon();
    return (overlap - units * sizes) / norm / (1 + units);
}

} // namespace

RowStateBound row_state_bound(double K, double h, int chi) {
    if (!(K >= 0.0) || !(h >= 0.0) || chi < 1) throw core::InputError("a row state needs K ≥ 0, h ≥ 0 and chi ≥ 1");
    constexpr int most_steps = 3000;
    constexpr double converged = 1e-11;
    const Vertex v = vertex(K, h, h > 0.0 || std::sinh(2 * K) >= 1.0);
    Environment env = at_the_edge(v);
    int steps = 0;
    for (double change = 1.0; steps < most_steps && change > converged; ++steps) change = grow(env, v, chi);
    const int kept = env.edge[0].rows(), pairs = kept * kept;
    Matrix<double> one(pairs, pairs), row(2 * pairs, 2 * pairs);
    add_pairs(one, env, 1, [](int u, int d, int, int) { return u == d ? 1.0 : 0.0; });
    add_pairs(row, env, 2, [&](int u, int d, int l, int r) {
        return v.weights[static_cast<std::size_t>(l)][static_cast<std::size_t>(r)](u, d);
    });
    // Rounding in the sums of four and of two products that the elements of both matrices are.
    const double margin = 64 * std::numeric_limits<double>::epsilon() * (1.0 + pairs);
    const double quotient = rayleigh_quotient(row) / certified_norm(one);
    return {.value = std::log(quotient) + 2 * K + h - margin,
            .operations = steps * 40.0 * std::pow(2.0 * kept, 3) + 60.0 * std::pow(2.0 * pairs, 3)};
}

} // namespace blockspin::bounds
