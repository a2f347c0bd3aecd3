#include "packed_sums.hpp"

#include <blockspin/core/check.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "packed_sums.cpp"
// As in packed_kernel.cpp, whose vectors these are.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "packed_neighbours-inl.hpp"

#include <algorithm>
#include <bit>

HWY_BEFORE_NAMESPACE();
namespace blockspin::sampling::HWY_NAMESPACE {

const std::size_t lanes = hn::MaxLanes(Words());

/// Words from `at` on; zero beyond the end.
HWY_INLINE V load(Stretch words, std::size_t at) {
    if (at + lanes <= words.size()) return hn::LoadU(Words(), words.data() + at);
    std::array<Word, hn::MaxLanes(Words())> rest{};
    std::copy(words.begin() + static_cast<std::ptrdiff_t>(std::min(at, words.size())), words.end(), rest.begin());
    return hn::LoadU(Words(), rest.data());
}

HWY_INLINE std::int64_t sum_of_lanes(V v) { return static_cast<std::int64_t>(hn::GetLane(hn::SumOfLanes(Words(), v))); }

std::int64_t count_all(Stretch words) {
    V sum = zero();
    for (std::size_t at = 0; at < words.size(); at += lanes) {
        sum = hn::Add(sum, hn::PopulationCount(load(words, at)));
    }
    return sum_of_lanes(sum);
}

void add_counts(Stretch words, std::int64_t* counts) {
    std::array<Word, hn::MaxLanes(Words())> here;
    for (std::size_t at = 0; at < words.size(); at += lanes) {
        hn::StoreU(hn::PopulationCount(load(words, at)), Words(), here.data());
        const std::size_t end = std::min(lanes, words.size() - at);
        for (std::size_t i = 0; i < end; ++i) counts[at + i] += static_cast<std::int64_t>(here[i]);
    }
}

/// How often each bit of a vector was set, as binary numbers: digit k of all of them in one vector.
class PositionCounter {
  public:
    explicit PositionCounter(std::int64_t* counts) : counts_(counts) { std::ranges::fill(digits_, zero()); }

    HWY_INLINE void add(V a, V b) {
        const Sum ones(digits_[0], a, b);
        digits_[0] = ones.low;
        V carry = ones.high;
        for (std::size_t k = 1; k < digits_.size(); ++k) {
            const V next = hn::And(digits_[k], carry);
            digits_[k] = hn::Xor(digits_[k], carry);
            carry = next;
        }
        if (++pairs_ == most_pairs) flush();
    }

    void flush() {
        std::array<Word, hn::MaxLanes(Words())> words;
        for (std::size_t k = 0; k < digits_.size(); ++k) {
            hn::StoreU(digits_[k], Words(), words.data());
            digits_[k] = zero();
            for (const Word word : words) {
                for (std::size_t bit = 0; bit < 64; ++bit) {
                    counts_[bit] += static_cast<std::int64_t>((word >> bit & 1) << k);
                }
            }
        }
        pairs_ = 0;
    }

