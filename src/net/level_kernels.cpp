#include "level_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "level_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "lookup_kernels.hpp"

#include <algorithm>

HWY_BEFORE_NAMESPACE();
// All processors of this target have the instruction, but Highway does not tell the compiler.
#if HWY_TARGET == HWY_AVX3_DL && HWY_COMPILER_GCC_ACTUAL
#pragma GCC target("avx512vnni")
#define BLOCKSPIN_HAS_VNNI 1
#else
#define BLOCKSPIN_HAS_VNNI 0
#endif
namespace blockspin::net::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Ints = hn::CappedTag<std::int32_t, tile_columns / 2>;
using Floats = hn::Rebind<float, Ints>;
using IntVector = hn::VFromD<Ints>;

constexpr int low_bits = integer_bits - 10;
/// As many as fit beside each other in the first level of the cache twice over.
constexpr int block_pairs = 256;
/// Rows whose sums are in registers together, with two vectors of columns.
constexpr int block_rows = HWY_TARGET <= HWY_AVX3 ? 6 : 2;

/// sum + the two products of the halves of a and b.
HWY_INLINE IntVector add_products(IntVector sum, IntVector a, IntVector b) {
    const Ints d;
#if BLOCKSPIN_HAS_VNNI
    return IntVector{_mm512_dpwssd_epi32(sum.raw, a.raw, b.raw)};
#elif HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR
    const hn::Repartition<std::int16_t, Ints> halves;
    auto unused = hn::Zero(d);
    return hn::ReorderWidenMulAccumulate(d, hn::BitCast(halves, a), hn::BitCast(halves, b), sum, unused);
#else
    const auto lower = [&](auto v) HWY_ATTR { return hn::ShiftRight<16>(hn::ShiftLeft<16>(v)); };
    const auto upper = [&](auto v) HWY_ATTR { return hn::ShiftRight<16>(v); };
    return hn::Add(sum, hn::Add(hn::Mul(lower(a), lower(b)), hn::Mul(upper(a), upper(b))));
#endif
}

void split_pairs(const std::int32_t* values, std::size_t stride, int inputs, int shift, std::int32_t* words) {
    const Ints d;
    HWY_ALIGN static constexpr std::int32_t no_values[tile_columns] = {};
    const auto rounding = hn::Set(d, shift > 0 ? 1 << (shift - 1) : 0);
    const auto half = hn::Set(d, 1 << (low_bits - 1)), lower = hn::Set(d, 0xFFFF);
    for (int input = 0; input < inputs; input += 2, values += 2 * stride, words += words_of_pair) {
        const std::int32_t* second = input + 1 < inputs ? values + stride : no_values;
        for (std::size_t c = 0; c < tile_columns; c += hn::Lanes(d)) {
            const auto v0 = hn::ShiftRightSame(hn::Add(hn::LoadU(d, values + c), rounding), shift);
            const auto v1 = hn::ShiftRightSame(hn::Add(hn::LoadU(d, second + c), rounding), shift);
            const auto high0 = hn::ShiftRight<low_bits>(hn::Add(v0, half));
            const auto high1 = hn::ShiftRight<low_bits>(hn::Add(v1, half));
            const auto low0 = hn::Sub(v0, hn::ShiftLeft<low_bits>(high0));
            const auto low1 = hn::Sub(v1, hn::ShiftLeft<low_bits>(high1));
            hn::StoreU(hn::Or(hn::And(high0, lower), hn::ShiftLeft<16>(high1)), d, words + c);
            hn::StoreU(hn::Or(hn::And(low0, lower), hn::ShiftLeft<16>(low1)), d, words + tile_columns + c);
        }
    }
}

/// Sums of so many rows and two vectors of columns, from column c on, given to finish(row, column, upper, lower).
template <int Rows, class Finish>
HWY_INLINE void sum_block(const std::int32_t* HWY_RESTRICT levels, std::size_t row_stride, std::size_t pair_stride,
                          int pairs, const std::int32_t* HWY_RESTRICT words, std::size_t c, const Finish& finish) {
    const Ints d;
    const std::size_t lanes = hn::Lanes(d);
    IntVector high[Rows][2], low[Rows][2];
    for (int r = 0; r < Rows; ++r) high[r][0] = high[r][1] = low[r][0] = low[r][1] = hn::Zero(d);
    for (int pair = 0; pair < pairs; ++pair, levels += pair_stride, words += words_of_pair) {
        const auto high0 = hn::Load(d, words + c), high1 = hn::Load(d, words + c + lanes);
        const auto low0 = hn::Load(d, words + tile_columns + c), low1 = hn::Load(d, words + tile_columns + c + lanes);
        HWY_UNROLL(6)
        for (int r = 0; r < Rows; ++r) {
            const auto level = hn::Set(d, levels[static_cast<std::size_t>(r) * row_stride]);
            high[r][0] = add_products(high[r][0], level, high0);
            high[r][1] = add_products(high[r][1], level, high1);
            low[r][0] = add_products(low[r][0], level, low0);
            low[r][1] = add_products(low[r][1], level, low1);
        }
    }
    for (int r = 0; r < Rows; ++r) {
        finish(r, c, high[r][0], low[r][0]);
        finish(r, c + lanes, high[r][1], low[r][1]);
    }
}

