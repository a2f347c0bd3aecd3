#include <blockspin/tensor/tensor.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/linalg/product.hpp>

#include <functional>
#include <numeric>

namespace blockspin::tensor {

namespace {

using linalg::Op;

/// Rows of a product that one thread computes at a time.
constexpr int block_rows = 128;

std::size_t product(std::span<const int> extents) {
    return std::accumulate(extents.begin(), extents.end(), std::size_t{1}, std::multiplies<>());
}

void multiply(linalg::MatrixView<const double> a, linalg::MatrixView<const double> b, Op op_b,
              linalg::MatrixView<double> out) {
    const int blocks = (a.rows() + block_rows - 1) / block_rows;
#pragma omp parallel for schedule(static) if (blocks > 1)
    for (int block = 0; block < blocks; ++block) {
        const int first = block * block_rows, count = std::min(block_rows, a.rows() - first);
        linalg::gemm(Op::none, op_b, 1.0, a.row_block(first, count), b, 0.0, out.row_block(first, count));
    }
}

} // namespace

Tensor::Tensor(Extents extents) : extents_(std::move(extents)), values_(product(extents_), 0.0) {}

Tensor::Tensor(Extents extents, std::vector<double> values) : extents_(std::move(extents)), values_(std::move(values)) {
    core::ensure(values_.size() == product(extents_), "a tensor has as many elements as its extents say");
}

Tensor::Tensor(Extents extents, const linalg::Matrix<double>& values)
    : Tensor(std::move(extents), {values.values().begin(), values.values().end()}) {}

Tensor Tensor::permuted(const std::vector<int>& order) const {
    const std::size_t legs = extents_.size();
    core::ensure(order.size() == legs, "a permutation names every leg");
    std::vector<std::size_t> strides(legs, 1), from;
    for (std::size_t k = legs - 1; k-- > 0;) strides[k] = strides[k + 1] * static_cast<std::size_t>(extents_[k + 1]);
    Extents extents;
    for (const int leg : order) {
        extents.push_back(extent(leg));
        from.push_back(strides[static_cast<std::size_t>(leg)]);
    }
    Tensor result(extents);
    std::vector<int> at(legs, 0);
    const int fastest = extents.back();
    std::size_t source = 0;
    for (auto out = result.values_.begin(); out != result.values_.end();) {
        for (int i = 0; i < fastest; ++i) *out++ = values_[source + static_cast<std::size_t>(i) * from.back()];
        for (std::size_t k = legs - 1; k-- > 0;) {
            source += from[k];
            if (++at[k] < extents[k]) break;
            source -= from[k] * static_cast<std::size_t>(extents[k]);
            at[k] = 0;
        }
    }
    return result;
}

linalg::MatrixView<const double> Tensor::matrix(int legs) const {
    const auto all = std::span(extents_);
    const auto rows = product(all.first(static_cast<std::size_t>(legs)));
    return {std::span(values_), static_cast<int>(rows), static_cast<int>(values_.size() / rows)};
}

Tensor contracted(const Tensor& a, const Tensor& b, int legs) {
    Extents extents(a.extents().begin(), a.extents().end() - legs);
    const auto kept = static_cast<int>(extents.size());
    extents.insert(extents.end(), b.extents().begin() + legs, b.extents().end());
    Tensor result(extents);
    const auto left = a.matrix(kept), right = b.matrix(legs);
    multiply(left, right, Op::none, {result.values(), left.rows(), right.cols()});
    return result;
}

Tensor gram(const Tensor& a, int legs) {
    Extents extents(a.extents().begin(), a.extents().begin() + legs);
    extents.insert(extents.end(), a.extents().begin(), a.extents().begin() + legs);
    Tensor result(extents);
    const auto rows = a.matrix(legs);
    multiply(rows, rows, Op::transpose, {result.values(), rows.rows(), rows.rows()});
    return result;
}

} // namespace blockspin::tensor
