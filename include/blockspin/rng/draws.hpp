#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <blockspin/rng/key.hpp>

namespace blockspin::rng {

// Single draws, all of them pure functions of key and address, from Philox4x32-10. They throw as pack() does.

/// 128 random bits.
constexpr Block bits(const Key& key, const Address& address) { return philox4x32(pack(address), key.philox()); }

/// 64 random bits: the first two words of bits().
constexpr std::uint64_t word64(const Key& key, const Address& address) {
    const Block block = bits(key, address);
    return block[0] | std::uint64_t{block[1]} << 32;
}

/// Uniform in [0, 1), a multiple of 2^-53.
constexpr double uniform(const Key& key, const Address& address) {
    return static_cast<double>(word64(key, address) >> 11) * 0x1p-53;
}

/// Uniform on 0 … n−1 without bias, n ≥ 1 (InternalError otherwise). By multiplication and rejection: Lemire, ACM
/// Trans. Model. Comput. Simul. 29 (2019) 3. A rejected block is replaced by its image under Philox.
std::int64_t below(const Key& key, const Address& address, std::int64_t n);

/// Two independent standard normal numbers by Box and Muller, Ann. Math. Stat. 29 (1958) 610, with a radius from 53
/// bits, so |z| < 8.58. The last bit may depend on the C library's log, sin and cos.
std::array<double, 2> normal(const Key& key, const Address& address);

/// A uniformly random order of 0 … n−1 (Fisher–Yates). Uses the n places that follow address.place.
std::vector<std::int64_t> permutation(const Key& key, const Address& address, std::int64_t n);

} // namespace blockspin::rng
