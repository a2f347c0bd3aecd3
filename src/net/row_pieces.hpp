#pragma once

#include <algorithm>
#include <cstdint>

#include <omp.h>

namespace blockspin::net {

/// Rows cut into nearly equal pieces, so many that, with `tiles` tiles each, all threads find work. Only results that
/// do not depend on the cut may use it.
class RowPieces {
  public:
    RowPieces(int rows, int tiles)
        : rows_(rows), count_(std::clamp((2 * omp_get_max_threads() + tiles - 1) / std::max(tiles, 1), 1,
                                         std::max(rows / least_rows, 1))) {
        if (omp_get_max_threads() == 1) count_ = 1;
    }

    int count() const noexcept { return count_; }
    /// Of the longest piece.
    int most_rows() const noexcept { return (rows_ + count_ - 1) / count_; }
    /// The first row of a piece; the end of the last one for `count()`.
    int first(int piece) const noexcept { return static_cast<int>(static_cast<std::int64_t>(rows_) * piece / count_); }

  private:
    static constexpr int least_rows = 64; ///< fewer are not worth the tables that each piece makes for itself

    int rows_;
    int count_;
};

} // namespace blockspin::net
