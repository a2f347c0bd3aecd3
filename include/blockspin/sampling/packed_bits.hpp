#pragma once

#include <cstdint>

#include <blockspin/sampling/packed_spins.hpp>

namespace blockspin::sampling {

/// Words of a message that holds one bit each of so many words.
constexpr std::int32_t words_of_bits(std::int32_t count) { return (count + 63) / 64; }

/// Collects bit `bit` of `count` words, 64 to a word of `to`; the last is filled up with zeros.
void gather_bits(const Word* words, std::int32_t count, int bit, Word* to);

/// The reverse; all other bits of the words become zero.
void scatter_bits(const Word* from, std::int32_t count, int bit, Word* words);

} // namespace blockspin::sampling
