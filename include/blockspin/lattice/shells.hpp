#pragma once

#include <blockspin/lattice/box.hpp>
#include <blockspin/lattice/decomposition.hpp>

#include <cstdint>
#include <vector>

namespace blockspin::lattice {

/// A domain split into what can be worked on while ghosts travel, and what cannot.
struct Shells {
    /// Of a domain of this extent, in sites or tiles; neighbours are at most `width` of them away.
    Shells(const Coordinates& extent, const RankGrid& grid, std::int32_t width = 1);

    Box inner;              ///< without the layers next to other ranks; empty where the domain is too thin
    std::vector<Box> shell; ///< the rest, as disjoint boxes
};

} // namespace blockspin::lattice
