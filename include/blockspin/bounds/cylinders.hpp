#pragma once

#include <vector>

#include <blockspin/bounds/layer_transfer.hpp>

namespace blockspin::bounds {

// Lattices with a finite cross-section, one spin per site. K couples nearest neighbours, h is the field. All throw
// InputError where the cross-section has too many spins for a LayerTransfer.

/// Hypercubic lattice with layers along (1, 1, 0, …): `diagonal` spins in the first two directions, in which each layer
/// holds every second site, and closed rings of the given extents in the others (none: the square lattice).
LayerTransfer diagonal_cylinder(int diagonal, const std::vector<int>& rings, double K, double h);

/// Square lattice on a straight ring: coupling along the ring, along the axis, across the diagonals of the squares.
struct SquareCouplings {
    double ring = 0.0;
    double axis = 0.0;
    double diagonal = 0.0;
    double field = 0.0;
};
LayerTransfer straight_cylinder(int ring, const SquareCouplings& couplings);

/// Triangular lattice, whose rows run along the axis: a zigzag ring of an even number of spins.
LayerTransfer triangular_cylinder(int ring, double K, double h);

/// Honeycomb lattice, whose zigzag rows run along the axis: two layers with an even number of spins each. The fields
/// act on the two sublattices.
LayerTransfer honeycomb_cylinder(int ring, double K, double field_even, double field_odd);

/// `thickness` square layers on top of each other, each cut diagonally as in diagonal_cylinder: couplings K between the
/// layers and inside all but the two outermost ones, which have `outer`; fields alike. thickness ≥ 2.
struct SlabCouplings {
    double inner = 0.0;
    double outer = 0.0;
    double inner_field = 0.0;
    double outer_field = 0.0;
};
LayerTransfer slab_cylinder(int diagonal, int thickness, const SlabCouplings& couplings);

/// A column of the hypercubic lattice: an open cross-section of the given extents (none: the chain), one field per
/// site, x fastest.
LayerTransfer open_column(const std::vector<int>& extents, double K, const std::vector<double>& fields);

} // namespace blockspin::bounds
