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

/// Whether AES works on the whole of a vector; else only on 128 bits at a time, though vectors are longer.
inline constexpr bool has_vector_aes = HWY_TARGET != HWY_AVX2 && HWY_TARGET != HWY_AVX3;

/// The six round keys of ARS-5.
struct ArsKeys {
    explicit ArsKeys(const Block& key) : keys(ars_round_keys<5>(key)) {}
    /// The key of a round in every 128-bit block of a vector.
    template <class D> hn::VFromD<D> operator()(D bytes, std::size_t round) const {
        return hn::BitCast(bytes, hn::LoadDup128(hn::Repartition<std::uint64_t, D>(), keys[round].data()));
    }
    alignas(16) std::array<std::array<std::uint64_t, 2>, 6> keys;
};

/// Counters of consecutive places, one per 128-bit block; the first is (low, high).
HWY_INLINE hn::VFromD<Words> ars_counters(std::uint64_t low, std::uint64_t high) {
    const Words words;
    return hn::OddEven(hn::Set(words, high), hn::Add(hn::Set(words, low), hn::ShiftRight<1>(hn::Iota(words, 0))));
}

/// The random bits of every counter in a vector of bytes.
template <class D> HWY_INLINE hn::VFromD<D> ars5(D bytes, hn::VFromD<D> counters, const ArsKeys& keys) {
    if constexpr (!has_vector_aes && hn::MaxLanes(D()) > 16) {
        const hn::Half<D> half;
        return hn::Combine(bytes, ars5(half, hn::UpperHalf(half, counters), keys),
                           ars5(half, hn::LowerHalf(half, counters), keys));
    } else {
        auto state = hn::Xor(counters, keys(bytes, 0));
        state = hn::AESRound(state, keys(bytes, 1));
        state = hn::AESRound(state, keys(bytes, 2));
        state = hn::AESRound(state, keys(bytes, 3));
        state = hn::AESRound(state, keys(bytes, 4));
        return hn::AESLastRound(state, keys(bytes, 5));
    }
}

/// The random words of every counter.
HWY_INLINE hn::VFromD<Words> ars5(hn::VFromD<Words> counters, const ArsKeys& keys) {
    const hn::Repartition<std::uint8_t, Words> bytes;
    return hn::BitCast(Words(), ars5(bytes, hn::BitCast(bytes, counters), keys));
}

#endif

} // namespace blockspin::rng::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
