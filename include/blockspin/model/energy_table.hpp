#pragma once

#include <vector>

#include <blockspin/lattice/geometry.hpp>
#include <blockspin/model/hamiltonian.hpp>

namespace blockspin::model {

/// Largest number of spins of which all configurations are tabulated.
inline constexpr int most_tabulated_sites = 20;

/// S of all 2^sites configurations; in the one with index c, the spin at site i is up if bit i of c is 1. InputError
/// for more than 20 sites, here and below.
std::vector<double> sum_table(const Operator& op, const lattice::Geometry& geometry);

/// H/kT of all 2^sites configurations.
std::vector<double> energy_table(const Hamiltonian& hamiltonian, const lattice::Geometry& geometry);

} // namespace blockspin::model
