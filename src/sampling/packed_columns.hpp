#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <blockspin/lattice/decomposition.hpp>
#include <blockspin/sampling/packed_spins.hpp>
#include <blockspin/sampling/packed_tiles.hpp>

#include "packed_kernel.hpp"

namespace blockspin::sampling {

/// What the kernel is told about the columns of a domain: worked out once, for all replicas.
class PackedColumns {
  public:
    PackedColumns(const lattice::Decomposition& decomposition, const PackedLayout& layout, const PackedTiles& tiles);

    /// The domain in units of what is updated together: columns along x, tiles along y, planes along z and w.
    const lattice::Coordinates& extents() const noexcept { return extents_; }
    /// A piece of a column of a plane, `height` tiles from at[1] on, of the spins of a colour.
    PackedRuns runs(PackedSpins& spins, int colour, const lattice::Coordinates& at, std::int32_t height) const;

  private:
    struct Rows {
        std::size_t run;
        NeighbourPositions near;
        std::uint64_t place;
    };
    struct Column {
        std::array<Rows, 2> rows; ///< by the parity of y
        Word valid;
    };

    PackedTiles tiles_;
    lattice::Coordinates extents_;
    std::int32_t words_;
    std::array<std::vector<Column>, 2> columns_; ///< by colour; columns and planes in the order of lattice::Box
};

} // namespace blockspin::sampling
