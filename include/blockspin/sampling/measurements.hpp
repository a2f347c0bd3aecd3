#pragma once

#include <cstdint>

#include <blockspin/lattice/field.hpp>
#include <blockspin/lattice/geometry.hpp>
#include <blockspin/sampling/replicas.hpp>

namespace blockspin::sampling {

/// Σ s_i s_j over the bonds that belong to the sites of this rank's domain of replica `i` of its group, each bond once;
/// summed over the ranks of the group it is Σ_<ij> s_i s_j. Ghosts must be fresh.
std::int64_t bond_sum(const Replicas& replicas, std::int64_t i);

/// Σ s_i over this rank's domain of replica `i` of its group.
std::int64_t spin_sum(const Replicas& replicas, std::int64_t i);

} // namespace blockspin::sampling
