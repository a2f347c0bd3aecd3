#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include <blockspin/linalg/matrix.hpp>

namespace blockspin::tensor {

/// Extents of the legs of a tensor, the last one fastest in memory.
using Extents = std::vector<int>;

/// A dense real tensor with value semantics.
class Tensor {
  public:
    Tensor() = default;
    /// All elements zero.
    explicit Tensor(Extents extents);
    /// InternalError unless there are as many values as the extents say.
    Tensor(Extents extents, std::vector<double> values);
    Tensor(Extents extents, const linalg::Matrix<double>& values);

    const Extents& extents() const noexcept { return extents_; }
    int extent(int leg) const { return extents_[static_cast<std::size_t>(leg)]; }
    std::span<double> values() noexcept { return values_; }
    std::span<const double> values() const noexcept { return values_; }

    /// The same numbers with the legs in another order: leg k of the result is leg order[k] of this.
    Tensor permuted(const std::vector<int>& order) const;
    /// The first `legs` legs as rows, the others as columns.
    linalg::MatrixView<const double> matrix(int legs) const;

  private:
    Extents extents_;
    std::vector<double> values_;
};

/// Σ over the last `legs` legs of a and the first `legs` of b. Threaded over blocks of rows that do not depend on the
/// number of threads, so neither do the bits.
Tensor contracted(const Tensor& a, const Tensor& b, int legs);

/// a aᵀ with the first `legs` legs of a as rows; threaded alike.
Tensor gram(const Tensor& a, int legs);

} // namespace blockspin::tensor
