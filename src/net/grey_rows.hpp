#pragma once

#include <cstdint>
#include <span>

#include <blockspin/linalg/matrix.hpp>
#include <blockspin/net/dataset.hpp>
#include <blockspin/net/lookup_rbm.hpp>
#include <blockspin/net/rbm.hpp>
#include <blockspin/net/shards.hpp>

namespace blockspin::net {

/// Rows of one matrix product with grey units. Products have shapes that do not depend on the layout, and their results
/// are rounded before they are added.
inline constexpr std::int64_t grey_shard_rows = 64;

/// Columns of the weights that are worked on together.
inline constexpr int chunk_columns = 128;

/// The grey units of a rank's share of a minibatch, whole shards of it.
class GreyRows {
  public:
    /// The given rows of the data, which must be means.
    void take(const Dataset& data, std::span<const std::int64_t> rows);
    int rows() const noexcept { return units_.rows(); }

    /// tanh of the fields on the hidden units into the first rows of the means, and, unless nullptr, units drawn from
    /// the same fields, as LookupRbm::hidden_means() does.
    void hidden_means(const Rbm<float>& rbm, const Draws& draws, RoundedMeans& means, BitRows* hidden) const;
    /// sums[i] += Σ_r level(r, i).
    void add_levels(std::span<std::int32_t> sums) const;
    /// sums += Σ_r v(r, i) m(r, j) / 2 for the columns of some tiles, beginning with a whole chunk, of the means, shard
    /// by shard rounded to integers. `sums` holds [tile][visible unit][column].
    void add_products(const RoundedMeans& means, int first_tile, int end_tile, std::span<std::int32_t> sums) const;

  private:
    linalg::Matrix<float> units_;
};

} // namespace blockspin::net
