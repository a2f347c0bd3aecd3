#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <blockspin/sampling/replicas.hpp>

namespace blockspin::sampling {

/// What decides about the bonds from the sites of a row to a row of partners, one byte per bond each.
struct BondRow {
    const Spin* spins;              ///< of the sites that the bonds belong to; 0 never has one
    const Spin* partners;           ///< at the other ends
    const std::uint8_t* difference; ///< exclusive or of the two spins that the bond favours: 0 for equal ones
    const std::uint8_t* random;
    const std::uint8_t* threshold;
    std::size_t length;
};

/// One bit per bond: favoured and random byte below its threshold (`occupied`), or equal to it (`undecided`). Words
/// for 64 bonds; bits beyond the row are 0.
void occupy(const BondRow& row, std::span<std::uint64_t> occupied, std::span<std::uint64_t> undecided);

/// Writes 64 bits as bytes 0 and 1.
void spread(std::uint64_t bits, std::uint8_t* bytes);

/// Turns the spins of a row over where the bit is set.
void flip(std::span<Spin> row, std::span<const std::uint64_t> bits);

} // namespace blockspin::sampling
