#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <blockspin/rng/address.hpp>

namespace blockspin::net {

// The two inner loops of networks of binary units, for the best instruction set of the processor. Both work on a tile:
// some rows, and 32 columns of them. They do integer arithmetic and single operations of IEEE 754 (no fused ones), so
// their bits are the same on every instruction set.

inline constexpr int tile_columns = 32;

/// So many columns, filled up to whole tiles.
constexpr int whole_tiles(int columns) { return (columns + tile_columns - 1) / tile_columns * tile_columns; }

/// Tiles of which only the first half matters are worked on by halves where that saves time.
inline constexpr int half_columns = tile_columns / 2;

/// Rows of a BitRows.
struct BitTile {
    const std::uint64_t* first_row;
    std::size_t row_words;
    int rows;
    int inputs; ///< bits of each row
};

/// sums(r, c) = Σ_i values(i, c) over the inputs i that are 1 in row r; modulo 2^32. `values` is the first of 32
/// columns of a matrix with `stride` columns; `sums` of one with `sums_stride` columns, a multiple of 32, on a cache
/// line. Of `columns` columns, the first ones; what stands in the others is unspecified.
///
/// By the method of four Russians (Arlazarov, Dinic, Kronrod, Faradžev, Sov. Math. Dokl. 11 (1970) 1209): the sums of
/// every subset of 5 inputs are tabulated, 8 such tables (32 KB) at a time; a row then needs one addition per 5 inputs.
/// Where the processor has AMX and that is faster, by products of bytes (amx_sums.hpp).
void sum_selected(const BitTile& bits, const std::int32_t* values, std::size_t stride, std::int32_t* sums,
                  std::size_t sums_stride = tile_columns, int columns = tile_columns);

/// How sums become probabilities: x = unit · (sum · 2^doubling − offset) + bias, p = 1 / (1 + 2^{−slope x}).
struct Activation {
    const std::int32_t* offset; ///< of each column
    const float* bias;          ///< of each column
    int doubling;
    float unit;
    float slope;
    int columns = tile_columns; ///< that matter; others may be left out
};

/// Where the means of a tile go: ⌊gain p + ½⌋ − shift.
struct MeanTile {
    std::int32_t* first; ///< nullptr: nobody needs them
    std::size_t stride;
    float gain;
    std::int32_t shift;
};

/// Where the drawn units of a tile go: 1 with probability p. Column c of row r takes word c mod 4 of the block at
/// counter first_counter + r · row_blocks + ⌊c/4⌋.
struct DrawTile {
    std::uint8_t* first; ///< the four bytes of the first row that hold the tile's columns; nullptr: nobody needs them
    std::size_t row_bytes;
    int units; ///< those beyond so many are not drawn: 0, or as they were where they are a whole half of the tile
    rng::Block key;
    rng::Block first_counter;
    std::uint64_t row_blocks;
};

/// Where the change of a tile's free energy on the way from one inverse temperature to another goes, eight numbers per
/// row: four sums of |x| and four products of (1 + e^{−2 to |x|}) / (1 + e^{−2 from |x|}), each over 8 of its columns,
/// x being the field at temperature 1.
struct AnnealTile {
    float* first; ///< nullptr: nobody needs them
    std::size_t stride;
    float from, to;
};

/// What becomes of the sums, or of fields x without bias in single precision (offset, doubling and unit do not matter
/// then), of `rows` × 32 columns, `stride` apart.
void activate(const Activation& how, const std::int32_t* sums, std::size_t stride, int rows, const MeanTile& means,
              const DrawTile& draws);
void activate(const Activation& how, const float* fields, std::size_t stride, int rows, const MeanTile& means,
              const DrawTile& draws);
/// The same for annealed units, drawn with p = 1 / (1 + e^{−2 to x}), whatever the slope.
void anneal(const Activation& how, const std::int32_t* sums, std::size_t stride, int rows, const AnnealTile& annealing,
            const DrawTile& draws);

/// Σ of the values whose bit is 1, to 1e-6 of the sum of their moduli; `count` is a multiple of 32.
float sum_of_chosen(const std::uint64_t* bits, const float* values, int count);

/// max |x|, 0 for none.
float largest_modulus(std::span<const float> values);

/// Of x_j = 2 sums_j − less_j, 0 ≤ j < count, a multiple of 8: Σ_j x_j weights_j, and to_j += x_j factor. The factors
/// are below 2^31.
std::int64_t add_weighted(const std::int32_t* sums, const std::int32_t* less, const std::int64_t* weights,
                          std::int64_t factor, int count, std::int64_t* to);

/// to_j = (2 sums_j − less_j) unit, 0 ≤ j < count.
void scale_sums(const std::int32_t* sums, const std::int32_t* less, float unit, int count, float* to);

/// Are these the loops for AVX-512?
bool runs_on_avx512();

/// A block of a row-major matrix with `stride` columns.
struct FloatBlock {
    const float* first;
    std::size_t stride;
    int rows, cols;
};
struct IntBlock {
    std::int32_t* first;
    std::size_t stride;
};

/// The integers nearest to scale · x, halves away from 0, at most 2^30, in place and, unless nullptr, transposed.
void round(const FloatBlock& block, float scale, const IntBlock& rounded, const IntBlock& transposed);

} // namespace blockspin::net
