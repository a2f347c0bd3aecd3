#include <blockspin/tensor/leading.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/linalg/lapack.hpp>
#include <blockspin/linalg/product.hpp>
#include <blockspin/rng/draws.hpp>

#include <algorithm>
#include <cmath>

namespace blockspin::tensor {

namespace {

using linalg::Matrix;
using linalg::MatrixView;
using linalg::Op;

/// Matrices up to this size are diagonalised completely.
constexpr int dense_size = 160;
constexpr int most_iterations = 100;

Matrix<double> symmetric_part(Matrix<double> a) {
    for (int i = 0; i < a.rows(); ++i)
        for (int j = 0; j < i; ++j) a(i, j) = a(j, i) = 0.5 * (a(i, j) + a(j, i));
    return a;
}

/// Eigenvalues and eigenvectors by falling eigenvalue.
linalg::SymmetricEigen falling(const Matrix<double>& a) {
    linalg::SymmetricEigen eigen = linalg::eigen_symmetric(a);
    std::ranges::reverse(eigen.values);
    for (int i = 0; i < eigen.vectors.rows(); ++i) std::ranges::reverse(eigen.vectors.row(i));
    return eigen;
}

Matrix<double> first_columns(const Matrix<double>& a, int count) {
    Matrix<double> result(a.rows(), count);
    for (int i = 0; i < a.rows(); ++i) std::copy_n(a.row(i).begin(), count, result.row(i).begin());
    return result;
}

void scale_columns(Matrix<double>& a, const std::vector<double>& factors) {
    for (int i = 0; i < a.rows(); ++i)
        for (int j = 0; j < a.cols(); ++j) a(i, j) *= factors[static_cast<std::size_t>(j)];
}

/// An orthonormal basis of what the columns span, without directions that are lost in rounding.
Matrix<double> orthonormal(Matrix<double> a) {
    for (int pass = 0; pass < 2; ++pass) {
        std::vector<double> factors(static_cast<std::size_t>(a.cols()), 0.0);
        for (int i = 0; i < a.rows(); ++i)
            for (int j = 0; j < a.cols(); ++j) factors[static_cast<std::size_t>(j)] += a(i, j) * a(i, j);
        for (double& square : factors) square = square > 0.0 ? 1.0 / std::sqrt(square) : 0.0;
        scale_columns(a, factors);
        const linalg::SymmetricEigen eigen = falling(symmetric_part(linalg::product(a, a, Op::transpose)));
        std::vector<double> lengths;
        for (const double value : eigen.values)
            if (value > 1e-10) lengths.push_back(1.0 / std::sqrt(value));
        a = linalg::product(a, first_columns(eigen.vectors, static_cast<int>(lengths.size())));
        scale_columns(a, lengths);
    }
    return a;
}

Matrix<double> random_columns(int rows, int cols) {
    const rng::Key key(0);
    Matrix<double> result(rows, cols);
    for (int i = 0; i < rows; ++i)
        for (int j = 0; j < cols; ++j)
            result(i, j) = rng::uniform(key, {.purpose = rng::Purpose::krylov_start, .step = j, .place = i}) - 0.5;
    return result;
}

double trace(MatrixView<const double> a) {
    double sum = 0.0;
    for (int i = 0; i < a.rows(); ++i) sum += a(i, i);
    return sum;
}

Leading leading(const Matrix<double>& vectors, const std::vector<double>& values, int count, double whole) {
    const int kept = std::min(count, vectors.cols());
    double sum = 0.0;
    for (int k = 0; k < kept; ++k) sum += values[static_cast<std::size_t>(k)];
    return {first_columns(vectors, kept), whole > 0.0 ? std::max(0.0, 1.0 - sum / whole) : 0.0};
}

} // namespace

Leading leading_vectors(MatrixView<const double> matrix, int count) {
    core::ensure(matrix.rows() == matrix.cols(), "a matrix with eigenvectors is square");
    const double whole = trace(matrix);
    const int n = matrix.rows(), room = 2 * count + 8;
    if (n <= dense_size || n <= room) {
        const linalg::SymmetricEigen eigen = falling(symmetric_part(Matrix<double>(matrix)));
        return leading(eigen.vectors, eigen.values, count, whole);
    }
    Matrix<double> basis = orthonormal(random_columns(n, room));
    double before = -1.0;
    for (int iteration = 0;; ++iteration) {
        const Matrix<double> image = linalg::product(matrix, basis);
        const linalg::SymmetricEigen ritz = falling(symmetric_part(linalg::product(basis, image, Op::transpose)));
        const Leading found = leading(linalg::product(basis, ritz.vectors), ritz.values, count, whole);
        if (std::abs(found.discarded - before) < 1e-14 || iteration == most_iterations) return found;
        before = found.discarded;
        basis = orthonormal(linalg::product(image, ritz.vectors));
    }
}

} // namespace blockspin::tensor
