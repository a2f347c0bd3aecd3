#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <blockspin/lattice/geometry.hpp>

namespace blockspin::sampling {

/// Streams of random bits that the spins of a tile share.
inline constexpr std::size_t shared_streams = 2;

/// PackedTiles::own_bits of all lattices that are large enough to share bits.
inline constexpr int usual_own_bits = 6;
inline constexpr int most_own_bits = 12;

/// How random bits are dealt out to packed spins: a function of the lattice alone.
///
/// Every word draws `own_bits` random bits per spin; few spins are undecided after that. Those of a tile share further
/// bits, one stream for the first undecided spin at each bit position, another for the second: word i and word
/// i + 8 k of either parity of rows are at the same position of a tile. What is then still undecided draws bits of its
/// own again. On small lattices there is no sharing, so that they can be cut into more domains.
struct PackedTiles {
    std::int32_t words;                          ///< of one run in a tile, a multiple of 8; 2 without sharing
    int own_bits;                                ///< random bits that every spin draws, at most most_own_bits
    std::array<int, shared_streams> shared_bits; ///< random bits of every shared stream

    /// The bit after the last that a shared stream decides by; the first is own_bits.
    int shared_end(std::size_t stream) const noexcept { return own_bits + shared_bits[stream]; }
    /// Words of a run that are updated together: a whole tile, or several.
    std::int32_t words_together() const noexcept { return words < 8 ? 8 : words; }
    /// The sites of a tile: domains are cut between tiles.
    lattice::Coordinates sites() const noexcept { return {128, 2 * words, 1, 1}; }
    /// Number of random words per word of spins, if a tile is complete and without the rest.
    double random_words() const noexcept;
};

PackedTiles packed_tiles(const lattice::Geometry& geometry) noexcept;

} // namespace blockspin::sampling
