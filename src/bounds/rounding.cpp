#include "rounding.hpp"

#include <blockspin/core/check.hpp>
#include <blockspin/linalg/product.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace blockspin::bounds {

namespace {

using linalg::Matrix;
using linalg::Op;

constexpr int piece = 256;

Matrix<double> columns_of(const Matrix<double>& a, int first, int count) {
    Matrix<double> result(a.rows(), count);
    for (int i = 0; i < a.rows(); ++i) std::ranges::copy(a.row(i).subspan(first, count), result.row(i).begin());
    return result;
}

} // namespace

double frobenius(const Matrix<double>& a) {
    double sum = 0.0;
    for (int i = 0; i < a.rows(); ++i)
        sum += std::inner_product(a.row(i).begin(), a.row(i).end(), a.row(i).begin(), 0.0);
    return std::sqrt(sum);
}

Matrix<double> inner_products(const Matrix<double>& a, const Matrix<double>& b) {
    core::ensure(a.cols() == b.cols(), "rows have a product if they are equally long");
    Matrix<double> result(a.rows(), b.rows());
    for (int first = 0; first < a.cols(); first += piece) {
        const int count = std::min(piece, a.cols() - first);
        const Matrix<double> part =
            linalg::product(columns_of(a, first, count), columns_of(b, first, count), Op::none, Op::transpose);
        for (std::size_t i = 0; i < result.size(); ++i) result.values()[i] += part.values()[i];
    }
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
