#include "lookup_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lookup_kernels.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <blockspin/rng/ars-inl.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace blockspin::net::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Ints = hn::CappedTag<std::int32_t, tile_columns / 2>;
using Floats = hn::Rebind<float, Ints>;
#if HWY_TARGET != HWY_SCALAR
namespace ars = rng::HWY_NAMESPACE;
#endif

constexpr int group_inputs = 5, group_entries = 1 << group_inputs, block_groups = 8;
constexpr int block_inputs = block_groups * group_inputs;
static_assert(block_inputs % 8 == 0, "blocks start at whole bytes");

/// table[e] = Σ of the rows of values whose bit is 1 in e.
HWY_INLINE void tabulate(const std::array<const std::int32_t*, group_inputs>& values,
                         std::int32_t* HWY_RESTRICT table) {
    const Ints d;
    for (std::size_t c = 0; c < tile_columns; c += hn::Lanes(d)) {
        const auto v0 = hn::LoadU(d, values[0] + c), v1 = hn::LoadU(d, values[1] + c), v01 = hn::Add(v0, v1);
        const auto v2 = hn::LoadU(d, values[2] + c), v02 = hn::Add(v0, v2), v12 = hn::Add(v1, v2);
        const auto v012 = hn::Add(v01, v2), v3 = hn::LoadU(d, values[3] + c), v4 = hn::LoadU(d, values[4] + c);
        const auto store_eight = [&](int first, auto base) HWY_ATTR {
            std::int32_t* to = table + first * tile_columns + c;
            hn::Store(base, d, to);
            hn::Store(hn::Add(base, v0), d, to + 1 * tile_columns);
            hn::Store(hn::Add(base, v1), d, to + 2 * tile_columns);
            hn::Store(hn::Add(base, v01), d, to + 3 * tile_columns);
            hn::Store(hn::Add(base, v2), d, to + 4 * tile_columns);
            hn::Store(hn::Add(base, v02), d, to + 5 * tile_columns);
            hn::Store(hn::Add(base, v12), d, to + 6 * tile_columns);
            hn::Store(hn::Add(base, v012), d, to + 7 * tile_columns);
        };
        store_eight(0, hn::Zero(d));
        store_eight(8, v3);
        store_eight(16, v4);
        store_eight(24, hn::Add(v3, v4));
    }
}

/// Calls of_group(0), of_group(1), … for all groups; unrolled for whole blocks, whose count is a constant.
template <class Count, class Work> HWY_INLINE void for_each_group(Count groups, const Work& of_group) {
    if constexpr (std::is_same_v<Count, int>) {
        for (int group = 0; group < groups; ++group) of_group(group);
    } else {
        static_assert(Count() == 8);
        of_group(0), of_group(1), of_group(2), of_group(3), of_group(4), of_group(5), of_group(6), of_group(7);
    }
}

/// sums += the entries that the low bits of `bits` choose, one of each of the first `groups` tables. Four vectors of
/// columns at a time, or all two where vectors are that long.
template <class Count>
HWY_INLINE void add_entries(std::uint64_t bits, Count groups, const std::int32_t* HWY_RESTRICT table,
                            std::int32_t* HWY_RESTRICT sums) {
    const Ints d;
    const std::size_t lanes = hn::Lanes(d);
    const auto entry = [=](int group) HWY_ATTR {
        constexpr int entry_shift = 5; // of 2^5 = tile_columns
        static_assert(1 << entry_shift == tile_columns);
        const int shift = group * group_inputs - entry_shift;
        const std::uint64_t moved = shift >= 0 ? bits >> shift : bits << -shift;
        return table + group * group_entries * tile_columns + (moved & ((group_entries - 1) << entry_shift));
    };
    if (2 * lanes == tile_columns) {
        auto sum0 = hn::Load(d, sums), sum1 = hn::Load(d, sums + lanes);
        for_each_group(groups, [&](int group) HWY_ATTR {
            const std::int32_t* from = entry(group);
            sum0 = hn::Add(sum0, hn::Load(d, from));
            sum1 = hn::Add(sum1, hn::Load(d, from + lanes));
        });
        hn::Store(sum0, d, sums);
        hn::Store(sum1, d, sums + lanes);
        return;
    }
    for (std::size_t c = 0; c < tile_columns; c += 4 * lanes) {
        std::int32_t* to = sums + c;
        auto sum0 = hn::Load(d, to), sum1 = hn::Load(d, to + lanes);
        auto sum2 = hn::Load(d, to + 2 * lanes), sum3 = hn::Load(d, to + 3 * lanes);
        for_each_group(groups, [&](int group) HWY_ATTR {
            const std::int32_t* from = entry(group) + c;
            sum0 = hn::Add(sum0, hn::Load(d, from));
            sum1 = hn::Add(sum1, hn::Load(d, from + lanes));
            sum2 = hn::Add(sum2, hn::Load(d, from + 2 * lanes));
            sum3 = hn::Add(sum3, hn::Load(d, from + 3 * lanes));
        });
        hn::Store(sum0, d, to);
        hn::Store(sum1, d, to + lanes);
        hn::Store(sum2, d, to + 2 * lanes);
        hn::Store(sum3, d, to + 3 * lanes);
    }
}