  private:
    static constexpr int most_pairs = 2047; ///< whose numbers have twelve digits
    std::array<V, 12> digits_;
    int pairs_ = 0;
    std::int64_t* counts_;
};

void add_by_position(std::span<const Stretch> stretches, std::int64_t* counts) {
    PositionCounter counter(counts);
    for (const Stretch words : stretches) {
        for (std::size_t at = 0; at < words.size(); at += 2 * lanes) {
            counter.add(load(words, at), load(words, at + lanes));
        }
    }
    counter.flush();
}

template <int neighbours>
std::int64_t unlike_of(const Word* spins, const PackedNeighbours& near, Word valid, std::int32_t first,
                       std::int32_t last) {
    const Words words;
    V sum = zero();
    for (std::int32_t at = first; at < last; at += static_cast<std::int32_t>(lanes)) {
        const V here = hn::LoadU(words, spins + at);
        const V bits = hn::IfThenElseZero(hn::FirstN(words, static_cast<std::size_t>(last - at)), all(valid));
        std::array<V, neighbours> x = load_neighbours<neighbours>(near, at);
        for (V& each : x) each = hn::And(hn::Xor(each, here), bits);
        const std::array<V, 4> digits = count<neighbours>(x);
        V numbers = hn::PopulationCount(digits[0]);
        numbers = hn::Add(numbers, hn::ShiftLeft<1>(hn::PopulationCount(digits[1])));
        if constexpr (neighbours > 3) numbers = hn::Add(numbers, hn::ShiftLeft<2>(hn::PopulationCount(digits[2])));
        if constexpr (neighbours == 8) numbers = hn::Add(numbers, hn::ShiftLeft<3>(hn::PopulationCount(digits[3])));
        sum = hn::Add(sum, numbers);
    }
    return sum_of_lanes(sum);
}

std::int64_t unlike(const Word* spins, const PackedNeighbours& near, int neighbours, Word valid, std::int32_t first,
                    std::int32_t last) {
    switch (neighbours) {
    case 3:
        return unlike_of<3>(spins, near, valid, first, last);
    case 4:
        return unlike_of<4>(spins, near, valid, first, last);
    case 6:
        return unlike_of<6>(spins, near, valid, first, last);
    default:
        return unlike_of<8>(spins, near, valid, first, last);
    }
}

/// Ones for the sites of a row whose words begin with word `at`.
HWY_INLINE V sites_from(std::int64_t at, std::int32_t length) {
    std::array<Word, hn::MaxLanes(Words())> masks{};
    for (std::size_t i = 0; i < lanes; ++i) {
        const std::int64_t bits =
            std::clamp(length - 64 * (at + static_cast<std::int64_t>(i)), std::int64_t{0}, std::int64_t{64});
        masks[i] = bits == 0 ? 0 : ~Word{0} >> (64 - bits);
    }
    return hn::LoadU(Words(), masks.data());
}

std::int64_t unlike_in_rows(const Word* spins, const Word* others, const BitRows& rows) {
    const Words words;
    const int bits = rows.shift % 64;
    others += rows.shift / 64;
    const auto step = static_cast<std::int64_t>(lanes), end = (rows.length + std::int64_t{63}) / 64;
    const std::int64_t last = (end - 1) / step * step; // where the last vector of a row begins
    const V in_last = sites_from(last, rows.length);
    V sum = zero();
    for (std::int64_t row = 0; row < rows.rows; ++row, spins += rows.stride, others += rows.stride) {
        for (std::int64_t at = 0; at <= last; at += step) {
            const V low = hn::ShiftRightSame(hn::LoadU(words, others + at), bits);
            const V high = hn::ShiftLeftSame(hn::ShiftLeft<1>(hn::LoadU(words, others + at + 1)), 63 - bits);
            V unlike = hn::Xor(hn::LoadU(words, spins + at), hn::Or(low, high));
            if (at == last) unlike = hn::And(unlike, in_last);
            sum = hn::Add(sum, hn::PopulationCount(unlike));
        }
    }
    return sum_of_lanes(sum);
}

} // namespace blockspin::sampling::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace blockspin::sampling {

HWY_EXPORT(count_all);
HWY_EXPORT(add_counts);
HWY_EXPORT(add_by_position);
HWY_EXPORT(unlike);
HWY_EXPORT(unlike_in_rows);

std::int64_t count_bits(Stretch words) { return HWY_DYNAMIC_DISPATCH(count_all)(words); }

void add_bits(Stretch words, std::span<std::int64_t> counts) {
    core::ensure(counts.size() >= words.size(), "there is a count for every word");
    HWY_DYNAMIC_DISPATCH(add_counts)(words, counts.data());
}

void add_bits_by_position(std::span<const Stretch> stretches, std::span<std::int64_t, 64> counts) {
    HWY_DYNAMIC_DISPATCH(add_by_position)(stretches, counts.data());
}

std::int64_t count_unlike(const Word* spins, const PackedNeighbours& near, int neighbours, Word valid,
                          std::int32_t first, std::int32_t last) {
    core::ensure(neighbours == 3 || neighbours == 4 || neighbours == 6 || neighbours == 8,
                 "packed spins have 3, 4, 6 or 8 neighbours");
    return HWY_DYNAMIC_DISPATCH(unlike)(spins, near, neighbours, valid, first, last);
}

std::int64_t count_unlike(const Word* spins, const Word* others, const BitRows& rows) {
    return HWY_DYNAMIC_DISPATCH(unlike_in_rows)(spins, others, rows);
}

} // namespace blockspin::sampling
#endif
