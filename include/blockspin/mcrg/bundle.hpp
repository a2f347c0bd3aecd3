#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace blockspin::mcrg {

/// One site in 64 configurations: bit r is 1 where its spin is up in configuration r.
using Word = std::uint64_t;

/// Configurations that are measured together.
inline constexpr std::size_t bundle_size = 64;

/// Bytes of one configuration that holds a bit per site, x fastest, little bit order, 1 = +1.
constexpr std::size_t bytes_for(std::int64_t sites) { return static_cast<std::size_t>((sites + 7) / 8); }

/// The spins ±1 of such a configuration.
std::vector<std::int8_t> unpacked(std::span<const std::uint8_t> bytes, std::int64_t sites);
/// Inverse of unpacked(); bits beyond the sites are 0. InternalError unless `bytes` holds bytes_for(spins).
void pack(std::span<const std::int8_t> spins, std::span<std::uint8_t> bytes);

/// A word for each site, of up to 64 configurations that follow each other in `bytes`; the bits of configurations that
/// are not there are 0. InternalError for more of them, or a part of one.
std::vector<Word> bundled(std::span<const std::uint8_t> bytes, std::int64_t sites);

} // namespace blockspin::mcrg