/// Values that the next tables are made of, those of `count` inputs: fetched while entries are added to rows, those of
/// one input at each.
struct NextValues {
    const std::int32_t* first;
    std::size_t stride;
    int count;
};

/// Adds the entries of the first `groups` tables to every row; `bytes` are those of the tables' inputs in the first
/// row.
template <class Count>
HWY_INLINE void add_to_rows(const std::uint8_t* HWY_RESTRICT bytes, std::size_t row_bytes, int rows, Count groups,
                            const std::int32_t* HWY_RESTRICT table, const NextValues& next,
                            std::int32_t* HWY_RESTRICT sums, std::size_t sums_stride) {
    const std::int32_t* coming = next.first;
    const auto add = [&] HWY_ATTR {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes, sizeof(word));
        add_entries(word, groups, table, sums);
        bytes += row_bytes;
        sums += sums_stride;
    };
    const int fetching = std::min(next.count, rows);
    for (int row = 0; row < fetching; ++row, coming += next.stride) {
        hwy::Prefetch(coming);
        hwy::Prefetch(coming + tile_columns / 2);
        add();
    }
    for (int row = fetching; row < rows; ++row) add();
}

void sum_selected(const BitTile& bits, const std::int32_t* values, std::size_t stride, std::int32_t* sums,
                  std::size_t sums_stride) {
    HWY_ALIGN static constexpr std::int32_t no_values[tile_columns] = {};
    HWY_ALIGN std::int32_t table[block_groups * group_entries * tile_columns];
    const int inputs = bits.inputs, rows = bits.rows;
    for (int row = 0; row < rows; ++row)
        std::fill_n(sums + static_cast<std::size_t>(row) * sums_stride, tile_columns, 0);
    const std::size_t row_bytes = sizeof(std::uint64_t) * bits.row_words;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(bits.first_row);
    for (int first = 0; first < inputs; first += block_inputs) {
        const int groups = std::min(block_groups, (inputs - first + group_inputs - 1) / group_inputs);
        for (int group = 0; group < groups; ++group) {
            const int input = first + group * group_inputs;
            const auto row_of = [=](int i) HWY_ATTR {
                return input + i < inputs ? values + static_cast<std::size_t>(input + i) * stride : no_values;
            };
            tabulate({row_of(0), row_of(1), row_of(2), row_of(3), row_of(4)},
                     table + group * group_entries * tile_columns);
        }
        const int after = first + block_inputs, coming = std::clamp(inputs - after, 0, block_inputs);
        const NextValues next{values + (coming > 0 ? static_cast<std::size_t>(after) * stride : 0), stride, coming};
        if (groups == block_groups) {
            add_to_rows(bytes + first / 8, row_bytes, rows, std::integral_constant<int, block_groups>(), table, next,
                        sums, sums_stride);
        } else {
            add_to_rows(bytes + first / 8, row_bytes, rows, groups, table, next, sums, sums_stride);
        }
    }
}

