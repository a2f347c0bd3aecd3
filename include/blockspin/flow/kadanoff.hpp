#pragma once

#include <memory>
#include <span>
#include <vector>

#include <blockspin/flow/bound.hpp>
#include <blockspin/flow/hypercube.hpp>
#include <blockspin/flow/map.hpp>
#include <blockspin/linalg/matrix.hpp>

namespace blockspin::flow {

/// Kadanoff's variational renormalization of Ising spins on the hypercubic lattice, b = 2 (Kadanoff 1975; Kadanoff,
/// Houghton and Yalabik 1976). All interactions, and the normaliser of T(μ|σ) ∝ exp(p Σ_i μ_i σ_i), are moved onto one
/// hypercube in 2^d, n = 2^d:
///
///     u'(μ) = ln Σ_σ exp{ n u(σ) + p Σ_i μ_i σ_i − ln 2cosh(p Σ_i σ_i) },      f(u) = 2^{-d} f(u').
///
/// What is moved has zero mean, so f is never below the exact one, at any p. Couplings are those of one hypercube, as
/// SpinClasses defines them: a bond that 2^{d−1} hypercubes share has 2^{d−1} times the coupling given here.
///
/// A Hamiltonian without odd couplings has an image without any, and one with equal couplings for equal numbers of
/// spins keeps that, both exactly: neither symmetry is lost to rounding in long flows.
class Kadanoff {
  public:
    /// InputError unless p is finite and not negative.
    Kadanoff(std::shared_ptr<const SpinClasses> classes, double p);

    const SpinClasses& classes() const noexcept { return *classes_; }
    double p() const noexcept { return p_; }

    std::span<const Coupling> couplings() const noexcept { return classes_->couplings(); }
    double scale_factor() const noexcept { return 2.0; }
    double spatial_dimension() const noexcept { return classes_->spatial_dimension(); }
    Image apply(std::span<const double> point) const;
    Derivative jacobian(std::span<const double> point) const;
    /// ∂K'/∂p and ∂constant/∂p.
    Image slope_in_p(std::span<const double> point) const;
    /// 2^{-d} ln Σ_σ e^{n u(σ)}: every 2^d-th hypercube alone carries the interactions (p = 0, and f(0) = ln 2).
    double ceiling(std::span<const double> point) const;

  private:
    linalg::Matrix<double> exponents(std::span<const double> point) const;
    linalg::Matrix<double> probabilities(std::span<const double> point) const;
    Image image(std::span<const double> values) const;
    void keep_symmetries(std::span<const double> point, Image& image) const;

    std::shared_ptr<const SpinClasses> classes_;
    double p_;
    linalg::Matrix<double> kernel_; ///< (r, s): ln Σ_{σ ∈ s} exp{p Σ μσ − ln 2cosh(p Σσ)}, μ in class r
    linalg::Matrix<double> slope_;  ///< ∂kernel/∂p
};

static_assert(UpperBoundingMap<Kadanoff>);

/// How far a Hamiltonian is from the subspace in which u depends on Σσ only: the largest difference between couplings
/// of equal numbers of spins.
double asymmetry(const SpinClasses& classes, std::span<const double> couplings);

/// The chain, the square lattice or the body-centred hypercubic lattice (d = 1, 2, 3 and 4) with nearest-neighbour
/// coupling K, of whose two sublattices one is summed over exactly: u = ln 2cosh(K Σσ), half a hypercube per site.
Start one_sublattice_decimated(const SpinClasses& classes, double K);

/// The hypercubic lattice with nearest-neighbour coupling K, each bond shared by its 2^{d−1} hypercubes.
/// InputError unless the classes tell nearest neighbours from the other pairs.
Start bonds_shared(const SpinClasses& classes, double K);

} // namespace blockspin::flow
