#pragma once

#include <array>
#include <span>
#include <vector>

#include <blockspin/linalg/matrix.hpp>

namespace blockspin::net {

/// A dense restricted Boltzmann machine whose units are +1 or −1 on both layers:
///   E(v, h) = −v·W h − a·v − b·h,   p(v, h) = e^{−E(v, h)} / Z.
/// Smolensky 1986; Hinton, Neural Comput. 14 (2002) 1771. With 0/1 units instead, weights are four times as large.
template <class Real> struct Rbm {
    linalg::Matrix<Real> weights;   ///< W, visible × hidden
    std::vector<Real> visible_bias; ///< a
    std::vector<Real> hidden_bias;  ///< b

    Rbm() = default;
    /// All parameters 0. InternalError for a negative number of units.
    Rbm(int visible, int hidden)
        : weights(visible, hidden), visible_bias(static_cast<std::size_t>(visible)),
          hidden_bias(static_cast<std::size_t>(hidden)) {}

    int visible() const noexcept { return weights.rows(); }
    int hidden() const noexcept { return weights.cols(); }
    /// Number of parameters.
    std::size_t size() const noexcept { return weights.size() + visible_bias.size() + hidden_bias.size(); }
    /// W, a and b, row-major.
    std::array<std::span<Real>, 3> parts() noexcept { return {weights.values(), visible_bias, hidden_bias}; }
    std::array<std::span<const Real>, 3> parts() const noexcept {
        return {weights.values(), visible_bias, hidden_bias};
    }
    bool operator==(const Rbm&) const = default;
};

/// The derivative by each parameter, in the place of that parameter.
template <class Real> using Gradient = Rbm<Real>;

/// The same machine in double precision, or rounded to single.
Rbm<double> to_double(const Rbm<float>& rbm);
Rbm<float> to_float(const Rbm<double>& rbm);

/// The same machine seen from the other side: visible and hidden units change places.
template <class Real> Rbm<Real> mirrored(const Rbm<Real>& rbm);

/// F(v) = −a·v − Σ_j ln 2 cosh(b_j + (v W)_j), so that p(v) = e^{−F(v)} / Z, for each row v. Of a mirrored machine it
/// is the marginal of the hidden units.
template <class Real> std::vector<double> free_energies(const Rbm<Real>& rbm, linalg::MatrixView<const Real> visible);

/// ⟨h_j⟩ given v = tanh(b_j + (v W)_j), for each row v. Also for rows of means instead of ±1. Of a mirrored machine:
/// the means of the visible units given the hidden ones.
template <class Real> linalg::Matrix<Real> hidden_means(const Rbm<Real>& rbm, linalg::MatrixView<const Real> visible);

} // namespace blockspin::net
