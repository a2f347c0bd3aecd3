#pragma once

#include <cstdint>
#include <span>

#include <blockspin/linalg/matrix.hpp>
#include <blockspin/net/dataset.hpp>
#include <blockspin/net/lookup_rbm.hpp>
#include <blockspin/net/shards.hpp>

namespace blockspin::net {

/// Rows whose contribution to the gradient is rounded to integers together: the same ones on any layout.
inline constexpr std::int64_t grey_shard_rows = 64;

/// Columns of the weights that are worked on together.
inline constexpr int chunk_columns = 128;

/// The grey units of a rank's share of a minibatch, whole shards of it. A unit of level l is +1 with probability
/// l/255, and enters averages with its mean 2 l/255 − 1.
class GreyRows {
  public:
    /// The given rows of the data, which must be means.
    void take(const Dataset& data, std::span<const std::int64_t> rows);
    int rows() const noexcept { return by_row_.rows(); }

    /// As LookupRbm::hidden_means() of bits, into the first rows of the means.
    void hidden_means(const LookupRbm& machine, const Draws& draws, RoundedMeans& means, BitRows* hidden) const;
    /// sums[i] += Σ_r level(r, i).
    void add_levels(std::span<std::int32_t> sums) const;
    /// sums(i, c) += Σ_r level(r, i) m(r, j) / 255, column c being that of the means with number j = `first_column` +
    /// c, shard by shard rounded to integers. `sums` are all columns of some tiles, a row for each visible unit.
    void add_products(const RoundedMeans& means, int first_column, linalg::MatrixView<std::int32_t> sums) const;

  private:
    linalg::Matrix<std::int32_t> by_row_;  ///< [row][pair of units]: two levels to a word
    linalg::Matrix<std::int32_t> by_unit_; ///< [pair of rows][unit]
};

} // namespace blockspin::net