/// 2^y: the same operations as exp2_bounded() in activation.hpp.
HWY_INLINE hn::VFromD<Floats> exp2_bounded(hn::VFromD<Floats> y) {
    const Floats d;
    const Ints integers;
    const auto number = [=](float x) HWY_ATTR { return hn::Set(d, x); };
    const auto bounded = hn::Min(hn::Max(y, number(-126.0F)), number(126.0F));
    const auto whole = hn::Sub(hn::ConvertTo(integers, hn::Add(bounded, number(126.5F))), hn::Set(integers, 126));
    const auto t = hn::Mul(hn::Sub(bounded, hn::ConvertTo(d, whole)), number(0.693147180559945F));
    auto series = hn::Add(number(1.0F / 720), hn::Mul(t, number(1.0F / 5040)));
    for (const float coefficient : {1.0F / 120, 1.0F / 24, 1.0F / 6, 0.5F, 1.0F, 1.0F}) {
        series = hn::Add(number(coefficient), hn::Mul(t, series));
    }
    const auto power = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(whole, hn::Set(integers, 127))));
    return hn::Mul(series, power);
}

HWY_INLINE hn::VFromD<Floats> one_over_one_plus_exp2(hn::VFromD<Floats> y) {
    const auto one = hn::Set(Floats(), 1.0F);
    return hn::Div(one, hn::Add(one, exp2_bounded(y)));
}

HWY_INLINE hn::VFromD<Floats> fields_at(const Activation& how, const std::int32_t* sums, std::size_t column) {
    const Ints integers;
    const auto sum = hn::ShiftLeftSame(hn::LoadU(integers, sums + column), how.doubling);
    const auto field = hn::ConvertTo(Floats(), hn::Sub(sum, hn::LoadU(integers, how.offset + column)));
    return hn::Mul(field, hn::Set(Floats(), how.unit));
}

HWY_INLINE hn::VFromD<Floats> fields_at(const Activation&, const float* fields, std::size_t column) {
    return hn::LoadU(Floats(), fields + column);
}

/// The random words of a tile, row by row: 8 blocks for 32 columns.
class RowWords {
  public:
    HWY_INLINE explicit RowWords(const DrawTile& draws)
#if HWY_TARGET == HWY_SCALAR
        : keys_(draws.key),
#else
        : keys_(ars::ArsKeys(draws.key)),
#endif
          low_(draws.first_counter[0] | std::uint64_t{draws.first_counter[1]} << 32),
          high_(draws.first_counter[2] | std::uint64_t{draws.first_counter[3]} << 32), row_blocks_(draws.row_blocks) {
    }
    template <int columns> HWY_INLINE void fill(int row, std::uint32_t* HWY_RESTRICT words) const {
        constexpr std::uint64_t blocks = columns / 4;
        const std::uint64_t low = low_ + row_blocks_ * static_cast<std::uint64_t>(row);
#if HWY_TARGET == HWY_SCALAR
        for (std::uint64_t block = 0; block < blocks; ++block) {
            const std::uint64_t at = low + block;
            const rng::Block random =
                rng::ars4x32<5>({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at >> 32),
                                 static_cast<std::uint32_t>(high_), static_cast<std::uint32_t>(high_ >> 32)},
                                keys_);
            std::copy(random.begin(), random.end(), words + 4 * block);
        }
#else
        const ars::Words d;
        const std::uint64_t per_vector = hn::Lanes(d) / 2;
        for (std::uint64_t block = 0; block < blocks; block += per_vector) {
            hn::StoreU(ars::ars5(ars::ars_counters(low + block, high_), keys_), d,
                       reinterpret_cast<std::uint64_t*>(words + 4 * block));
        }
#endif
    }

  private:
#if HWY_TARGET == HWY_SCALAR
    rng::Block keys_;
#else
    ars::ArsKeys keys_;
#endif
    std::uint64_t low_, high_, row_blocks_;
};

/// The bits of the columns whose random number, the upper 24 bits of a word, is below the probability times 2^24.
template <int columns>
HWY_INLINE std::uint32_t drawn_bits(const float* HWY_RESTRICT probabilities, const std::uint32_t* HWY_RESTRICT words) {
    const Floats d;
    const Ints integers;
    std::uint32_t drawn = 0;
    for (std::size_t c = 0; c < columns; c += hn::Lanes(d)) {
        const hn::RebindToUnsigned<Ints> unsigned_integers;
        const auto random = hn::BitCast(integers, hn::ShiftRight<8>(hn::Load(unsigned_integers, words + c)));
        const auto scaled = hn::Mul(hn::Load(d, probabilities + c), hn::Set(d, 0x1p24F));
        std::uint8_t bytes[8] = {};
        hn::StoreMaskBits(d, hn::Lt(hn::ConvertTo(d, random), scaled), bytes);
        std::uint32_t mask = 0;
        std::memcpy(&mask, bytes, sizeof(mask));
        drawn |= mask << c;
    }
    return drawn;
}

