#pragma once

#include <array>
#include <cstdint>

#include <blockspin/rng/purpose.hpp>

namespace blockspin::rng {

/// 128 bits, least significant word first: a counter, or the random bits made of it.
using Block = std::array<std::uint32_t, 4>;

/// Where a random word belongs. A random word is a pure function of seed and address, whoever computes it and when.
struct Address {
    Purpose purpose = Purpose::test;
    std::int32_t chain = 0; ///< Markov chain, replica or training run: < 2^20
    std::int64_t step = 0;  ///< sweep, iteration, epoch: < 2^40
    std::int64_t place = 0; ///< global site, bond, cluster, tile, swap slot, sample: < 2^44
    std::int32_t draw = 0;  ///< tells several draws at one place and step apart: < 2^16

    bool operator==(const Address&) const = default;
};

/// Widths of the fields in a counter, which is purpose | chain | draw | step | place from the highest bit down.
inline constexpr int purpose_bits = 8, chain_bits = 20, draw_bits = 16, step_bits = 40, place_bits = 44;
static_assert(purpose_bits + chain_bits + draw_bits + step_bits + place_bits == 128);

/// Explains which field of `address` does not fit: InputError if it is too large (the study asks for more than can be
/// addressed), InternalError if it is negative.
[[noreturn]] void refuse(const Address& address);

/// The counter of an address; different addresses have different counters.
/// Throws as refuse() does if a field does not fit its width.
constexpr Block pack(const Address& address) {
    const auto chain = static_cast<std::uint32_t>(address.chain), draw = static_cast<std::uint32_t>(address.draw);
    const auto step = static_cast<std::uint64_t>(address.step), place = static_cast<std::uint64_t>(address.place);
    if (((chain >> chain_bits) | (draw >> draw_bits) | (step >> step_bits) | (place >> place_bits)) != 0)
        refuse(address);
    const std::uint64_t low = place | step << place_bits;
    const std::uint64_t high = step >> (64 - place_bits) | std::uint64_t{draw} << (step_bits + place_bits - 64) |
                               std::uint64_t{chain} << (64 - purpose_bits - chain_bits) |
                               std::uint64_t{static_cast<std::uint8_t>(address.purpose)} << (64 - purpose_bits);
    return {static_cast<std::uint32_t>(low), static_cast<std::uint32_t>(low >> 32), static_cast<std::uint32_t>(high),
            static_cast<std::uint32_t>(high >> 32)};
}

/// The address of a counter: inverse of pack().
constexpr Address unpack(const Block& counter) noexcept {
    const auto field = [](std::uint64_t word, int first, int bits) {
        return (word >> first) & ((std::uint64_t{1} << bits) - 1);
    };
    constexpr int low_step_bits = 64 - place_bits, high_step_bits = step_bits - low_step_bits;
    const std::uint64_t low = counter[0] | std::uint64_t{counter[1]} << 32;
    const std::uint64_t high = counter[2] | std::uint64_t{counter[3]} << 32;
    const std::uint64_t step = field(low, place_bits, low_step_bits) | field(high, 0, high_step_bits) << low_step_bits;
    return {.purpose = static_cast<Purpose>(field(high, high_step_bits + draw_bits + chain_bits, purpose_bits)),
            .chain = static_cast<std::int32_t>(field(high, high_step_bits + draw_bits, chain_bits)),
            .step = static_cast<std::int64_t>(step),
            .place = static_cast<std::int64_t>(field(low, 0, place_bits)),
            .draw = static_cast<std::int32_t>(field(high, high_step_bits, draw_bits))};
}

} // namespace blockspin::rng
