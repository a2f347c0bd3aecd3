#pragma once

#include <span>

#include <blockspin/linalg/matrix.hpp>

namespace blockspin::linalg {

/// Whether a factor enters a product as it is or transposed.
enum class Op : bool { none, transpose };

// All on one thread: the bits depend on shapes and processor type alone, not on who else computes what meanwhile.
// InternalError if shapes do not match or if the result overlaps a factor.

/// c ← alpha · op(a) op(b) + beta · c. With beta = 0, c need not hold numbers.
void gemm(Op op_a, Op op_b, double alpha, MatrixView<const double> a, MatrixView<const double> b, double beta,
          MatrixView<double> c);
void gemm(Op op_a, Op op_b, float alpha, MatrixView<const float> a, MatrixView<const float> b, float beta,
          MatrixView<float> c);

/// y ← alpha · op(a) x + beta · y. With beta = 0, y need not hold numbers.
void gemv(Op op_a, double alpha, MatrixView<const double> a, std::span<const double> x, double beta,
          std::span<double> y);
void gemv(Op op_a, float alpha, MatrixView<const float> a, std::span<const float> x, float beta, std::span<float> y);

/// op(a) op(b).
Matrix<double> product(MatrixView<const double> a, MatrixView<const double> b, Op op_a = Op::none, Op op_b = Op::none);

} // namespace blockspin::linalg
