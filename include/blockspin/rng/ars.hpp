#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <blockspin/rng/address.hpp>

namespace blockspin::rng {

/// Round keys of ARS with `rounds` rounds as pairs of 64-bit words (low, high), the initial one first: a Weyl sequence.
template <int rounds>
constexpr std::array<std::array<std::uint64_t, 2>, rounds + 1> ars_round_keys(const Block& key) noexcept {
    std::array<std::array<std::uint64_t, 2>, rounds + 1> keys{};
    keys[0] = {key[0] | std::uint64_t{key[1]} << 32, key[2] | std::uint64_t{key[3]} << 32};
    for (std::size_t round = 1; round < keys.size(); ++round)
        keys[round] = {keys[round - 1][0] + 0x9E3779B97F4A7C15, keys[round - 1][1] + 0xBB67AE8584CAA73B};
    return keys;
}

/// AES in portable code (FIPS 197, section 5.1), for machines without it and for compile time.
namespace aes {

/// State of the cipher: byte i is row i % 4 of column i / 4.
using State = std::array<std::uint8_t, 16>;

/// Product with x in GF(2^8).
constexpr std::uint8_t times_x(std::uint8_t a) noexcept { return static_cast<std::uint8_t>(a << 1 ^ (a >> 7) * 0x1B); }

/// The S-box: the inverse in GF(2^8), then an affine map. 3 generates the multiplicative group: `power` runs through
/// its powers while `inverse` runs through those of 1/3.
constexpr std::array<std::uint8_t, 256> make_s_box() noexcept {
    std::array<std::uint8_t, 256> box{};
    std::uint8_t power = 1, inverse = 1;
    do {
        power ^= times_x(power);
        inverse ^= static_cast<std::uint8_t>(inverse << 1);
        inverse ^= static_cast<std::uint8_t>(inverse << 2);
        inverse ^= static_cast<std::uint8_t>(inverse << 4);
        if ((inverse & 0x80) != 0) inverse ^= 0x09;
        box[power] = inverse ^ std::rotl(inverse, 1) ^ std::rotl(inverse, 2) ^ std::rotl(inverse, 3) ^
                     std::rotl(inverse, 4) ^ 0x63;
    } while (power != 1);
    box[0] = 0x63;
    return box;
}
inline constexpr std::array<std::uint8_t, 256> s_box = make_s_box();

/// SubBytes and ShiftRows.
constexpr State substitute(const State& in) noexcept {
    State out{};
    for (std::size_t i = 0; i < 16; ++i) out[i] = s_box[in[(i + 4 * (i % 4)) % 16]];
    return out;
}

/// MixColumns.
constexpr State mix_columns(const State& in) noexcept {
    State out{};
    for (std::size_t i = 0; i < 16; ++i) {
        const std::size_t column = i & ~std::size_t{3};
        const std::uint8_t next = in[column + (i + 1) % 4];
        out[i] = times_x(in[i] ^ next) ^ next ^ in[column + (i + 2) % 4] ^ in[column + (i + 3) % 4];
    }
    return out;
}

/// AddRoundKey.
constexpr State add_key(State state, const std::array<std::uint64_t, 2>& key) noexcept {
    for (std::size_t i = 0; i < 16; ++i) state[i] ^= static_cast<std::uint8_t>(key[i / 8] >> 8 * (i % 8));
    return state;
}

} // namespace aes

/// ARS4x32 with `rounds` rounds, bit-identical to Random123's `ars4x32_R`, in portable code: the rounds of AES with a
/// Weyl sequence for a key schedule. Salmon, Moraes, Dror, Shaw, SC 2011, section 4.1; it passes BigCrush from 5
/// rounds.
template <int rounds = 5> constexpr Block ars4x32(const Block& counter, const Block& key) noexcept {
    const auto keys = ars_round_keys<rounds>(key);
    aes::State state{};
    for (std::size_t i = 0; i < 16; ++i) state[i] = static_cast<std::uint8_t>(counter[i / 4] >> 8 * (i % 4));
    state = aes::add_key(state, keys[0]);
    for (std::size_t round = 1; round < rounds; ++round)
        state = aes::add_key(aes::mix_columns(aes::substitute(state)), keys[round]);
    state = aes::add_key(aes::substitute(state), keys[rounds]);
    Block out{};
    for (std::size_t i = 0; i < 16; ++i) out[i / 4] |= std::uint32_t{state[i]} << 8 * (i % 4);
    return out;
}

} // namespace blockspin::rng
