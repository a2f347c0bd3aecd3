#include <blockspin/net/bit_rows.hpp>

#include <blockspin/core/check.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace blockspin::net {

static_assert(std::endian::native == std::endian::little, "rows of bits are copied as bytes");

namespace {

using Square = std::array<std::uint64_t, 64>;

/// Bit j of word i changes places with bit i of word j: by exchanging ever smaller off-diagonal blocks (Warren,
/// Hacker's Delight, section 7-3).
void transpose(Square& words) {
    std::uint64_t low_half = 0x00000000FFFFFFFF;
    for (std::size_t width = 32; width != 0; width >>= 1, low_half ^= low_half << width) {
        for (std::size_t i = 0; i < 64; i = (i + width + 1) & ~width) {
            const std::uint64_t exchanged = (words[i] >> width ^ words[i + width]) & low_half;
            words[i] ^= exchanged << width;
            words[i + width] ^= exchanged;
        }
    }
}

std::size_t row_bytes(const BitRows& bits) { return (static_cast<std::size_t>(bits.units()) + 7) / 8; }

} // namespace

void transpose(const BitRows& bits, int first, BitRows& result) {
    core::ensure(result.rows() == bits.units() && first >= 0 && first + bits.rows() <= result.units(),
                 "transposed bits have a row for each unit");
    const int shift = first % 64;
    for (int top = 0; top < bits.rows(); top += 64) {
        const int rows = std::min(64, bits.rows() - top);
        for (int left = 0; left < bits.units(); left += 64) {
            Square words{};
            for (int r = 0; r < rows; ++r) words[static_cast<std::size_t>(r)] = bits.row(top + r)[left / 64];
            transpose(words);
            const int units = std::min(64, bits.units() - left);
            for (int u = 0; u < units; ++u) {
                const std::uint64_t word = words[static_cast<std::size_t>(u)];
                std::uint64_t* to = result.row(left + u) + (first + top) / 64;
                to[0] |= word << shift;
                if (shift != 0) to[1] |= word >> (64 - shift);
            }
        }
    }
}

std::vector<std::uint8_t> packed_bytes(const BitRows& bits) {
    const std::size_t bytes = row_bytes(bits);
    std::vector<std::uint8_t> packed(bytes * static_cast<std::size_t>(bits.rows()));
    for (int r = 0; r < bits.rows(); ++r) {
        std::memcpy(packed.data() + bytes * static_cast<std::size_t>(r), bits.row(r), bytes);
    }
    return packed;
}

void unpack_bytes(std::span<const std::uint8_t> bytes, BitRows& bits) {
    const std::size_t of_row = row_bytes(bits);
    core::ensure(bytes.size() == of_row * static_cast<std::size_t>(bits.rows()), "as many bytes as the rows have");
    for (int r = 0; r < bits.rows(); ++r)
        unpack_bytes(bytes.subspan(of_row * static_cast<std::size_t>(r), of_row), r, bits);
}

void unpack_bytes(std::span<const std::uint8_t> bytes, int row, BitRows& bits) {
    core::ensure(bytes.size() == row_bytes(bits), "as many bytes as a row has");
    std::memcpy(bits.row(row), bytes.data(), bytes.size());
    bits.row(row)[bits.units() / 64] &= (std::uint64_t{1} << (bits.units() % 64)) - 1;
}

linalg::Matrix<float> to_spins(const BitRows& bits) {
    linalg::Matrix<float> spins(bits.rows(), bits.units());
    for (int r = 0; r < bits.rows(); ++r) {
        for (int i = 0; i < bits.units(); ++i) spins(r, i) = bits(r, i) ? 1.0F : -1.0F;
    }
    return spins;
}

} // namespace blockspin::net