template <int columns>
HWY_INLINE void draw_row(const float* probabilities, const DrawTile& draws, const RowWords& random, int row) {
    HWY_ALIGN std::uint32_t words[columns];
    random.template fill<columns>(row, words);
    std::uint32_t bits = drawn_bits<columns>(probabilities, words);
    if (draws.units < columns) bits &= (std::uint32_t{1} << draws.units) - 1;
    std::memcpy(draws.first + draws.row_bytes * static_cast<std::size_t>(row), &bits, columns / 8);
}

template <int columns, class Field>
HWY_INLINE void activate_columns(const Activation& how, const Field* fields, std::size_t stride, int rows,
                                 const MeanTile& means, const DrawTile& draws) {
    const Floats d;
    const RowWords random(draws);
    HWY_ALIGN float probabilities[tile_columns];
    for (int row = 0; row < rows; ++row, fields += stride) {
        for (std::size_t c = 0; c < columns; c += hn::Lanes(d)) {
            const auto x = hn::Add(fields_at(how, fields, c), hn::LoadU(d, how.bias + c));
            hn::Store(one_over_one_plus_exp2(hn::Mul(x, hn::Set(d, -how.slope))), d, probabilities + c);
        }
        if (draws.first != nullptr) draw_row<columns>(probabilities, draws, random, row);
        if (means.first == nullptr) continue;
        const Ints integers;
        std::int32_t* to = means.first + means.stride * static_cast<std::size_t>(row);
        for (std::size_t c = 0; c < columns; c += hn::Lanes(d)) {
            const auto scaled = hn::Mul(hn::Load(d, probabilities + c), hn::Set(d, means.gain));
            const auto rounded = hn::ConvertTo(integers, hn::Add(scaled, hn::Set(d, 0.5F)));
            hn::StoreU(hn::Sub(rounded, hn::Set(integers, means.shift)), integers, to + c);
        }
    }
}

template <class Field>
void activate_tile(const Activation& how, const Field* fields, std::size_t stride, int rows, const MeanTile& means,
                   const DrawTile& draws) {
    if (how.columns <= half_columns) {
        activate_columns<half_columns>(how, fields, stride, rows, means, draws);
    } else {
        activate_columns<tile_columns>(how, fields, stride, rows, means, draws);
    }
}

/// 16 numbers, each of two columns of a tile, combined to four: by the same tree for vectors of any length.
template <class Combine>
HWY_INLINE void fold_to_four(const float* HWY_RESTRICT numbers, const Combine& combine, float* HWY_RESTRICT four) {
#if HWY_TARGET == HWY_SCALAR
    const hn::CappedTag<float, 1> d;
#else
    const hn::FixedTag<float, 4> d;
#endif
    for (std::size_t c = 0; c < 4; c += hn::Lanes(d)) {
        const float* from = numbers + c;
        const auto left = combine(hn::Load(d, from), hn::Load(d, from + 8));
        const auto right = combine(hn::Load(d, from + 4), hn::Load(d, from + 12));
        hn::Store(combine(left, right), d, four + c);
    }
}

