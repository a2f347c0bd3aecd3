#pragma once

#include <span>
#include <vector>

#include <blockspin/flow/fixed_point.hpp>
#include <blockspin/flow/map.hpp>

namespace blockspin::flow {

/// Dyson's hierarchical model, whose two halves of every block feel each other by the sum of their fields only, so that
/// a step acts on the measure W(φ) of one field alone: W'(φ) ∝ e^{φ²/2} (W ∗ W)(2φ/√c), c = 2^{1−2/d} (F. J. Dyson,
/// Commun. Math. Phys. 12 (1969) 91). In its moment generating function R(x) = ⟨e^{xφ}⟩ = Σ b_n x^n/√n!, b_0 = 1, a
/// step is R'(x) = exp(½ ∂²_x) R(√c x/2)² (H. Koch, P. Wittwer, Commun. Math. Phys. 106 (1986) 495; J. J. Godina, Y.
/// Meurice, M. B. Oktay, Phys. Rev. D 57 (1998) R6581), exact but for dropping powers above `order`. All terms are
/// positive.
///
/// The couplings are b_1 … b_order, in the powers between which exp(½ ∂²_x) is well conditioned. The inverse
/// temperature is part of φ. Two fields become one: b = 2^{1/d}, and f is ln Z per field relative to a normalised W. η
/// = 0: y_H = (d + 2)/2.
class Dyson {
  public:
    /// InputError unless 2 < d < 4 and 8 ≤ order ≤ 150.
    explicit Dyson(double spatial_dimension, int order = 80);

    std::span<const Coupling> couplings() const noexcept { return couplings_; } ///< "x", "x^2", …
    int order() const noexcept { return order_; }
    double scale_factor() const;
    double spatial_dimension() const noexcept { return spatial_dimension_; }
    Image apply(std::span<const double> point) const;
    Derivative jacobian(std::span<const double> point) const;

    /// Fields ±√K with equal weights, in a field h on each: the Ising model.
    std::vector<double> ising(double K, double h = 0.0) const;

  private:
    std::vector<double> unnormalised(std::span<const double> coefficients) const;

    double spatial_dimension_;
    int order_;
    std::vector<Coupling> couplings_;
    std::vector<double> rescaling_;      ///< (√c/2)^n
    linalg::Matrix<double> products_;    ///< of coefficients, in a square
    linalg::Matrix<double> convolution_; ///< of exp(½ ∂²_x) on the coefficients
};

static_assert(Map<Dyson>);

/// The fixed point of Wilson and Fisher, whose leading even and odd modes give all exponents: that of the Ising model
/// in three dimensions, followed to the wanted one. ν is good to 1e-12 with 80 powers between 2 and 3 dimensions, with
/// 120 up to 3.8 and to 1e-9 at 3.99. InputError if it is lost on the way, or has not one relevant even mode.
FixedPoint wilson_fisher(const Dyson& map);

} // namespace blockspin::flow
