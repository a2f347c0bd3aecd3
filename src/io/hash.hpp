#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include <xxhash.h>

namespace blockspin::io {

/// XXH3-64 with the default seed.
inline std::uint64_t xxh3(std::span<const std::byte> bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }
inline std::uint64_t xxh3(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

/// XXH3-64 of bytes that come in pieces.
class Xxh3 {
  public:
    Xxh3() : state_(XXH3_createState(), XXH3_freeState) { XXH3_64bits_reset(state_.get()); }
    void add(std::span<const std::byte> bytes) { XXH3_64bits_update(state_.get(), bytes.data(), bytes.size()); }
    std::uint64_t value() const { return XXH3_64bits_digest(state_.get()); }

  private:
    std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

} // namespace blockspin::io
