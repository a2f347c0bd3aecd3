#include "bond_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bond_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <array>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace blockspin::sampling::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Bytes = hn::CappedTag<std::uint8_t, 64>;

template <class Mask> std::uint64_t bits_of(Mask mask) {
    std::array<std::uint8_t, 8> bytes{};
    hn::StoreMaskBits(Bytes(), mask, bytes.data());
    std::uint64_t bits = 0;
    std::memcpy(&bits, bytes.data(), sizeof bits);
    return bits;
}

/// Bonds at 64 sites from `at` on.
void occupy_word(const BondRow& row, std::size_t at, std::uint64_t& occupied, std::uint64_t& undecided) {
    const Bytes d;
    const auto load = [&](const auto* bytes, std::size_t i) {
        return hn::LoadU(d, reinterpret_cast<const std::uint8_t*>(bytes) + at + i);
    };
    occupied = undecided = 0;
    for (std::size_t i = 0; i < 64; i += hn::Lanes(d)) {
        const auto spins = load(row.spins, i), random = load(row.random, i), threshold = load(row.threshold, i);
        const auto favoured =
            hn::And(hn::Eq(hn::Xor(spins, load(row.partners, i)), load(row.difference, i)), hn::Ne(spins, hn::Zero(d)));
        occupied |= bits_of(hn::And(favoured, hn::Lt(random, threshold))) << i;
        undecided |= bits_of(hn::And(favoured, hn::Eq(random, threshold))) << i;
    }
}

/// The same for the last, incomplete word of a row.
void occupy_rest(const BondRow& row, std::size_t at, std::uint64_t& occupied, std::uint64_t& undecided) {
    std::array<Spin, 64> spins{}, partners{};
    std::array<std::uint8_t, 64> difference{}, random{}, threshold{};
    const std::size_t length = row.length - at;
    std::memcpy(spins.data(), row.spins + at, length);
    std::memcpy(partners.data(), row.partners + at, length);
    std::memcpy(difference.data(), row.difference + at, length);
    std::memcpy(random.data(), row.random + at, length);
    std::memcpy(threshold.data(), row.threshold + at, length);
    const BondRow rest{spins.data(), partners.data(), difference.data(), random.data(), threshold.data(), 64};
    occupy_word(rest, 0, occupied, undecided);
}

void occupy_row(const BondRow& row, std::uint64_t* occupied, std::uint64_t* undecided) {
    std::size_t at = 0;
    for (; at + 64 <= row.length; at += 64) occupy_word(row, at, occupied[at / 64], undecided[at / 64]);
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
