#include <blockspin/tensor/schemes.hpp>

#include <blockspin/linalg/lapack.hpp>
#include <blockspin/linalg/product.hpp>
#include <blockspin/tensor/leading.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace blockspin::tensor {

namespace {

using linalg::Matrix;
using linalg::MatrixView;
using linalg::Op;

/// A weight between two spins as from · toᵀ.
struct Factors {
    Matrix<double> from, to;
};

Factors factors(const Model& model, double K, int states) {
    Matrix<double> weight(states, states);
    for (int s = 0; s < states; ++s)
        for (int t = 0; t < states; ++t) weight(s, t) = std::exp(model.states == 0 && s != t ? -K : s == t ? K : 0.0);
    const linalg::SymmetricEigen eigen = linalg::eigen_symmetric(weight);
    Factors result{Matrix<double>(states, states), Matrix<double>(states, states)};
    for (int s = 0; s < states; ++s) {
        for (int a = 0; a < states; ++a) {
            const double value = eigen.values[static_cast<std::size_t>(a)], root = std::sqrt(std::abs(value));
            result.from(s, a) = eigen.vectors(s, a) * root;
            result.to(s, a) = std::copysign(root, value) * eigen.vectors(s, a);
        }
    }
    return result;
}

Coarse normalised(Tensor tensor, double ln_scale, int steps) {
    double largest = 0.0;
    for (const double value : tensor.values()) largest = std::max(largest, std::abs(value));
    for (double& value : tensor.values()) value /= largest;
    return {std::move(tensor), ln_scale + std::log(largest), steps};
}

/// T as left · rightᵀ through one new leg: its leading singular vectors, with the root of the values on either side.
struct Halves {
    Tensor left, right; ///< the first and the last two legs, and the new one
};

Halves split(const Tensor& t, int bond) {
    const MatrixView<const double> m = t.matrix(2);
    Matrix<double> left = leading_vectors(gram(t, 2).matrix(2), bond).vectors;
    Matrix<double> right = linalg::product(m, left, Op::transpose);
    // Singular values as the lengths of Mᵀu: small ones are more accurate so than as roots of eigenvalues.
    std::vector<double> squares(static_cast<std::size_t>(left.cols()), 0.0);
    for (int i = 0; i < right.rows(); ++i)
        for (int k = 0; k < right.cols(); ++k) squares[static_cast<std::size_t>(k)] += right(i, k) * right(i, k);
    for (int k = 0; k < left.cols(); ++k) {
        const double root = std::pow(squares[static_cast<std::size_t>(k)], 0.25);
        for (int i = 0; i < left.rows(); ++i) left(i, k) *= root;
        for (int i = 0; i < right.rows(); ++i) right(i, k) *= root > 0.0 ? 1.0 / root : 0.0;
    }
    return {Tensor({t.extent(0), t.extent(1), left.cols()}, left),
            Tensor({t.extent(2), t.extent(3), left.cols()}, right)};
}

Tensor levin_nave(const Tensor& t, int bond) {
    // (left up | right down) on one sublattice, (up right | down left) on the other.
    const Halves falling = split(t, bond), rising = split(t.permuted({1, 2, 3, 0}), bond);
    // Around a square: a on top, b right, c below, d left; the new legs point to its corners.
    const Tensor top = contracted(falling.right.permuted({1, 2, 0}),     // (d, k1, a)
                                  rising.right.permuted({1, 0, 2}), 1);  // (a, b, k2)
    const Tensor below = contracted(falling.left.permuted({1, 2, 0}),    // (b, k3, c)
                                    rising.left.permuted({1, 0, 2}), 1); // (c, d, k4)
    return contracted(top.permuted({1, 3, 0, 2}), below.permuted({2, 0, 1, 3}), 2);
}

/// Σ over all that is not on the given side of two stacked tensors, squared: between pairs of their legs on that side.
/// `upper` has the legs (side, shared, …), `lower` too.
Tensor environment(const Tensor& upper, const Tensor& lower) {
    const Tensor above = gram(upper, 2).permuted({0, 2, 1, 3}), below = gram(lower, 2).permuted({1, 3, 0, 2});
    return contracted(above, below, 2).permuted({0, 2, 1, 3});
}

/// (x1, x2, x): what pairs of horizontal legs are reduced to.
Tensor isometry(const Tensor& t, int bond) {
    const int width = t.extent(0);
    const auto leading = [&](int side) {
        // (side, down, …) of the upper one, (side, up, …) of the lower one
        const Tensor pairs = environment(t.permuted({side, 3, 2 - side, 1}), t.permuted({side, 1, 2 - side, 3}));
        return leading_vectors(pairs.matrix(2), bond);
    };
    const Leading left = leading(0), right = leading(2);
    const Leading& better = left.discarded <= right.discarded ? left : right;
    return {{width, width, better.vectors.cols()}, better.vectors};
}

/// Two tensors stacked along y.
Tensor higher_order(const Tensor& t, int bond) {
    const Tensor u = isometry(t, bond), by_new_leg = u.permuted({2, 1, 0}); // (x, x2, x1)
    const Tensor lower = t.permuted({0, 1, 2, 3});                          // (x2, j, x2', y')
    const int reduced = u.extent(2), width = t.extent(0), height = t.extent(1);
    Tensor result({reduced, height, height, reduced}); // (x, y, y', x')
    const std::size_t slice = result.values().size() / static_cast<std::size_t>(reduced);
#pragma omp parallel for schedule(dynamic)
    for (int x = 0; x < reduced; ++x) {
        const auto rows = by_new_leg.matrix(1).row(x);
        const Tensor left({width, width}, {rows.begin(), rows.end()});
        const Tensor upper = contracted(left, t, 1).permuted({1, 2, 0, 3});     // (y, x1', x2, j)
        const Tensor both = contracted(upper, lower, 2).permuted({0, 3, 1, 2}); // (y, y', x1', x2')
        const Tensor joined = contracted(both, u, 2);
        std::ranges::copy(joined.values(), result.values().begin() + static_cast<std::ptrdiff_t>(slice) * x);
    }
    return result.permuted({0, 1, 3, 2});
}

} // namespace

