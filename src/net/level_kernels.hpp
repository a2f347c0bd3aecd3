#pragma once

#include <cstddef>
#include <cstdint>

namespace blockspin::net {

// Products of grey levels 0 … 255 with integers, for the best instruction set of the processor. Levels and integers are
// numbers of 16 bits, two of them to a word: a level needs one, an integer two, its upper part times 2^11 and the
// rest. All sums are exact; what becomes of them are single operations of IEEE 754 (no fused ones): the same bits on
// every instruction set, however rows are grouped.

/// Integers times levels are within ±2^21.
inline constexpr int integer_bits = 21;

/// Pairs of levels (the first in the lower half of a word), one for each row and pair of inputs.
struct LevelPairs {
    const std::int32_t* first;
    std::size_t row_stride, pair_stride;
    int rows, pairs;
};

/// Words of a tile of 32 columns that split_pairs() writes for each pair of inputs.
inline constexpr std::size_t words_of_pair = 64;

/// The integers of two inputs and 32 columns each, in their two parts: ⌊values / 2^shift + ½⌋, `stride` apart from
/// input to input. The last of an odd number of inputs is paired with zeros.
void split_pairs(const std::int32_t* values, std::size_t stride, int inputs, int shift, std::int32_t* words);

/// fields(r, c) += unit · Σ_i level(r, i) integer(i, c), rounded once per 512 inputs. `fields` is rows × 32, on a cache
/// line.
void add_fields(const LevelPairs& levels, const std::int32_t* words, float unit, float* fields);

/// sums(r, c) += the integer nearest to Σ_i level(r, i) integer(i, c) / 255, to 6e-8 of the largest such sum; at most
/// 512 inputs. `sums` are 32 of `stride` columns, a multiple of 32, on a cache line.
void add_rounded(const LevelPairs& levels, const std::int32_t* words, std::int32_t* sums, std::size_t stride);

} // namespace blockspin::net
