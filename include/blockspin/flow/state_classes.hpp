#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include <blockspin/flow/bound.hpp>
#include <blockspin/flow/cell.hpp>

namespace blockspin::flow {

/// What a spin of q states can do, and which block transformations and models it has.
struct SpinKind {
    std::vector<char> states;                      ///< a letter for each of the q states
    std::vector<std::vector<int>> symmetries;      ///< permutations of the states that a field leaves as they are
    std::vector<std::vector<int>> broken;          ///< further ones that hold without the field
    std::vector<std::string> parameters;           ///< of T
    std::vector<linalg::Matrix<double>> couplings; ///< φ_k(μ, σ), parameter by parameter
    std::vector<double> typical_parameters;        ///< near the best ones
};

/// q-state Potts spins on hypercubes of 2^d: φ(μ, σ) = δ(μ, σ). A field would favour state 0.
/// InputError unless 2 ≤ q ≤ 10 and 1 ≤ d ≤ 3.
SpinKind potts(int q, int d);

/// Spins −1, 0, 1 on hypercubes of 2^d: T ∝ exp{p Σ μσ + q Σ μ²σ² + r μ²}, sums over the σ of a block; further
/// functions of the two would cancel in the normaliser. InputError unless 1 ≤ d ≤ 3.
SpinKind spin_one(int d);

/// Classes of the q^n configurations of spins of any kind, n = 2^d. With A a class under all symmetries, of which the
/// field leaves the classes c ⊂ A, and means over configurations, the couplings are K_A = ⟨u⟩_A − ⟨u⟩, "{0012}" after a
/// configuration in A, all but that of equal spins in state 0; and K_c = ⟨u⟩_c − ⟨u⟩_A, "[0012]", all but the first of
/// each A. The latter are odd: they vanish without a field.
class StateClasses : public CellClasses {
  public:
    /// InputError for more than 2^17 configurations.
    StateClasses(const SpinKind& kind, int d, VertexSymmetry symmetry);

    /// Number of states of a spin.
    int states() const noexcept { return states_; }
    /// State of spin i in the representative configuration of class c.
    int state(int c, int i) const { return representatives_[static_cast<std::size_t>(c) * spins() + i]; }

  private:
    void set_coordinates(const SpinKind& kind, std::span<const int> labels, std::span<const int> parents);
    void set_pairs(const SpinKind& kind, std::span<const int> labels);

    int states_ = 0;
    std::vector<int> representatives_;
};

/// The start of a model without a field on the square or the body-centred lattice, one of whose sublattices is summed
/// over exactly, half a hypercube per site: `exponent(s, c)` is −H/kT of a spin in state s that has the spins of class
/// c for neighbours, `own(c)` the share of one hypercube in the neighbours' own energy.
Start sublattice_decimated(const StateClasses& classes, const std::function<double(int, int)>& exponent,
                           const std::function<double(int)>& own);

/// The same for the Potts model, −H/kT = K Σ δ(σ, σ').
Start potts_sublattice_decimated(const StateClasses& classes, double K);

} // namespace blockspin::flow
