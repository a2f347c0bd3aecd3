#pragma once

#include <map>
#include <string>

#include <blockspin/flow/bound.hpp>
#include <blockspin/flow/hypercube.hpp>
#include <blockspin/model/hamiltonian.hpp>

namespace blockspin::flow {

/// The chain, the square lattice or the body-centred hypercubic lattice (d = 1, 2, 3 and more) of Ising spins with
/// nearest-neighbour coupling K in a field h, of whose two sublattices one is summed over exactly:
/// u = ln 2cosh(K Σσ + h) + h Σσ / 2^d, half a hypercube per site.
Start one_sublattice_decimated(const SpinClasses& classes, double K, double h = 0.0);

/// The hypercubic lattice with nearest-neighbour coupling K, each bond shared by its 2^{d−1} hypercubes.
/// InputError unless the classes tell nearest neighbours from the other pairs.
Start bonds_shared(const SpinClasses& classes, double K);

/// Any Hamiltonian on the chain, the square, the cubic or the hypercubic lattice (d = 4) whose operators fit on a unit
/// cube: each term is shared equally by the hypercubes that contain it. InputError for another lattice, for an operator
/// that does not fit, and unless the classes are hypercubic.
Start terms_shared(const SpinClasses& classes, const model::Hamiltonian& hamiltonian);

} // namespace blockspin::flow
