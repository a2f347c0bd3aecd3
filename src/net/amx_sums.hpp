#pragma once

#include <cstddef>
#include <cstdint>

#include "lookup_kernels.hpp"

namespace blockspin::net {

// sum_selected() by Intel's Advanced Matrix Extensions (Intel 64 and IA-32 Architectures Software Developer's Manual,
// volume 1, chapter 18): 16384 products of bytes per instruction. Integers are cut into three bytes, whose sums over
// inputs are exact and are put together at the end: the same sums as from tables, bit by bit.

/// Does this process have the instructions? Asks the operating system for the tile registers at the first call. No, if
/// Highway's targets are limited to lesser ones.
bool has_amx();

/// Integers that cut_to_bytes() takes are below this in modulus.
inline constexpr float end_of_bytes = 0x1p23F;

/// Are sums for so many rows and inputs faster with bytes than with tables?
inline constexpr int fewest_rows_as_bytes = 16, fewest_inputs_as_bytes = 64;
inline bool pays_as_bytes(int rows, int inputs) {
    return rows >= fewest_rows_as_bytes && inputs >= fewest_inputs_as_bytes && has_amx();
}

/// Bytes that cut_to_bytes() writes for a tile of 32 columns.
constexpr std::size_t bytes_of_tile(int inputs) { return static_cast<std::size_t>(inputs + 63) / 64 * 6 * 1024; }

/// The three bytes of each of the values of the inputs from `first` on, `count` × 32 of them, `stride` apart from input
/// to input, in the order of sum_selected_bytes(); `first` is a multiple of 4, and so is `count` but at the end of the
/// inputs. `bytes`, those of all inputs, start on a cache line. False if a value is not within ±2^23. Only with
/// has_amx(). Of `columns` columns, the first ones.
struct InputRange {
    int first, count, inputs;
};
bool cut_to_bytes(const std::int32_t* values, std::size_t stride, const InputRange& range, std::uint8_t* bytes,
                  int columns = tile_columns);

/// sum_selected() of values that were so cut. Only with has_amx().
void sum_selected_bytes(const BitTile& bits, const std::uint8_t* bytes, std::int32_t* sums,
                        std::size_t sums_stride = tile_columns, int columns = tile_columns);

} // namespace blockspin::net