void anneal(const Activation& how, const std::int32_t* sums, std::size_t stride, int rows, const AnnealTile& annealing,
            const DrawTile& draws) {
    const Floats d;
    constexpr std::size_t half = half_columns;
    const auto one = hn::Set(d, 1.0F);
    const auto from = hn::Set(d, -2.88539008177793F * annealing.from),
               to = hn::Set(d, -2.88539008177793F * annealing.to);
    const RowWords random(draws);
    HWY_ALIGN float probabilities[tile_columns], moduli[half], above[half], below[half], four[8];
    for (int row = 0; row < rows; ++row, sums += stride) {
        const auto evaluate = [&](std::size_t c, auto& modulus, auto& more, auto& less) HWY_ATTR {
            const auto x = hn::Add(fields_at(how, sums, c), hn::LoadU(d, how.bias + c));
            modulus = hn::Abs(x);
            const auto power = exp2_bounded(hn::Mul(to, modulus));
            more = hn::Add(one, power);
            less = hn::Add(one, exp2_bounded(hn::Mul(from, modulus)));
            const auto rest = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), power, one);
            hn::Store(hn::Div(rest, more), d, probabilities + c);
        };
        for (std::size_t c = 0; c < half; c += hn::Lanes(d)) {
            hn::VFromD<Floats> modulus0, modulus1, more0, more1, less0, less1;
            evaluate(c, modulus0, more0, less0);
            evaluate(c + half, modulus1, more1, less1);
            hn::Store(hn::Add(modulus0, modulus1), d, moduli + c);
            hn::Store(hn::Mul(more0, more1), d, above + c);
            hn::Store(hn::Mul(less0, less1), d, below + c);
        }
        draw_row<tile_columns>(probabilities, draws, random, row);
        float* result = annealing.first + annealing.stride * static_cast<std::size_t>(row);
        const auto add = [](auto a, auto b) HWY_ATTR { return hn::Add(a, b); };
        const auto multiply = [](auto a, auto b) HWY_ATTR { return hn::Mul(a, b); };
        fold_to_four(moduli, add, four);
        std::copy_n(four, 4, result);
        fold_to_four(above, multiply, four);
        fold_to_four(below, multiply, four + 4);
        for (int i = 0; i < 4; ++i) result[4 + i] = four[i] / four[4 + i];
    }
}

float sum_of_chosen(const std::uint64_t* bits, const float* values, int count) {
    const Floats d;
    HWY_ALIGN float sums[tile_columns] = {};
    for (std::size_t c = 0; c < tile_columns; c += hn::Lanes(d)) {
        auto sum = hn::Zero(d);
        for (int first = 0; first < count; first += tile_columns) {
            const std::uint64_t chosen = bits[first / 64] >> (static_cast<std::size_t>(first % 64) + c);
            std::uint8_t mask[8] = {};
            std::memcpy(mask, &chosen, sizeof(mask));
            sum = hn::Add(sum, hn::IfThenElseZero(hn::LoadMaskBits(d, mask),
                                                  hn::LoadU(d, values + static_cast<std::size_t>(first) + c)));
        }
        hn::Store(sum, d, sums + c);
    }
    for (std::size_t c = 0; c < tile_columns / 2; c += hn::Lanes(d)) {
        hn::Store(hn::Add(hn::Load(d, sums + c), hn::Load(d, sums + c + tile_columns / 2)), d, sums + c);
    }
    HWY_ALIGN float four[4];
    fold_to_four(
        sums, [](auto a, auto b) HWY_ATTR { return hn::Add(a, b); }, four);
    return (four[0] + four[1]) + (four[2] + four[3]);
}

bool runs_on_avx512() { return HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86; }

float largest_modulus(const float* values, std::size_t count) {
    const hn::ScalableTag<float> d;
    const std::size_t lanes = hn::Lanes(d);
    auto largest = hn::Zero(d);
    std::size_t i = 0;
    for (; i + lanes <= count; i += lanes) largest = hn::Max(largest, hn::Abs(hn::LoadU(d, values + i)));
    float result = hn::GetLane(hn::MaxOfLanes(d, largest));
    for (; i < count; ++i) result = std::max(result, std::abs(values[i]));
    return result;
}

std::int64_t add_weighted(const std::int32_t* HWY_RESTRICT sums, const std::int32_t* HWY_RESTRICT less,
                          const std::int64_t* HWY_RESTRICT weights, std::int64_t factor, int count,
                          std::int64_t* HWY_RESTRICT to) {
    std::int64_t result = 0;
#if HWY_TARGET == HWY_SCALAR
    for (int j = 0; j < count; ++j) {
        const std::int64_t x = 2 * sums[j] - less[j];
        result += x * weights[j];
        to[j] += x * factor;
    }
#else
    const hn::CappedTag<std::int64_t, 8> d;
    const hn::Repartition<std::int32_t, decltype(d)> halves; // the lower ones are what is multiplied
    const hn::Rebind<std::int32_t, decltype(d)> narrow;
    const int lanes = static_cast<int>(hn::Lanes(d));
    const auto by = hn::BitCast(halves, hn::Set(d, factor));
    auto all = hn::Zero(d);
    for (int j = 0; j < count; j += lanes) {
        const auto sum = hn::LoadU(narrow, sums + j);
        const auto x = hn::Sub(hn::Add(sum, sum), hn::LoadU(narrow, less + j));
        const auto wide = hn::BitCast(halves, hn::PromoteTo(d, x));
        all = hn::Add(all, hn::MulEven(wide, hn::BitCast(halves, hn::LoadU(d, weights + j))));
        hn::StoreU(hn::Add(hn::LoadU(d, to + j), hn::MulEven(wide, by)), d, to + j);
    }
    result = hn::GetLane(hn::SumOfLanes(d, all));
#endif
    return result;
}

