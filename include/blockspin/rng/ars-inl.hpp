// ARS-5 on vectors, for kernels that use random bits in registers. Included once per instruction set: a file that
// includes it follows Highway's rules for foreach_target.h. Not for HWY_SCALAR, which has no AES.
#if defined(BLOCKSPIN_RNG_ARS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef BLOCKSPIN_RNG_ARS_INL_HPP
#undef BLOCKSPIN_RNG_ARS_INL_HPP
#else
#define BLOCKSPIN_RNG_ARS_INL_HPP
#endif

#include <blockspin/rng/ars.hpp>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace blockspin::rng::HWY_NAMESPACE {

#if HWY_TARGET != HWY_SCALAR

namespace hn = hwy::HWY_NAMESPACE;

/// Vectors of 64-bit words; each pair of lanes is one 128-bit block.
using Words = hn::ScalableTag<std::uint64_t>;

/// The six round keys of ARS-5, each repeated in every 128-bit block of a vector.
struct ArsKeys {
    explicit ArsKeys(const Block& key) : keys(ars_round_keys<5>(key)) {}
    hn::Vec<Words> operator[](std::size_t round) const { return hn::LoadDup128(Words(), keys[round].data()); }
    alignas(16) std::array<std::array<std::uint64_t, 2>, 6> keys;
};

/// Counters of consecutive places, one per 128-bit block; the first is (low, high).
HWY_INLINE hn::Vec<Words> ars_counters(std::uint64_t low, std::uint64_t high) {
    const Words words;
    return hn::OddEven(hn::Set(words, high), hn::Add(hn::Set(words, low), hn::ShiftRight<1>(hn::Iota(words, 0))));
}

/// The random bits of every counter.
HWY_INLINE hn::Vec<Words> ars5(hn::Vec<Words> counters, const ArsKeys& keys) {
    const hn::Repartition<std::uint8_t, Words> bytes;
    auto state = hn::BitCast(bytes, hn::Xor(counters, keys[0]));
    state = hn::AESRound(state, hn::BitCast(bytes, keys[1]));
    state = hn::AESRound(state, hn::BitCast(bytes, keys[2]));
    state = hn::AESRound(state, hn::BitCast(bytes, keys[3]));
    state = hn::AESRound(state, hn::BitCast(bytes, keys[4]));
    return hn::BitCast(Words(), hn::AESLastRound(state, hn::BitCast(bytes, keys[5])));
}

#endif

} // namespace blockspin::rng::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
