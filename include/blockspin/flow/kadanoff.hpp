#pragma once

#include <memory>
#include <span>
#include <vector>

#include <blockspin/flow/bound.hpp>
#include <blockspin/flow/cell.hpp>
#include <blockspin/flow/map.hpp>
#include <blockspin/linalg/matrix.hpp>

namespace blockspin::flow {

/// Derivatives of f(K) = 2^{-d} (constant + f(K')): what one step of a flow makes of those of f(K').
struct Adjoint {
    std::vector<double> couplings;  ///< ∂f/∂K
    std::vector<double> parameters; ///< ∂f/∂p_k, p changed in this step only
};

/// Kadanoff's variational renormalization on the hypercubic lattice, b = 2 (Kadanoff 1975; Kadanoff, Houghton and
/// Yalabik 1976). All interactions, and the normaliser of T(μ|σ) ∝ exp{Σ_k p_k Σ_i φ_k(μ, σ_i)}, i in the block of μ,
/// are moved onto one hypercube in 2^d, n = 2^d; in it each σ belongs to another block:
///
///     u'(μ) = ln Σ_σ exp{ n u(σ) + Σ_k p_k Σ_i φ_k(μ_i, σ_i) − ln Σ_ν exp Σ_k p_k Σ_i φ_k(ν, σ_i) },
///     f(u) = 2^{-d} f(u');     for Ising spins φ(μ, σ) = μσ, and the normaliser is 2cosh(p Σ_i σ_i).
///
/// What is moved has zero mean, so f is never below the exact one on the infinite lattice, for any spins, couplings of
/// any sign and any parameters. Couplings are those of one hypercube, as CellClasses defines them: a bond that 2^{d−1}
/// hypercubes share has 2^{d−1} times the coupling given here.
///
/// A Hamiltonian without odd couplings has an image without any, exactly, and one that all permutations of the vertices
/// leave as it is, to 1e-13, keeps that to rounding: neither symmetry is lost in long flows.
class Kadanoff {
  public:
    /// InputError as CellClasses::kernel.
    Kadanoff(std::shared_ptr<const CellClasses> classes, std::vector<double> parameters);
    /// For a T of one parameter.
    Kadanoff(std::shared_ptr<const CellClasses> classes, double p)
        : Kadanoff(std::move(classes), std::vector<double>{p}) {}

    const CellClasses& classes() const noexcept { return *classes_; }
    std::span<const double> parameters() const noexcept { return parameters_; }

    std::span<const Coupling> couplings() const noexcept { return classes_->couplings(); }
    double scale_factor() const noexcept { return 2.0; }
    double spatial_dimension() const noexcept { return classes_->spatial_dimension(); }
    Image apply(std::span<const double> point) const;
    Derivative jacobian(std::span<const double> point) const;
    /// Back through this step from `gradient` = ∂f/∂K'. O(count²), without the Jacobian.
    Adjoint adjoint(std::span<const double> point, std::span<const double> gradient) const;
    /// 2^{-d} ln Σ_σ e^{n u(σ)}: every 2^d-th hypercube alone carries the interactions. An upper bound on f(u) itself.
    double ceiling(std::span<const double> point) const;

  private:
    linalg::Matrix<double> exponents(std::span<const double> u) const;
    std::vector<double> log_sums(std::span<const double> u) const;
    linalg::Matrix<double> probabilities(std::span<const double> point) const;
    Image image(std::span<const double> values) const;

    std::shared_ptr<const CellClasses> classes_;
    std::vector<double> parameters_;
    RuleKernel kernel_;
    linalg::Matrix<double> scaled_; ///< e^{kernel − largest of its row}, unless that underflows
    std::vector<double> largest_;
    bool has_safe_kernel_ = true;
};

static_assert(UpperBoundingMap<Kadanoff>);

/// How far a Hamiltonian is from the subspace that all permutations of the vertices leave as it is: the largest
/// difference between values of u on configurations that are permutations of each other.
double asymmetry(const CellClasses& classes, std::span<const double> couplings);

} // namespace blockspin::flow
