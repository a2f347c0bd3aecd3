#include "rounding.hpp"

#include <blockspin/core/check.hpp>
#include <blockspin/linalg/product.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace blockspin::bounds {

namespace {

using linalg::Matrix;
using linalg::MatrixView;
using linalg::Op;

constexpr int piece = 256;

void copy_columns(const Matrix<double>& a, int first, MatrixView<double> to) {
    for (int i = 0; i < a.rows(); ++i) std::ranges::copy(a.row(i).subspan(first, to.cols()), to.row(i).begin());
}

} // namespace

double frobenius(const Matrix<double>& a) {
    double sum = 0.0;
    for (int i = 0; i < a.rows(); ++i)
        sum += std::inner_product(a.row(i).begin(), a.row(i).end(), a.row(i).begin(), 0.0);
    return std::sqrt(sum);
}

void add_inner_products(MatrixView<const double> a, MatrixView<const double> b, Matrix<double>& scratch,
                        Matrix<double>& sum) {
    core::ensure(a.cols() == b.cols() && a.rows() == b.rows(), "as many rows, equally long");
    const int n = a.rows(), blocks = (n + piece - 1) / piece;
#pragma omp parallel for schedule(dynamic)
    for (int block = 0; block < blocks; ++block) {
        const int top = block * piece, height = std::min(piece, n - top);
        const MatrixView<double> products(scratch.row(top).data(), height, n - top);
        linalg::gemm(Op::none, Op::transpose, 1.0, a.row_block(top, height), b.row_block(top, n - top), 0.0, products);
        for (int i = 0; i < height; ++i)
            for (int j = i; j < products.cols(); ++j) sum(top + i, top + j) += products(i, j);
    }
}

void mirror(Matrix<double>& sum) {
    for (int i = 0; i < sum.rows(); ++i)
        for (int j = 0; j < i; ++j) sum(i, j) = sum(j, i);
}

Matrix<double> inner_products(const Matrix<double>& a, const Matrix<double>& b) {
    const int n = a.rows();
    Matrix<double> result(n, n), left(n, piece), right(b.rows(), piece), scratch(n, n);
    for (int first = 0; first < a.cols(); first += piece) {
        const int count = std::min(piece, a.cols() - first);
        const MatrixView<double> some(left.data(), n, count), others(right.data(), b.rows(), count);
        copy_columns(a, first, some);
        copy_columns(b, first, others);
        add_inner_products(some, others, scratch, result);
    }
    mirror(result);
    return result;
}

double inner_rounding(double columns) { return rounding_of(std::min<double>(piece, columns) + columns / piece + 2); }

CertifiedEigen certified_eigen(const Matrix<double>& a) {
    CertifiedEigen result{linalg::eigen_symmetric(a)};
    const Matrix<double>& u = result.eigen.vectors;
    const int n = a.rows();
    Matrix<double> gram = linalg::product(u, u, Op::transpose), scaled = u, defect = a;
    for (int i = 0; i < n; ++i) gram(i, i) -= 1.0;
    // ‖|U|ᵀ|U|‖_F ≤ ‖U‖_F², which is n to rounding.
    result.skew = 1.01 * (frobenius(gram) + rounding_of(n + 1) * n);
    double sizes = 0.0; // ‖|U| |Λ| |U|ᵀ‖_F at most
    for (const double value : result.eigen.values) sizes += std::abs(value);
    for (int i = 0; i < n; ++i)
        for (int k = 0; k < n; ++k) scaled(i, k) *= result.eigen.values[static_cast<std::size_t>(k)];
    linalg::gemm(Op::none, Op::transpose, -1.0, scaled, u, 1.0, defect);
    result.defect = 1.01 * (frobenius(defect) + rounding_of(n + 3) * (sizes * (1 + result.skew) + frobenius(a)));
    return result;
}

} // namespace blockspin::bounds
