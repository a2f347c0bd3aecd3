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

/// One round of AES as Highway has it for the instruction set.
struct Aes {
    static constexpr bool is_wide = has_vector_aes;
    template <class V> HWY_INLINE V operator()(V state, V key) const { return hn::AESRound(state, key); }
    template <class V> HWY_INLINE V last(V state, V key) const { return hn::AESLastRound(state, key); }
};

#if HWY_TARGET == HWY_AVX2
/// One round on 256 bits by the VAES of processors without AVX-512, which Highway does not use. Only where
/// rng::has_wide_aes().
struct WideAes {
    static constexpr bool is_wide = true;
    template <class V> HWY_INLINE V operator()(V state, V key) const {
        asm("vaesenc %2, %1, %0" : "=x"(state.raw) : "x"(state.raw), "xm"(key.raw));
        return state;
    }
    template <class V> HWY_INLINE V last(V state, V key) const {
        asm("vaesenclast %2, %1, %0" : "=x"(state.raw) : "x"(state.raw), "xm"(key.raw));
        return state;
    }
};
#else
using WideAes = Aes;
#endif

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

/// The random bits of a vector of bytes, each 128 of which are a counter plus the first round key (modulo 2).
template <class Round, class D>
HWY_INLINE hn::VFromD<D> ars5_rounds(D bytes, hn::VFromD<D> state, const ArsKeys& keys) {
    if constexpr (!Round::is_wide && hn::MaxLanes(D()) > 16) {
        const hn::Half<D> half;
        return hn::Combine(bytes, ars5_rounds<Round>(half, hn::UpperHalf(half, state), keys),
                           ars5_rounds<Round>(half, hn::LowerHalf(half, state), keys));
    } else {
        const Round round;
        state = round(state, keys(bytes, 1));
        state = round(state, keys(bytes, 2));
        state = round(state, keys(bytes, 3));
        state = round(state, keys(bytes, 4));
        return round.last(state, keys(bytes, 5));
    }
}

/// One round on a vector of bytes; the last one of a cipher has no MixColumns.
template <class Round, bool is_last, class D>
HWY_INLINE hn::VFromD<D> aes_round(D bytes, hn::VFromD<D> state, hn::VFromD<D> key) {
    if constexpr (!Round::is_wide && hn::MaxLanes(D()) > 16) {
        const hn::Half<D> half;
        return hn::Combine(bytes, aes_round<Round, is_last>(half, hn::UpperHalf(half, state), hn::UpperHalf(half, key)),
                           aes_round<Round, is_last>(half, hn::LowerHalf(half, state), hn::LowerHalf(half, key)));
    } else if constexpr (is_last) {
        return Round().last(state, key);
    } else {
        return Round()(state, key);
    }
}

/// The same on words.
template <class Round, bool is_last = false>
HWY_INLINE hn::VFromD<Words> aes_round(hn::VFromD<Words> state, hn::VFromD<Words> key) {
    const hn::Repartition<std::uint8_t, Words> bytes;
    return hn::BitCast(Words(), aes_round<Round, is_last>(bytes, hn::BitCast(bytes, state), hn::BitCast(bytes, key)));
}

/// The random words of every counter that was already added to the first round key (modulo 2).
template <class Round> HWY_INLINE hn::VFromD<Words> ars5_keyed(hn::VFromD<Words> state, const ArsKeys& keys) {
    const hn::Repartition<std::uint8_t, Words> bytes;
    return hn::BitCast(Words(), ars5_rounds<Round>(bytes, hn::BitCast(bytes, state), keys));
}

/// The random words of every counter.
template <class Round = Aes> HWY_INLINE hn::VFromD<Words> ars5(hn::VFromD<Words> counters, const ArsKeys& keys) {
    const hn::Repartition<std::uint8_t, Words> bytes;
    return ars5_keyed<Round>(hn::Xor(counters, hn::BitCast(Words(), keys(bytes, 0))), keys);
}

#endif

} // namespace blockspin::rng::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
