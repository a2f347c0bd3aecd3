#pragma once

#include <span>
#include <vector>

#include <blockspin/flow/fixed_point.hpp>
#include <blockspin/flow/generator.hpp>

namespace blockspin::flow {

/// The local potential approximation of the functional renormalization group for N-component fields, with Litim's
/// regulator, in d dimensions. With u(ρ) the dimensionless potential, ρ = φ²/2 in units that absorb the volume of the
/// regulator, l growing towards large lengths and w = u',
/// du/dl = d u − (d − 2) ρ w − (N − 1)/(1 + w) − 1/(1 + w + 2ρ w')
/// (D. F. Litim, Phys. Rev. D 64 (2001) 105007; Nucl. Phys. B 631 (2002) 128). η = 0: y_H = (d + 2)/2.
///
/// The couplings are the values of w at Chebyshev points of `nodes` intervals between ρ = 0 and `range`, derivatives
/// those of the polynomial through them: no boundary condition is needed, since the only potential without a
/// singularity up to `range` is the one that is regular everywhere. The constant is −du(0)/dl without its d u(0): f per
/// unit volume.
class LocalPotential {
  public:
    /// InputError unless 2 < d < 4, 0 ≤ N < 10^4, 8 ≤ nodes ≤ 80 and range > 0.
    LocalPotential(double spatial_dimension, double components, int nodes = 32);
    LocalPotential(double spatial_dimension, double components, int nodes, double range);

    std::span<const Coupling> couplings() const noexcept { return couplings_; } ///< "w(ρ)" for each ρ
    double spatial_dimension() const noexcept { return spatial_dimension_; }
    double components() const noexcept { return components_; }
    int intervals() const noexcept { return static_cast<int>(nodes_.size()) - 1; }
    double range() const noexcept { return nodes_.front(); }
    Image velocity(std::span<const double> point) const;
    Derivative jacobian(std::span<const double> point) const;

    /// A range that holds the minimum of the fixed point's potential, near (N − 1)/(d − 2) for large N, and so much of
    /// its wall that w ∝ ρ^{2/(d − 2)} rises by the same factor in all dimensions below 3: rising more, w loses its
    /// digits near two dimensions.
    static double default_range(double spatial_dimension, double components);

  private:
    double spatial_dimension_;
    double components_;
    std::vector<double> nodes_; ///< ρ, falling
    std::vector<Coupling> couplings_;
    linalg::Matrix<double> first_, second_; ///< d/dρ and d²/dρ²
};

static_assert(Generator<LocalPotential> && !Map<LocalPotential>);

/// The fixed point of Wilson and Fisher, whose one relevant even mode gives ν, followed from d = 3, N = 2 to the wanted
/// values in steps as small as it needs. With 32 intervals that leads from d = 2.15 to 3.9, with 44 from 2.1; nearer to
/// two dimensions the wall of the potential is too steep for so few. ν is good to 1e-11 in three dimensions, 1e-8 at
/// d = 2.25, 1e-6 at 2.15. InputError if the fixed point is lost on the way, or has not one relevant mode.
FixedPoint wilson_fisher(const LocalPotential& generator);

} // namespace blockspin::flow
