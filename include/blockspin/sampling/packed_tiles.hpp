#pragma once

#include <array>
#include <cstdint>

#include <blockspin/lattice/geometry.hpp>

namespace blockspin::sampling {

/// How random bits are dealt out to packed spins: a function of the lattice alone.
///
/// Every word draws `own_bits` random bits per spin; few spins are undecided after that. Those of a tile share further
/// bits, one stream for the first undecided spin at each bit position and another for the second: a tile is 16 words
/// high, word i and word i + 8 k of either parity of rows being at the same position. What is then still undecided
/// draws bits of its own again. On small lattices there is no sharing, so that they can be cut into more domains.
struct PackedTiles {
    std::int32_t words;             ///< of one run in a tile, a multiple of 8; 2 without sharing
    int own_bits;                   ///< random bits that every spin draws
    std::array<int, 2> shared_bits; ///< random bits of both shared streams

    /// Words of a run that are updated together: a whole tile, or several.
    std::int32_t words_together() const noexcept { return words < 8 ? 8 : words; }
    /// The sites of a tile: domains are cut between tiles.
    lattice::Coordinates sites() const noexcept { return {128, 2 * words, 1, 1}; }
    /// Number of random words per word of spins, if a tile is complete and without the rest.
    double random_words() const noexcept;
};

PackedTiles packed_tiles(const lattice::Geometry& geometry) noexcept;

} // namespace blockspin::sampling
