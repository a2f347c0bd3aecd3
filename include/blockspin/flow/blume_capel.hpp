#pragma once

#include <memory>
#include <span>

#include <blockspin/flow/bound.hpp>
#include <blockspin/flow/kadanoff_optimum.hpp>
#include <blockspin/flow/multicritical.hpp>
#include <blockspin/flow/state_classes.hpp>

namespace blockspin::flow {

/// The Blume–Capel model on the square or the body-centred lattice of which one sublattice is summed over exactly,
/// −H/kT = K Σ σσ' − D Σ σ², σ = −1, 0, 1.
Start blume_capel_sublattice_decimated(const StateClasses& classes, double K, double D);

/// A tricritical fixed point: stationary in all three parameters of T, with two relevant even modes.
struct Tricritical {
    OptimalFixedPoint optimum;
    MulticriticalPoint model; ///< K and D of the model that flows into it
};

/// The tricritical point of the Blume–Capel model on the square lattice, after Burkhardt and Knops, Phys. Rev. B 15
/// (1977) 1602. The parameters of T that are best there are far from those that are best at the critical point.
/// `classes` are those of spin_one(2). InputError if the search fails.
Tricritical tricritical_point(std::shared_ptr<const StateClasses> classes);

} // namespace blockspin::flow
