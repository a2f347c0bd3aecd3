#pragma once

#include <span>
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

    /// State of spin i in the representative configuration of class c.
    int state(int c, int i) const { return representatives_[static_cast<std::size_t>(c) * spins() + i]; }

  private:
    void set_coordinates(const SpinKind& kind, std::span<const int> labels, std::span<const int> parents);
    void set_pairs(const SpinKind& kind, std::span<const int> labels);

    std::vector<int> representatives_;
};

/// The Potts model on the square or the body-centred lattice (as one_sublattice_decimated), −H/kT = K Σ δ(σ, σ').
/// The number of states is that of `classes`.
Start potts_sublattice_decimated(const StateClasses& classes, int q, double K);

/// The Blume–Capel model on the same lattices, −H/kT = K Σ σσ' − D Σ σ².
Start blume_capel_sublattice_decimated(const StateClasses& classes, double K, double D);

} // namespace blockspin::flow