Tensor site_tensor(const Model& model) {
    const int states = model.states == 0 ? 2 : model.states;
    const Factors along_x = factors(model, model.horizontal, states), along_y = factors(model, model.vertical, states);
    Tensor result({states, states, states, states});
    auto out = result.values().begin();
    for (int left = 0; left < states; ++left)
        for (int up = 0; up < states; ++up)
            for (int right = 0; right < states; ++right)
                for (int down = 0; down < states; ++down, ++out)
                    for (int s = 0; s < states; ++s) {
                        const double field = s == 0 ? model.field : model.states == 0 ? -model.field : 0.0;
                        *out += std::exp(field) * along_x.to(s, left) * along_y.to(s, up) * along_x.from(s, right) *
                                along_y.from(s, down);
                    }
    return result;
}

Coarse start(Tensor site) { return normalised(std::move(site), 0.0, 0); }

Coarse step(const Coarse& fine, Scheme scheme, int bond) {
    Tensor next;
    if (scheme == Scheme::trg) {
        next = levin_nave(fine.tensor, bond);
    } else if (fine.steps % 2 == 0) {
        next = higher_order(fine.tensor, bond);
    } else { // along x: the same with both directions exchanged
        next = higher_order(fine.tensor.permuted({1, 0, 3, 2}), bond).permuted({1, 0, 3, 2});
    }
    return normalised(std::move(next), 2 * fine.ln_scale, fine.steps + 1);
}

namespace {

/// Closed in itself along x.
Matrix<double> transfer_matrix(const Tensor& t) {
    Matrix<double> result(t.extent(1), t.extent(3));
    const Tensor by_x = t.permuted({0, 2, 1, 3});
    const MatrixView<const double> rows = by_x.matrix(2);
    for (int x = 0; x < t.extent(0); ++x) {
        const auto row = rows.row(x * t.extent(2) + x);
        std::ranges::transform(result.values(), row, result.values().begin(), std::plus());
    }
    return result;
}

} // namespace

double free_energy(const Coarse& coarse) {
    const Matrix<double> transfer = transfer_matrix(coarse.tensor);
    double trace = 0.0;
    for (int y = 0; y < transfer.rows(); ++y) trace += transfer(y, y);
    return std::ldexp(coarse.ln_scale + std::log(trace), -coarse.steps);
}

std::vector<double> ln_transfer_spectrum(const Coarse& coarse, int count) {
    std::vector<double> result;
    for (const auto& value : linalg::eigen_general(transfer_matrix(coarse.tensor)).values) {
        if (static_cast<int>(result.size()) == count) break;
        result.push_back(coarse.ln_scale + std::log(std::abs(value)));
    }
    return result;
}

} // namespace blockspin::tensor