void scale_sums(const std::int32_t* HWY_RESTRICT sums, const std::int32_t* HWY_RESTRICT less, float unit, int count,
                float* HWY_RESTRICT to) {
    const Floats d;
    const int lanes = static_cast<int>(hn::Lanes(d));
    int j = 0;
    for (; j + lanes <= count; j += lanes) {
        const auto sum = hn::LoadU(Ints(), sums + j);
        const auto x = hn::ConvertTo(d, hn::Sub(hn::Add(sum, sum), hn::LoadU(Ints(), less + j)));
        hn::StoreU(hn::Mul(x, hn::Set(d, unit)), d, to + j);
    }
    for (; j < count; ++j) to[j] = static_cast<float>(2 * sums[j] - less[j]) * unit;
}

HWY_INLINE void round_row(const float* HWY_RESTRICT values, int count, float scale,
                          std::int32_t* HWY_RESTRICT integers) {
    const Floats d;
    const int lanes = static_cast<int>(hn::Lanes(d));
    const auto largest = hn::Set(d, 0x1p30F), smallest = hn::Set(d, -0x1p30F), half = hn::Set(d, 0.5F);
    int i = 0;
    for (; i + lanes <= count; i += lanes) {
        const auto scaled = hn::Mul(hn::LoadU(d, values + i), hn::Set(d, scale));
        const auto bounded = hn::Max(smallest, hn::Min(scaled, largest));
        hn::StoreU(hn::ConvertTo(Ints(), hn::Add(bounded, hn::CopySign(half, bounded))), Ints(), integers + i);
    }
    for (; i < count; ++i) {
        const float scaled = std::max(-0x1p30F, std::min(values[i] * scale, 0x1p30F)); // also of a NaN
        integers[i] = static_cast<std::int32_t>(scaled + std::copysign(0.5F, scaled));
    }
}

/// Four rows of four become four columns.
HWY_INLINE void transpose_square(const std::int32_t* HWY_RESTRICT from, std::size_t stride,
                                 std::int32_t* HWY_RESTRICT to, std::size_t to_stride) {
#if HWY_TARGET == HWY_SCALAR
    for (std::size_t i = 0; i < 4; ++i)
        for (std::size_t j = 0; j < 4; ++j) to[j * to_stride + i] = from[i * stride + j];
#else
    const hn::FixedTag<std::int32_t, 4> d;
    const auto row0 = hn::LoadU(d, from), row1 = hn::LoadU(d, from + stride);
    const auto row2 = hn::LoadU(d, from + 2 * stride), row3 = hn::LoadU(d, from + 3 * stride);
    const auto even_left = hn::InterleaveLower(d, row0, row2), odd_left = hn::InterleaveLower(d, row1, row3);
    const auto even_right = hn::InterleaveUpper(d, row0, row2), odd_right = hn::InterleaveUpper(d, row1, row3);
    hn::StoreU(hn::InterleaveLower(d, even_left, odd_left), d, to);
    hn::StoreU(hn::InterleaveUpper(d, even_left, odd_left), d, to + to_stride);
    hn::StoreU(hn::InterleaveLower(d, even_right, odd_right), d, to + 2 * to_stride);
    hn::StoreU(hn::InterleaveUpper(d, even_right, odd_right), d, to + 3 * to_stride);
#endif
}

void round(const FloatBlock& block, float scale, const IntBlock& rounded, const IntBlock& transposed) {
    const std::size_t stride = rounded.stride, to_stride = transposed.stride;
    for (int i = 0; i < block.rows; ++i) {
        const auto row = static_cast<std::size_t>(i);
        round_row(block.first + row * block.stride, block.cols, scale, rounded.first + row * stride);
    }
    if (transposed.first == nullptr) return;
    for (int top = 0; top < block.rows; top += 4) {
        for (int left = 0; left < block.cols; left += 4) {
            const std::int32_t* from = rounded.first + static_cast<std::size_t>(top) * stride + left;
            std::int32_t* to = transposed.first + static_cast<std::size_t>(left) * to_stride + top;
            if (top + 4 <= block.rows && left + 4 <= block.cols) {
                transpose_square(from, stride, to, to_stride);
                continue;
            }
            for (int i = 0; i < std::min(4, block.rows - top); ++i) {
                for (int j = 0; j < std::min(4, block.cols - left); ++j) to[j * to_stride + i] = from[i * stride + j];
            }
        }
    }
}

