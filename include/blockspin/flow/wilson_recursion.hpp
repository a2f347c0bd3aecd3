#pragma once

#include <span>
#include <vector>

#include <blockspin/flow/fixed_point.hpp>
#include <blockspin/flow/map.hpp>

namespace blockspin::flow {

/// Wilson's approximate recursion for one field component, b = 2:
/// Q'(z) = −2^d ln [I(2^{1−d/2} z) / I(0)], I(z) = ∫ dy exp(−y² − ½ Q(y + z) − ½ Q(y − z))
/// (K. G. Wilson, Phys. Rev. B 4 (1971) 3184, eq. 3.42; K. G. Wilson, J. Kogut, Phys. Rep. 12 (1974) 75, sect. 7).
///
/// The couplings are the values of Q, even in z, at Chebyshev points in z² between 0 and `range`; Q between them is the
/// polynomial in z² through them, and beyond `range` e^{−Q} is left out. y is integrated by Gauss and Legendre's rule.
/// The constant is 2^d ln(I(0)/√π), so that f is relative to the Gaussian model Q = 0. η = 0: y_H = (d + 2)/2.
class WilsonRecursion {
  public:
    /// InputError unless 2 < d < 4, 6 ≤ nodes ≤ 80 and range > 0.
    explicit WilsonRecursion(double spatial_dimension, int nodes = 30);
    WilsonRecursion(double spatial_dimension, int nodes, double range);

    std::span<const Coupling> couplings() const noexcept { return couplings_; } ///< "Q(z)" for each z
    int nodes() const noexcept { return static_cast<int>(nodes_.size()); }
    double range() const noexcept { return range_; }
    double scale_factor() const noexcept { return 2.0; }
    double spatial_dimension() const noexcept { return spatial_dimension_; }
    Image apply(std::span<const double> point) const;
    Derivative jacobian(std::span<const double> point) const;

    /// Where e^{−Q} at the fixed point, Q ∝ z^{2d/(d − 2)} far out, has fallen below all digits, and not much farther.
    static double default_range(double spatial_dimension);

    /// Q = r z² + u z⁴.
    std::vector<double> quartic(double r, double u) const;

  private:
    /// ½ Q(y + z) + ½ Q(y − z) for all y of one z, as a matrix on the values of Q, and −y².
    struct Integrand {
        linalg::Matrix<double> mean;
        std::vector<double> gaussian;
    };
    /// ln I and ∂ ln I/∂Q.
    struct Integral {
        double logarithm;
        std::vector<double> slope;
    };
    Integrand integrand(double z) const;
    static Integral integrate(const Integrand& integrand, std::span<const double> point);
    std::vector<double> weights(double z) const;

    double spatial_dimension_;
    double range_;
    std::vector<double> nodes_; ///< z, falling
    std::vector<Coupling> couplings_;
    std::vector<Integrand> integrands_; ///< of the nodes of the image, then of z = 0
};

static_assert(Map<WilsonRecursion>);

/// The fixed point of Wilson and Fisher, whose one relevant even mode gives ν, followed from three dimensions to the
/// wanted one in steps as small as it needs. ν is good to 1e-11 with 30 values in three dimensions, to 1e-7 at d = 2.5;
/// with 60 to 1e-11 at 2.5, 1e-8 at 2.3, 1e-4 at 2.15. InputError if the fixed point is lost on the way, or has not one
/// relevant mode.
FixedPoint wilson_fisher(const WilsonRecursion& map);

} // namespace blockspin::flow
