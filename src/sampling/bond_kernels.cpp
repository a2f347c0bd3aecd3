#include "bond_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bond_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <array>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace blockspin::sampling::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class D, class Mask> std::uint64_t bits_of(D d, Mask mask) {
    std::array<std::uint8_t, 8> bytes{};
    hn::StoreMaskBits(d, mask, bytes.data());
    std::uint64_t bits = 0;
    std::memcpy(&bits, bytes.data(), sizeof bits);
    return bits;
}

/// Bonds at `sites` sites from `at` on, a power of 2 up to 64.
template <std::size_t sites>
HWY_INLINE void occupy_piece(const BondRow& row, std::size_t at, std::uint64_t& occupied, std::uint64_t& undecided) {
    const hn::CappedTag<std::uint8_t, sites> d;
    const auto load = [&](const auto* bytes, std::size_t i) {
        return hn::LoadU(d, reinterpret_cast<const std::uint8_t*>(bytes) + at + i);
    };
    for (std::size_t i = 0; i < sites; i += hn::Lanes(d)) {
        const auto spins = load(row.spins, i), random = load(row.random, i), threshold = load(row.threshold, i);
        const auto favoured =
            hn::And(hn::Eq(hn::Xor(spins, load(row.partners, i)), load(row.difference, i)), hn::Ne(spins, hn::Zero(d)));
        occupied |= bits_of(d, hn::And(favoured, hn::Lt(random, threshold))) << (at + i) % 64;
        undecided |= bits_of(d, hn::And(favoured, hn::Eq(random, threshold))) << (at + i) % 64;
    }
}

/// The same at the last sites of a row, fewer than 16.
void occupy_rest(const BondRow& row, std::size_t at, std::uint64_t& occupied, std::uint64_t& undecided) {
    const std::size_t length = row.length - at;
    std::array<std::uint8_t, 64> spins{}, partners{}, difference{}, random{}, threshold{};
    const auto copy = [&](const auto* from, auto& to) { std::memcpy(to.data() + at % 64, from + at, length); };
    copy(row.spins, spins);
    copy(row.partners, partners);
    copy(row.difference, difference);
    copy(row.random, random);
    copy(row.threshold, threshold);
    const BondRow rest{reinterpret_cast<const Spin*>(spins.data()),
                       reinterpret_cast<const Spin*>(partners.data()),
                       difference.data(),
                       random.data(),
                       threshold.data(),
                       64};
    occupy_piece<16>(rest, at % 64, occupied, undecided);
}

void occupy_row(const BondRow& row, std::uint64_t* occupied, std::uint64_t* undecided) {
    std::size_t at = 0;
    const auto pieces = [&]<std::size_t sites>() {
        for (; at + sites <= row.length; at += sites)
            occupy_piece<sites>(row, at, occupied[at / 64], undecided[at / 64]);
    };
    std::fill_n(occupied, (row.length + 63) / 64, 0);
    std::fill_n(undecided, (row.length + 63) / 64, 0);
    pieces.operator()<64>();
    pieces.operator()<32>();
    pieces.operator()<16>();
    if (at < row.length) occupy_rest(row, at, occupied[at / 64], undecided[at / 64]);
}

void flip_word(Spin* spins, std::uint64_t bits) {
    const hn::CappedTag<Spin, 64> d;
    for (std::size_t i = 0; i < 64; i += hn::Lanes(d)) {
        std::array<std::uint8_t, 8> bytes{};
        const std::uint64_t here = bits >> i;
        std::memcpy(bytes.data(), &here, sizeof here);
        const auto old = hn::LoadU(d, spins + i);
        hn::StoreU(hn::IfThenElse(hn::LoadMaskBits(d, bytes.data()), hn::Neg(old), old), d, spins + i);
    }
}

void flip_row(Spin* spins, std::size_t length, const std::uint64_t* bits) {
    std::size_t at = 0;
    for (; at + 64 <= length; at += 64) flip_word(spins + at, bits[at / 64]);
    if (at == length) return;
    std::array<Spin, 64> rest{};
    std::memcpy(rest.data(), spins + at, length - at);
    flip_word(rest.data(), bits[at / 64]);
    std::memcpy(spins + at, rest.data(), length - at);
}

} // namespace blockspin::sampling::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace blockspin::sampling {

HWY_EXPORT(occupy_row);
HWY_EXPORT(flip_row);

void occupy(const BondRow& row, std::span<std::uint64_t> occupied, std::span<std::uint64_t> undecided) {
    HWY_DYNAMIC_DISPATCH(occupy_row)(row, occupied.data(), undecided.data());
}

void flip(std::span<Spin> row, std::span<const std::uint64_t> bits) {
    HWY_DYNAMIC_DISPATCH(flip_row)(row.data(), row.size(), bits.data());
}

// Eight bits at a time: copies of the byte, of which one bit each is kept, and moved to the bottom.
void spread(std::uint64_t bits, std::uint8_t* bytes) {
    for (int i = 0; i < 8; ++i) {
        const std::uint64_t kept = (bits >> 8 * i & 0xFF) * 0x0101010101010101 & 0x8040201008040201;
        const std::uint64_t ones = (kept + 0x7F7F7F7F7F7F7F7F) >> 7 & 0x0101010101010101;
        std::memcpy(bytes + 8 * i, &ones, sizeof ones);
    }
}

} // namespace blockspin::sampling
#endif
