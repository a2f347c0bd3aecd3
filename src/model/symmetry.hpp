#pragma once

#include <cstdint>
#include <vector>

#include <blockspin/model/operator.hpp>

namespace blockspin::model {

/// Sites in the coordinates in which the point group acts: those of the index grid, except that honeycomb sites are
/// seen as those of a triangular lattice (basis vectors at 120 degrees) with a + b = 0 or 1 mod 3.
lattice::Coordinates embedded(lattice::Lattice lattice, const lattice::Coordinates& at);

/// Squared distance of embedded sites, nearest neighbours being 1 apart.
std::int64_t squared_distance(lattice::Lattice lattice, const lattice::Coordinates& a, const lattice::Coordinates& b);

/// All images of a set of distinct sites under the point group that are not translations of each other: by
/// sublattice, then by offsets from the largest down.
std::vector<Stencil> images_under_point_group(lattice::Lattice lattice, const std::vector<lattice::Coordinates>& sites);

} // namespace blockspin::model
