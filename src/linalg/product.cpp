#include <blockspin/linalg/product.hpp>

#include "single_thread.hpp"

#include <cblas.h>

#include <algorithm>
#include <functional>

namespace blockspin::linalg {

namespace {

struct Shape {
    int rows, cols;
};

template <class T> Shape shape(Op op, MatrixView<T> a) {
    return op == Op::none ? Shape{a.rows(), a.cols()} : Shape{a.cols(), a.rows()};
}

CBLAS_TRANSPOSE native(Op op) { return op == Op::none ? CblasNoTrans : CblasTrans; }

template <class T> int stride(MatrixView<T> a) { return std::max(1, a.cols()); }

template <class T> bool overlap(std::span<const T> a, std::span<const T> b) {
    const std::less<const T*> before;
    return !a.empty() && !b.empty() && before(a.data(), b.data() + b.size()) && before(b.data(), a.data() + a.size());
}

template <class T>
void check_gemm(Op op_a, Op op_b, MatrixView<const T> a, MatrixView<const T> b, MatrixView<const T> c) {
    const Shape left = shape(op_a, a), right = shape(op_b, b);
    core::ensure(left.cols == right.rows && left.rows == c.rows() && right.cols == c.cols(),
                 "shapes of the factors and the result of a matrix product match");
    core::ensure(!overlap(a.values(), c.values()) && !overlap(b.values(), c.values()),
                 "the result of a matrix product does not overlap its factors");
}

template <class T> void check_gemv(Op op_a, MatrixView<const T> a, std::span<const T> x, std::span<const T> y) {
    const Shape left = shape(op_a, a);
    core::ensure(static_cast<std::size_t>(left.cols) == x.size() && static_cast<std::size_t>(left.rows) == y.size(),
                 "shapes of the matrix, the vector and the result of a product match");
    core::ensure(!overlap(a.values(), y) && !overlap(x, y), "the result of a product does not overlap its factors");
}

// An empty sum: BLAS returns before it looks at beta where the inner extent is zero in gemv.
template <class T> void scale(T beta, std::span<T> y) {
    for (T& value : y) value = beta == T{0} ? T{0} : beta * value;
}

} // namespace

void gemm(Op op_a, Op op_b, double alpha, MatrixView<const double> a, MatrixView<const double> b, double beta,
          MatrixView<double> c) {
    check_gemm<double>(op_a, op_b, a, b, c);
    const SingleThread one;
    cblas_dgemm(CblasRowMajor, native(op_a), native(op_b), c.rows(), c.cols(), shape(op_a, a).cols, alpha, a.data(),
                stride(a), b.data(), stride(b), beta, c.data(), stride(c));
}

void gemm(Op op_a, Op op_b, float alpha, MatrixView<const float> a, MatrixView<const float> b, float beta,
          MatrixView<float> c) {
    check_gemm<float>(op_a, op_b, a, b, c);
    const SingleThread one;
    cblas_sgemm(CblasRowMajor, native(op_a), native(op_b), c.rows(), c.cols(), shape(op_a, a).cols, alpha, a.data(),
                stride(a), b.data(), stride(b), beta, c.data(), stride(c));
}

void gemv(Op op_a, double alpha, MatrixView<const double> a, std::span<const double> x, double beta,
          std::span<double> y) {
    check_gemv<double>(op_a, a, x, y);
    if (a.size() == 0) return scale(beta, y);
    const SingleThread one;
    cblas_dgemv(CblasRowMajor, native(op_a), a.rows(), a.cols(), alpha, a.data(), stride(a), x.data(), 1, beta,
                y.data(), 1);
}

void gemv(Op op_a, float alpha, MatrixView<const float> a, std::span<const float> x, float beta, std::span<float> y) {
    check_gemv<float>(op_a, a, x, y);
    if (a.size() == 0) return scale(beta, y);
    const SingleThread one;
    cblas_sgemv(CblasRowMajor, native(op_a), a.rows(), a.cols(), alpha, a.data(), stride(a), x.data(), 1, beta,
                y.data(), 1);
}

Matrix<double> product(MatrixView<const double> a, MatrixView<const double> b, Op op_a, Op op_b) {
    Matrix<double> c(shape(op_a, a).rows, shape(op_b, b).cols);
    gemm(op_a, op_b, 1, a, b, 0, c);
    return c;
}

} // namespace blockspin::linalg
