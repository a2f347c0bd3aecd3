#include <blockspin/mcrg/bundle.hpp>

#include <blockspin/core/check.hpp>

#include <algorithm>
#include <array>
#include <cstring>

namespace blockspin::mcrg {

namespace {

/// Makes bit c of word r bit r of word c: halves, quarters, … of the square change places (Warren, Hacker's Delight,
/// 7-3).
void transpose(std::array<Word, 64>& words) {
    Word mask = 0x00000000FFFFFFFF;
    for (std::size_t width = 32; width != 0; width /= 2, mask ^= mask << width) {
        for (std::size_t k = 0; k < 64; k = (k + width + 1) & ~width) {
            const Word change = (words[k] >> width ^ words[k + width]) & mask;
            words[k] ^= change << width;
            words[k + width] ^= change;
        }
    }
}

} // namespace

std::vector<std::int8_t> unpacked(std::span<const std::uint8_t> bytes, std::int64_t sites) {
    core::ensure(bytes.size() == bytes_for(sites), "a configuration has a bit for every site");
    std::vector<std::int8_t> spins(static_cast<std::size_t>(sites));
    for (std::size_t i = 0; i < spins.size(); ++i) spins[i] = (bytes[i / 8] >> (i % 8) & 1) != 0 ? 1 : -1;
    return spins;
}

void pack(std::span<const std::int8_t> spins, std::span<std::uint8_t> bytes) {
    core::ensure(bytes.size() == bytes_for(static_cast<std::int64_t>(spins.size())), "a bit for every spin");
    std::ranges::fill(bytes, std::uint8_t{0});
    for (std::size_t i = 0; i < spins.size(); ++i) {
        bytes[i / 8] = static_cast<std::uint8_t>(bytes[i / 8] | (spins[i] > 0 ? 1U : 0U) << i % 8);
    }
}

std::vector<Word> bundled(std::span<const std::uint8_t> bytes, std::int64_t sites) {
    const std::size_t size = bytes_for(sites), count = bytes.size() / size;
    core::ensure(count * size == bytes.size() && count <= bundle_size, "whole configurations, up to 64");
    std::vector<Word> words((size + 7) / 8 * 64);
    for (std::size_t first = 0; first < size; first += 8) {
        std::array<Word, 64> square{};
        for (std::size_t r = 0; r < count; ++r) {
            std::memcpy(&square[r], bytes.data() + r * size + first, std::min<std::size_t>(8, size - first));
        }
        transpose(square);
        std::ranges::copy(square, words.begin() + static_cast<std::ptrdiff_t>(8 * first));
    }
    words.resize(static_cast<std::size_t>(sites));
    return words;
}

} // namespace blockspin::mcrg
