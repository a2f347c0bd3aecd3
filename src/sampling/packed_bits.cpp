#include <blockspin/sampling/packed_bits.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "packed_bits.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace blockspin::sampling::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Words = hn::CappedTag<std::uint64_t, 64>;

void gather(const Word* words, std::int32_t count, int bit, Word* to) {
    const Words d;
    const auto lanes = static_cast<std::int32_t>(hn::Lanes(d));
    const std::int32_t whole = count / 64 * 64;
    for (std::int32_t first = 0; first < whole; first += 64) {
        auto bits = hn::Zero(d);
        for (std::int32_t at = 0; at < 64; at += lanes) {
            const auto each = hn::And(hn::ShiftRightSame(hn::LoadU(d, words + first + at), bit), hn::Set(d, 1));
            bits = hn::Or(bits, hn::Shl(each, hn::Iota(d, static_cast<std::uint64_t>(at))));
        }
        *to++ = hn::GetLane(hn::SumOfLanes(d, bits));
    }
    for (std::int32_t i = whole; i < count; ++i) {
        if (i == whole) *to = 0;
        *to |= (words[i] >> bit & 1) << (i - whole);
    }
}

void scatter(const Word* from, std::int32_t count, int bit, Word* words) {
    const Words d;
    const auto lanes = static_cast<std::int32_t>(hn::Lanes(d));
    const std::int32_t whole = count / 64 * 64;
    for (std::int32_t first = 0; first < whole; first += 64, ++from) {
        for (std::int32_t at = 0; at < 64; at += lanes) {
            const auto places = hn::Shl(hn::Set(d, 1), hn::Iota(d, static_cast<std::uint64_t>(at)));
            const auto is_set = hn::TestBit(hn::Set(d, *from), places);
            hn::StoreU(hn::IfThenElseZero(is_set, hn::Set(d, Word{1} << bit)), d, words + first + at);
        }
    }
    for (std::int32_t i = whole; i < count; ++i) words[i] = (*from >> (i - whole) & 1) << bit;
}

} // namespace blockspin::sampling::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace blockspin::sampling {

HWY_EXPORT(gather);
HWY_EXPORT(scatter);

void gather_bits(const Word* words, std::int32_t count, int bit, Word* to) {
    HWY_DYNAMIC_DISPATCH(gather)(words, count, bit, to);
}

void scatter_bits(const Word* from, std::int32_t count, int bit, Word* words) {
    HWY_DYNAMIC_DISPATCH(scatter)(from, count, bit, words);
}

} // namespace blockspin::sampling
#endif
