#pragma once

#include <span>
#include <vector>

#include <blockspin/bounds/interactions.hpp>

namespace blockspin::bounds {

// One bound from either side for any short-range couplings on any lattice: crude, but always there. Infinite lattice.

/// f ≥ entropy + Σ_a K_a ⟨S_a⟩ of independent spins, whose magnetisation may differ between the colours of the lattice
/// (Gibbs, Bogoliubov, Feynman). The best that coordinate-wise search from several starts finds.
double mean_field_bound(const Interactions& interactions);

/// f ≤ (1/n) ln Σ_σ exp{n' u(σ)} of a block of n sites with all interactions of the lattice moved into it, n' the
/// number of translations by which such blocks can be laid (Hölder's inequality; Kadanoff 1975 at p = 0). Infinite if a
/// term does not fit into the block. InputError for more than 20 sites, or odd extents on the honeycomb.
double block_bound(const Interactions& interactions, std::span<const int> extents);

} // namespace blockspin::bounds
