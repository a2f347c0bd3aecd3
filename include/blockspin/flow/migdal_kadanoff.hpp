#pragma once

#include <span>

#include <blockspin/flow/map.hpp>

namespace blockspin::flow {

/// Migdal's recursion for the nearest-neighbour Ising model on the hypercubic lattice: bonds are moved first, so that
/// b^{d−1} of them lie side by side, then chains of b bonds are decimated: K' = artanh tanh^b(b^{d−1} K) without field
/// (Migdal 1975; Kadanoff 1976). What is moved has zero mean, so f is never below the exact one (a Jensen bound).
///
/// The field belongs to the bonds and is moved with them: −H/kT = Σ_⟨ij⟩ [K σ_i σ_j + H (σ_i + σ_j)], so a site feels
/// 2d H. The spatial dimension may be any real number d ≥ 1.
class MigdalKadanoff {
  public:
    /// InputError unless `scale_factor` b ≥ 2 and `spatial_dimension` ≥ 1.
    MigdalKadanoff(int scale_factor, double spatial_dimension);

    static std::span<const Coupling> couplings(); ///< K, H
    double scale_factor() const noexcept { return scale_factor_; }
    double spatial_dimension() const noexcept { return spatial_dimension_; }
    Image apply(std::span<const double> point) const;
    Derivative jacobian(std::span<const double> point) const;
    /// ln 2 plus the largest energy per site, d |K| + 2d |H|. InputError if d is not an integer: no lattice, no bound.
    double ceiling(std::span<const double> point) const;

  private:
    int scale_factor_;
    double spatial_dimension_;
};

/// The Ising model on the hierarchical lattice that grows by putting b^{d−1} chains of b bonds in the place of every
/// bond (the diamond lattice for b = 2, d = 2): decimation is exact there, K' = b^{d−1} artanh tanh^b K without field
/// (Berker and Ostlund 1979). The field belongs to the bonds as above; f is per site of this lattice, in its limit.
class HierarchicalLattice {
  public:
    /// InputError unless `scale_factor` b ≥ 2 and `spatial_dimension` d ≥ 1.
    HierarchicalLattice(int scale_factor, double spatial_dimension);

    static std::span<const Coupling> couplings(); ///< K, H
    double scale_factor() const noexcept { return scale_factor_; }
    double spatial_dimension() const noexcept { return spatial_dimension_; }
    /// (b − 1) b^{d−1} / (b^d − 1).
    double sites_per_bond() const;
    Image apply(std::span<const double> point) const;
    Derivative jacobian(std::span<const double> point) const;

  private:
    int scale_factor_;
    double spatial_dimension_;
};

static_assert(Map<MigdalKadanoff> && Map<HierarchicalLattice>);

} // namespace blockspin::flow
