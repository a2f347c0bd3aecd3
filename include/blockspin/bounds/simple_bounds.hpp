#pragma once

#include <span>
#include <vector>

#include <blockspin/bounds/interactions.hpp>

namespace blockspin::bounds {

// Bounds from either side for any short-range couplings on any lattice: crude, but always there. Infinite lattice.

/// f ≥ entropy + Σ_a K_a ⟨S_a⟩ of independent spins, whose magnetisation may differ between the colours of the lattice
/// (Gibbs, Bogoliubov, Feynman). The best that coordinate-wise search from several starts finds.
double mean_field_bound(const Interactions& interactions);

/// The same of blocks of n spins that are independent of each other (Gibbs, Bogoliubov, Feynman): each has the weight
/// of the terms inside it in a field on the spins whose terms are cut, in proportion to what is cut, of one sign for
/// each colour; the strength of the field is searched for. InputError as block_bound().
double block_state_bound(const Interactions& interactions, std::span<const int> extents);
/// Steps of that search for each choice of signs.
inline constexpr int block_state_steps = 20;

/// f ≤ (1/n) ln Σ_σ exp{n' u(σ)} of a block of n sites with all interactions of the lattice moved into it, n' the
/// number of translations by which such blocks can be laid (Hölder's inequality; Kadanoff 1975 at p = 0). A term
/// that does not fit into the block adds |K| for each of its images. InputError for more than 20 sites, or odd extents
/// on the honeycomb.
double block_bound(const Interactions& interactions, std::span<const int> extents);

} // namespace blockspin::bounds
