#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <blockspin/rng/key.hpp>

namespace blockspin::rng {

/// Random words in bulk, from ARS-5 at the speed of the hardware's AES.
///
/// A run of words starts at `first`; its word i is half i % 2 (the low one first) of the 128-bit block at place
/// first.place + i/2. Writes the words skip … skip + out.size() − 1 of the run, so a run may be cut anywhere:
/// the pieces are the same bits. They are also the same on every instruction set, and equal to ars4x32<5>.
/// Throws as pack() does if the first or the last place does not fit; InternalError if skip < 0.
void fill_words(const Key& key, const Address& first, std::span<std::uint64_t> out, std::int64_t skip = 0);

/// Name of the instruction set that fill_words uses on this processor ("AVX3_DL", "SSE4", "NEON", …), for provenance.
std::string_view simd_target() noexcept;

/// Whether this processor has VAES, AES on 256 bits at once, which the AVX2 code then uses; AVX3_DL implies it.
bool has_wide_aes() noexcept;

} // namespace blockspin::rng
