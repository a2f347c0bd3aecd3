#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/linalg/matrix.hpp>

namespace blockspin::net {

/// Units first … end − 1 of a layer.
struct UnitRange {
    int first = 0, end = 0;

    int count() const noexcept { return end - first; }
};

/// Rows of binary units, one bit each, 1 = on (+1 where units are ±1): unit i of a row is bit i mod 64 of its word
/// ⌊i/64⌋. Bits beyond the last unit are 0; a word of zeros follows every row, so that 64 bits can be read from any of
/// its bytes.
class BitRows {
  public:
    BitRows() = default;
    /// All units off. InternalError for a negative extent.
    BitRows(int rows, int units)
        : rows_(rows), units_(units), row_words_((static_cast<std::size_t>(units) + 63) / 64 + 1) {
        core::ensure(rows >= 0 && units >= 0, "bits have no negative extent");
        words_.resize(row_words_ * static_cast<std::size_t>(rows));
    }

    int rows() const noexcept { return rows_; }
    int units() const noexcept { return units_; }
    /// Words from the start of one row to that of the next.
    std::size_t row_words() const noexcept { return row_words_; }
    std::uint64_t* row(int r) noexcept { return words_.data() + row_words_ * static_cast<std::size_t>(r); }
    const std::uint64_t* row(int r) const noexcept { return words_.data() + row_words_ * static_cast<std::size_t>(r); }
    bool operator()(int r, int unit) const noexcept { return (row(r)[unit / 64] >> (unit % 64) & 1) != 0; }
    bool operator==(const BitRows&) const = default;

  private:
    int rows_ = 0;
    int units_ = 0;
    std::size_t row_words_ = 1;
    std::vector<std::uint64_t> words_;
};

/// Row u of the result gets, from bit `first` on, unit u of every row of `bits`; those bits must be 0 before.
/// InternalError unless it has as many rows as there are units, and room for the bits.
void transpose(const BitRows& bits, int first, BitRows& result);

/// The rows as bytes, uint8[rows, ⌈units/8⌉] in little bit order, and back. InternalError if there are not as many
/// bytes.
std::vector<std::uint8_t> packed_bytes(const BitRows& bits);
void unpack_bytes(std::span<const std::uint8_t> bytes, BitRows& bits);
/// One row of them.
void unpack_bytes(std::span<const std::uint8_t> bytes, int row, BitRows& bits);

/// The rows as ±1.
linalg::Matrix<float> to_spins(const BitRows& bits);

} // namespace blockspin::net
