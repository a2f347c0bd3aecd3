#pragma once

#include <cmath>
#include <limits>
#include <span>

#include <blockspin/flow/bond.hpp>
#include <blockspin/flow/formula.hpp>
#include <blockspin/flow/hierarchical.hpp>
#include <blockspin/flow/potts_bond.hpp>

namespace blockspin::flow {

namespace detail {

/// InputError unless b ≥ 2 and d ≥ 1, and finite.
void check_bond_moving(int scale_factor, double spatial_dimension);

/// InputError if d is not an integer: no lattice, no bound.
void check_is_lattice(double spatial_dimension);

/// Gives a rate that falls like k ln k its slope at k = 0, −∞.
inline void fall_vertically(double& /*rate*/, double /*k*/) {}
template <std::size_t N> void fall_vertically(Dual<N>& rate, const Dual<N>& k) {
    for (std::size_t i = 0; i < N; ++i)
        if (k.slope[i] != 0.0) rate.slope[i] = -std::numeric_limits<double>::infinity();
}

/// What all maps of one bond by a factor b in d dimensions have.
template <class Spins> class BondFormula {
  public:
    static constexpr std::size_t size = Spins::size;
    BondFormula(int scale_factor, double spatial_dimension, Spins spins = Spins())
        : scale_factor_(scale_factor), spatial_dimension_(spatial_dimension), spins_(spins) {
        check_bond_moving(scale_factor, spatial_dimension);
    }
    static std::span<const Coupling> couplings() { return Spins::couplings(); }
    double scale_factor() const noexcept { return scale_factor_; }
    double spatial_dimension() const noexcept { return spatial_dimension_; }

  protected:
    int b() const noexcept { return scale_factor_; }
    double branches() const { return std::pow(scale_factor_, spatial_dimension_ - 1); }
    const Spins& spins() const noexcept { return spins_; }

  private:
    int scale_factor_;
    double spatial_dimension_;
    Spins spins_;
};

} // namespace detail

/// Migdal's recursion on the hypercubic lattice: bonds are moved first, so that b^{d−1} of them lie side by side, then
/// chains of b bonds are decimated: K' = artanh tanh^b(b^{d−1} K) for Ising spins without field (Migdal 1975; Kadanoff
/// 1976). What is moved has zero mean, so f is never below the exact one (a Jensen bound).
///
/// The field belongs to the bonds and is moved with them: −H/kT = Σ_⟨ij⟩ [K σ_i σ_j + H (σ_i + σ_j)], so a site feels
/// 2d H. The spatial dimension may be any real number d ≥ 1.
template <class Spins> class MigdalKadanoffFormula : public detail::BondFormula<Spins> {
  public:
    /// InputError unless `scale_factor` b ≥ 2 and `spatial_dimension` ≥ 1.
    using detail::BondFormula<Spins>::BondFormula;

    template <class T, std::size_t N> Transformed<T, N> image(const std::array<T, N>& point) const {
        const double d = this->spatial_dimension(), volume = std::pow(this->b(), d);
        Transformed<T, N> moved =
            this->spins().split(in_series(in_parallel(this->spins().bond(point), this->branches()), this->b()));
        // Spins off the edges of the block have lost all bonds.
        moved.constant = d * moved.constant + (volume - 1 - d * (this->b() - 1)) * std::log(this->spins().states());
        return moved;
    }
    /// ln q plus the largest energy per site. InputError if d is not an integer: no lattice, no bound.
    double ceiling(std::span<const double> point) const {
        check_point(this->couplings(), point);
        detail::check_is_lattice(this->spatial_dimension());
        std::array<double, Spins::size> couplings;
        std::ranges::copy(point, couplings.begin());
        return std::log(this->spins().states()) +
               this->spatial_dimension() * Spins::largest(this->spins().bond(couplings));
    }
};

/// Both recursions in the limit b → 1: dK/dl = (d − 1) K + ½ sinh 2K ln tanh K for Ising spins without field, at d = 2
/// self-dual, so that K_c is exact (Migdal 1975; Kadanoff 1976). Continued to K < 0 by the real part of the logarithm.
template <class Spins> class InfinitesimalMigdalKadanoffFormula {
  public:
    static constexpr std::size_t size = Spins::size;
    /// InputError unless d ≥ 1.
    explicit InfinitesimalMigdalKadanoffFormula(double spatial_dimension, Spins spins = Spins())
        : spatial_dimension_(spatial_dimension), spins_(spins) {
        detail::check_bond_moving(2, spatial_dimension);
    }
    static std::span<const Coupling> couplings() { return Spins::couplings(); }
    double spatial_dimension() const noexcept { return spatial_dimension_; }

    template <class T, std::size_t N> Transformed<T, N> rate(const std::array<T, N>& point) const {
        const auto bond = spins_.bond(point);
        Transformed<T, N> moved = spins_.split(in_parallel(bond, spatial_dimension_ - 1) + lengthened(bond));
        moved.constant = spatial_dimension_ * moved.constant;
        if (value_of(point[0]) == 0.0) detail::fall_vertically(moved.couplings[0], point[0]);
        return moved;
    }

  private:
    double spatial_dimension_;
    Spins spins_;
};

/// Bonds K_i, H_i along each of D directions of the hypercubic lattice, one direction decimated after the other: before
/// direction i (0 … D−1) comes the turn, its bonds have been moved i times, afterwards D−1−i times, so that
/// K_i' = b^{D−1−i} R(b^i K_i) with R the decimation of b bonds (Kadanoff 1976). Only bonds are moved that have zero
/// mean, so f is never below the exact one. Directions do not mix, and all have the same eigenvalues.
template <int D> class AnisotropicMigdalKadanoffFormula {
  public:
    static constexpr std::size_t size = 2 * D;
    /// InputError unless `scale_factor` b ≥ 2.
    explicit AnisotropicMigdalKadanoffFormula(int scale_factor) : scale_factor_(scale_factor) {
        detail::check_bond_moving(scale_factor, D);
    }
    static std::span<const Coupling> couplings(); ///< "nn x", "field x", "nn y", …
    double scale_factor() const noexcept { return scale_factor_; }
    double spatial_dimension() const noexcept { return D; }

    template <class T> Transformed<T, size> image(const std::array<T, size>& point) const {
        Transformed<T, size> result{point, 0.0 * point[0]};
        for (int i = 0; i < D; ++i) {
            const double before = std::pow(scale_factor_, i), after = std::pow(scale_factor_, D - 1 - i);
            const auto [couplings, constant] = IsingSpins::split(in_parallel(
                in_series(in_parallel(IsingSpins::bond<T>({point[2 * i], point[2 * i + 1]}), before), scale_factor_),
                after));
            result.couplings[2 * i] = couplings[0];
            result.couplings[2 * i + 1] = couplings[1];
            result.constant += constant;
        }
        return result;
    }
    /// ln 2 plus the largest energy per site.
    double ceiling(std::span<const double> point) const {
        check_point(couplings(), point);
        double sum = std::log(2.0);
        for (int i = 0; i < D; ++i)
            sum += IsingSpins::largest(IsingSpins::bond<double>({point[2 * i], point[2 * i + 1]}));
        return sum;
    }

  private:
    int scale_factor_;
};

/// The same in the limit b → 1, where the order of the directions no longer matters: each flows like
/// InfinitesimalMigdalKadanoffFormula in D dimensions. At D = 2 duality exchanges the directions, and the critical line
/// sinh 2K_x sinh 2K_y = 1 of the square lattice flows into itself (Kadanoff 1976).
template <int D> class AnisotropicInfinitesimalMigdalKadanoffFormula {
  public:
    static constexpr std::size_t size = 2 * D;
    static std::span<const Coupling> couplings() { return AnisotropicMigdalKadanoffFormula<D>::couplings(); }
    static double spatial_dimension() noexcept { return D; }

    template <class T> Transformed<T, size> rate(const std::array<T, size>& point) const {
        const InfinitesimalMigdalKadanoffFormula<IsingSpins> one_direction(D);
        Transformed<T, size> result{point, 0.0 * point[0]};
        for (int i = 0; i < D; ++i) {
            const auto [couplings, constant] = one_direction.rate(std::array<T, 2>{point[2 * i], point[2 * i + 1]});
            result.couplings[2 * i] = couplings[0];
            result.couplings[2 * i + 1] = couplings[1];
            result.constant += 1.0 / D * constant;
        }
        return result;
    }
};

using MigdalKadanoff = FormulaMap<MigdalKadanoffFormula<IsingSpins>>;
using PottsMigdalKadanoff = FormulaMap<MigdalKadanoffFormula<PottsSpins>>;
using HierarchicalLattice = FormulaMap<HierarchicalFormula<IsingSpins>>;
using PottsHierarchicalLattice = FormulaMap<HierarchicalFormula<PottsSpins>>;
using InfinitesimalMigdalKadanoff = FormulaGenerator<InfinitesimalMigdalKadanoffFormula<IsingSpins>>;
using PottsInfinitesimalMigdalKadanoff = FormulaGenerator<InfinitesimalMigdalKadanoffFormula<PottsSpins>>;
template <int D> using AnisotropicMigdalKadanoff = FormulaMap<AnisotropicMigdalKadanoffFormula<D>>;
template <int D>
using AnisotropicInfinitesimalMigdalKadanoff = FormulaGenerator<AnisotropicInfinitesimalMigdalKadanoffFormula<D>>;

static_assert(Map<MigdalKadanoff> && Map<PottsMigdalKadanoff> && Map<HierarchicalLattice>);
static_assert(Map<PottsHierarchicalLattice> && Map<AnisotropicMigdalKadanoff<3>>);
static_assert(Generator<InfinitesimalMigdalKadanoff> && Generator<PottsInfinitesimalMigdalKadanoff>);
static_assert(Generator<AnisotropicInfinitesimalMigdalKadanoff<2>>);
static_assert(!Map<InfinitesimalMigdalKadanoff> && !Generator<MigdalKadanoff>);

} // namespace blockspin::flow
