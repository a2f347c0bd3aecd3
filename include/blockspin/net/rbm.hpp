#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <blockspin/linalg/matrix.hpp>

namespace blockspin::net {

/// Which values a unit has. In the field x, its bias included:
enum class UnitKind : std::uint8_t {
    binary,   ///< −1 or +1 with probabilities ∝ e^{∓x}
    gaussian, ///< any number, normal around x with variance 1 (Hinton 2010, section 13.2)
    /// How many are on of units 0/1 with biases −½, −3/2, −5/2, … beside x; drawn as max(0, x + normal of variance
    /// 1/(1 + e^{−x})) (Nair and Hinton, ICML 2010)
    rectified
};

/// "binary", "gaussian" or "rectified".
std::string_view to_text(UnitKind kind) noexcept;

/// A dense restricted Boltzmann machine, of units that are +1 or −1 on both layers unless said otherwise:
///   E(v, h) = −v·W h − a·v − b·h,   p(v, h) = e^{−E(v, h)} / Z;
/// for Gaussian visible units (v − a)²/2 stands for −a·v, and so for hidden ones.
/// Smolensky 1986; Hinton, Neural Comput. 14 (2002) 1771. With 0/1 units instead, weights are four times as large.
template <class Real> struct Rbm {
    linalg::Matrix<Real> weights;   ///< W, visible × hidden
    std::vector<Real> visible_bias; ///< a
    std::vector<Real> hidden_bias;  ///< b
    UnitKind visible_kind = UnitKind::binary, hidden_kind = UnitKind::binary;

    Rbm() = default;
    /// All parameters 0. InternalError for a negative number of units.
    Rbm(int visible, int hidden)
        : weights(visible, hidden), visible_bias(static_cast<std::size_t>(visible)),
          hidden_bias(static_cast<std::size_t>(hidden)) {}

    int visible() const noexcept { return weights.rows(); }
    int hidden() const noexcept { return weights.cols(); }
    bool is_binary() const noexcept { return visible_kind == UnitKind::binary && hidden_kind == UnitKind::binary; }
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
/// is the marginal of the hidden units. For Gaussian v, (v − a)²/2 stands for −a·v; the term of hidden unit j with
/// field x is (x² − b_j²)/2 + ½ ln 2π if Gaussian, and Σ_i ln (1 + e^{x + ½ − i}) over i = 1, 2, … if rectified.
/// InputError for rectified visible units, which have no energy.
template <class Real> std::vector<double> free_energies(const Rbm<Real>& rbm, linalg::MatrixView<const Real> visible);

/// ⟨h_j⟩ given v = tanh(b_j + (v W)_j), for each row v; of Gaussian units the field x itself, of rectified ones Σ_i
/// 1/(1 + e^{i − ½ − x}) to 2e-5. Also for rows of means instead of ±1. Of a mirrored machine: the means of the visible
/// units given the hidden ones.
template <class Real> linalg::Matrix<Real> hidden_means(const Rbm<Real>& rbm, linalg::MatrixView<const Real> visible);

} // namespace blockspin::net
