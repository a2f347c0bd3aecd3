#pragma once

#include <cstdint>

#include <blockspin/rng/philox.hpp>

namespace blockspin::rng {

/// The keys of both generators, made of the one seed of a study. Different seeds have different keys.
class Key {
  public:
    constexpr explicit Key(std::uint64_t seed) noexcept
        : philox_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
          // A Philox bijection of the seed, so that small seeds do not make keys that are mostly zeros.
          ars_(philox4x32({philox_[0], philox_[1], 0, 0}, {0, 0})) {}

    constexpr const std::array<std::uint32_t, 2>& philox() const noexcept { return philox_; }
    constexpr const Block& ars() const noexcept { return ars_; }

  private:
    std::array<std::uint32_t, 2> philox_;
    Block ars_;
};

} // namespace blockspin::rng