void activate_sums(const Activation& how, const std::int32_t* sums, std::size_t stride, int rows, const MeanTile& means,
                   const DrawTile& draws) {
    activate_tile(how, sums, stride, rows, means, draws);
}

void activate_fields(const Activation& how, const float* fields, std::size_t stride, int rows, const MeanTile& means,
                     const DrawTile& draws) {
    activate_tile(how, fields, stride, rows, means, draws);
}

} // namespace blockspin::net::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <blockspin/linalg/matrix.hpp>

#include "amx_sums.hpp"

namespace blockspin::net {

HWY_EXPORT(sum_selected);
HWY_EXPORT(activate_sums);
HWY_EXPORT(activate_fields);
HWY_EXPORT(anneal);
HWY_EXPORT(sum_of_chosen);
HWY_EXPORT(largest_modulus);
HWY_EXPORT(add_weighted);
HWY_EXPORT(scale_sums);
HWY_EXPORT(round);
HWY_EXPORT(runs_on_avx512);

void sum_selected(const BitTile& bits, const std::int32_t* values, std::size_t stride, std::int32_t* sums,
                  std::size_t sums_stride, int columns) {
    if (pays_as_bytes(bits.rows, bits.inputs)) {
        static thread_local linalg::Matrix<std::uint8_t> bytes;
        const auto size = static_cast<int>(bytes_of_tile(bits.inputs));
        if (bytes.cols() < size) bytes = linalg::Matrix<std::uint8_t>(1, size);
        if (cut_to_bytes(values, stride, {0, bits.inputs, bits.inputs}, bytes.data(), columns)) {
            sum_selected_bytes(bits, bytes.data(), sums, sums_stride, columns);
            return;
        }
    }
    HWY_DYNAMIC_DISPATCH(sum_selected)(bits, values, stride, sums, sums_stride);
}

void activate(const Activation& how, const std::int32_t* sums, std::size_t stride, int rows, const MeanTile& means,
              const DrawTile& draws) {
    HWY_DYNAMIC_DISPATCH(activate_sums)(how, sums, stride, rows, means, draws);
}

void activate(const Activation& how, const float* fields, std::size_t stride, int rows, const MeanTile& means,
              const DrawTile& draws) {
    HWY_DYNAMIC_DISPATCH(activate_fields)(how, fields, stride, rows, means, draws);
}

void anneal(const Activation& how, const std::int32_t* sums, std::size_t stride, int rows, const AnnealTile& annealing,
            const DrawTile& draws) {
    HWY_DYNAMIC_DISPATCH(anneal)(how, sums, stride, rows, annealing, draws);
}

float sum_of_chosen(const std::uint64_t* bits, const float* values, int count) {
    return HWY_DYNAMIC_DISPATCH(sum_of_chosen)(bits, values, count);
}

bool runs_on_avx512() { return HWY_DYNAMIC_DISPATCH(runs_on_avx512)(); }

float largest_modulus(std::span<const float> values) {
    return HWY_DYNAMIC_DISPATCH(largest_modulus)(values.data(), values.size());
}

std::int64_t add_weighted(const std::int32_t* sums, const std::int32_t* less, const std::int64_t* weights,
                          std::int64_t factor, int count, std::int64_t* to) {
    return HWY_DYNAMIC_DISPATCH(add_weighted)(sums, less, weights, factor, count, to);
}

void scale_sums(const std::int32_t* sums, const std::int32_t* less, float unit, int count, float* to) {
    HWY_DYNAMIC_DISPATCH(scale_sums)(sums, less, unit, count, to);
}

void round(const FloatBlock& block, float scale, const IntBlock& rounded, const IntBlock& transposed) {
    HWY_DYNAMIC_DISPATCH(round)(block, scale, rounded, transposed);
}

} // namespace blockspin::net
#endif
