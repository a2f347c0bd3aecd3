#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/linalg/matrix.hpp>
#include <blockspin/net/bit_rows.hpp>
#include <blockspin/rng/key.hpp>

namespace blockspin::net {

/// Rows of units that are +1 or −1, one bit each, held in full by every rank: 20 000 configurations of 40 × 40 spins
/// are 4 MB.
class Dataset {
  public:
    /// `bits` is uint8[rows, ⌈units/8⌉], little bit order, 1 = +1; bits beyond the last unit mean nothing. `chains` are
    /// the numbers of consecutive rows that come from one Markov chain each; none: all from one. The last `held_out`
    /// rows are not for training, whatever else is held out.
    /// InputError if there is no row or no unit, if the bits are not whole rows, if the chains are not all of them, or
    /// if all rows are held out.
    Dataset(int units, std::vector<std::uint8_t> bits, std::vector<std::int64_t> chains = {},
            std::int64_t held_out = 0);
    /// Rows of units that are +1 with probabilities levels/255, drawn by redraw(key, 0). `levels` is uint8[rows,
    /// units]. InputError as above.
    static Dataset grey(int units, std::vector<std::uint8_t> levels, std::vector<std::int64_t> chains,
                        std::int64_t held_out, const rng::Key& key);

    /// The same rows kept as they are: unpacked, units are their means 2 levels/255 − 1, as if always drawn anew. What
    /// needs ±1 sees one draw.
    static Dataset means(int units, std::vector<std::uint8_t> levels, std::vector<std::int64_t> chains,
                         std::int64_t held_out, const rng::Key& key);

    /// Rows of any numbers, for Gaussian units. What needs ±1 sees their signs. InputError as above.
    static Dataset real(int units, std::vector<float> values, std::vector<std::int64_t> chains, std::int64_t held_out);

    /// Draws all rows but those that are held out for the given time, from 0; of data that are not grey, or means,
    /// nothing changes. A draw depends on key, row and time alone (rng::Purpose::binarise).
    void redraw(const rng::Key& key, std::int64_t time);

    int units() const noexcept { return units_; }
    std::int64_t rows() const noexcept { return static_cast<std::int64_t>(bits_.size() / row_bytes()); }
    const std::vector<std::int64_t>& chains() const noexcept { return chains_; }
    std::int64_t held_out() const noexcept { return held_out_; }
    /// Are units their means?
    bool are_means() const noexcept { return are_means_; }
    /// Are units any numbers?
    bool are_real() const noexcept { return !reals_.empty(); }
    /// Of one row of means.
    std::span<const std::uint8_t> levels(std::int64_t row) const noexcept {
        const auto units = static_cast<std::size_t>(units_);
        return std::span(levels_).subspan(static_cast<std::size_t>(row) * units, units);
    }

    /// The given rows as ±1, means or numbers, one matrix row each. InternalError for a matrix of another shape or a
    /// row that is not there.
    void unpack(std::span<const std::int64_t> rows, linalg::MatrixView<float> units) const;
    /// The given rows as bits. InternalError as above.
    void unpack(std::span<const std::int64_t> rows, BitRows& units) const;
    /// One row as ±1.
    std::vector<std::int8_t> spins(std::int64_t row) const;

  private:
    std::size_t row_bytes() const noexcept { return (static_cast<std::size_t>(units_) + 7) / 8; }
    const std::uint8_t* row(std::int64_t number) const;
    void draw_rows(const rng::Key& key, std::int64_t time, std::int64_t first, std::int64_t end);

    int units_;
    std::vector<std::uint8_t> bits_;
    std::vector<std::int64_t> chains_;
    std::int64_t held_out_;
    std::vector<std::uint8_t> levels_; ///< of grey data
    std::int64_t time_ = 0;            ///< of their last draw
    bool are_means_ = false;
    std::vector<float> reals_; ///< of real data
};

/// Appends rows of ±1 to bits in the layout of a Dataset.
void append_packed(linalg::MatrixView<const float> units, std::vector<std::uint8_t>& bits);

/// Unpacks as many rows as the matrix has; returns the bits that follow. InternalError if there are too few.
std::span<const std::uint8_t> unpack_rows(std::span<const std::uint8_t> bits, linalg::MatrixView<float> units);

/// Row numbers of a dataset, each in one of the two parts, in ascending order.
struct Split {
    std::vector<std::int64_t> training;
    std::vector<std::int64_t> held_out;
};

/// The held-out rows of the data where there are any; else holds out the last rows of every chain, the given fraction
/// of each, rounded. Rows near each other in a chain are alike, so rows held out here and there would be known from
/// their neighbours. InputError if no row is left for training, or if none is held out although fraction > 0.
Split split(const Dataset& data, double fraction);

} // namespace blockspin::net
