#pragma once

#include <cstdint>
#include <span>

#include "packed_kernel.hpp"

namespace blockspin::sampling {

// Sums over packed spins by the fastest instructions of this processor, the same by any.

/// Words of a run one after the other.
using Stretch = std::span<const Word>;

/// Calls visit(at, parity) for both runs in all columns of all planes of a part of PackedLayout::box().
template <class Visit> void for_each_run(const lattice::Box& part, Visit&& visit) {
    lattice::for_each_row({.offset = {part.offset[0], 0, part.offset[2], part.offset[3]},
                           .extent = {part.extent[0], 1, part.extent[2], part.extent[3]}},
                          [&](lattice::Coordinates at) {
                              for (; at[0] < part.offset[0] + part.extent[0]; ++at[0]) {
                                  for (const int parity : {0, 1}) visit(at, parity);
                              }
                          });
}

/// The words of a colour in a run that belong to the part.
inline Stretch stretch(const PackedSpins& spins, const lattice::Coordinates& at, int parity, int colour,
                       const lattice::Box& part) {
    return {spins.words(colour) + spins.layout().run(at, parity) + part.offset[1],
            static_cast<std::size_t>(part.extent[1])};
}

/// Number of set bits.
std::int64_t count_bits(Stretch words);

/// counts[i] += number of set bits of words[i].
void add_bits(Stretch words, std::span<std::int64_t> counts);

/// counts[b] += number of words whose bit b is set.
void add_bits_by_position(std::span<const Stretch> stretches, std::span<std::int64_t, 64> counts);

/// Number of neighbours that differ from the spins in words first … last − 1 of a run, of which `valid` bits are in
/// use. Reads up to a cache line further. InternalError unless there are 3, 4, 6 or 8 neighbours.
std::int64_t count_unlike(const Word* spins, const PackedNeighbours& near, int neighbours, Word valid,
                          std::int32_t first, std::int32_t last);

/// Rows of sites, one bit each, that begin with a word.
struct BitRows {
    std::int64_t rows, stride; ///< number of rows, and words from one to the next
    std::int32_t length;       ///< sites in a row
    std::int32_t shift;        ///< how much further the other spin is
};

/// Number of spins that differ from those `shift` sites further in other rows. Reads up to 17 words beyond either.
std::int64_t count_unlike(const Word* spins, const Word* others, const BitRows& rows);

} // namespace blockspin::sampling