/// finish(row, column, upper, lower) for the sums over one block of pairs.
template <class Finish>
HWY_INLINE void sum_rows(const LevelPairs& levels, const std::int32_t* words, const Finish& finish) {
    const std::size_t two_vectors = 2 * hn::Lanes(Ints());
    for (std::size_t c = 0; c < tile_columns; c += two_vectors) {
        int row = 0;
        const auto from = [&](int r, std::size_t column, auto high, auto low)
                              HWY_ATTR { finish(row + r, column, high, low); };
        for (; row + block_rows <= levels.rows; row += block_rows) {
            sum_block<block_rows>(levels.first + static_cast<std::size_t>(row) * levels.row_stride, levels.row_stride,
                                  levels.pair_stride, levels.pairs, words, c, from);
        }
        for (; row < levels.rows; ++row) {
            sum_block<1>(levels.first + static_cast<std::size_t>(row) * levels.row_stride, levels.row_stride,
                         levels.pair_stride, levels.pairs, words, c, from);
        }
    }
}

void add_fields(const LevelPairs& levels, const std::int32_t* words, float unit, float* fields) {
    const Floats d;
    const auto of_high = hn::Set(d, unit * (1 << low_bits)), of_low = hn::Set(d, unit);
    LevelPairs block = levels;
    for (int pair = 0; pair < levels.pairs; pair += block_pairs) {
        block.pairs = std::min(block_pairs, levels.pairs - pair);
        sum_rows(block, words, [&](int row, std::size_t column, auto high, auto low) HWY_ATTR {
            float* to = fields + static_cast<std::size_t>(row) * tile_columns + column;
            const auto sum = hn::Add(hn::Mul(hn::ConvertTo(d, high), of_high), hn::Mul(hn::ConvertTo(d, low), of_low));
            hn::Store(hn::Add(hn::Load(d, to), sum), d, to);
        });
        block.first += static_cast<std::size_t>(block_pairs) * levels.pair_stride;
        words += block_pairs * words_of_pair;
    }
}

void add_rounded(const LevelPairs& levels, const std::int32_t* words, std::int32_t* sums, std::size_t stride) {
    const Floats d;
    const Ints integers;
    const auto of_high = hn::Set(d, static_cast<float>(1 << low_bits) / 255.0F), of_low = hn::Set(d, 1.0F / 255.0F);
    const auto half = hn::Set(d, 0.5F);
    sum_rows(levels, words, [&](int row, std::size_t column, auto high, auto low) HWY_ATTR {
        std::int32_t* to = sums + static_cast<std::size_t>(row) * stride + column;
        const auto sum = hn::Add(hn::Mul(hn::ConvertTo(d, high), of_high), hn::Mul(hn::ConvertTo(d, low), of_low));
        const auto rounded = hn::ConvertTo(integers, hn::Add(sum, hn::CopySign(half, sum)));
        hn::Store(hn::Add(hn::Load(integers, to), rounded), integers, to);
    });
}

} // namespace blockspin::net::HWY_NAMESPACE
#undef BLOCKSPIN_HAS_VNNI
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace blockspin::net {

HWY_EXPORT(split_pairs);
HWY_EXPORT(add_fields);
HWY_EXPORT(add_rounded);

void split_pairs(const std::int32_t* values, std::size_t stride, int inputs, int shift, std::int32_t* words) {
    HWY_DYNAMIC_DISPATCH(split_pairs)(values, stride, inputs, shift, words);
}

void add_fields(const LevelPairs& levels, const std::int32_t* words, float unit, float* fields) {
    HWY_DYNAMIC_DISPATCH(add_fields)(levels, words, unit, fields);
}

void add_rounded(const LevelPairs& levels, const std::int32_t* words, std::int32_t* sums, std::size_t stride) {
    HWY_DYNAMIC_DISPATCH(add_rounded)(levels, words, sums, stride);
}

} // namespace blockspin::net
#endif
