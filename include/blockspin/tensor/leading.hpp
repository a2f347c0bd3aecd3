#pragma once

#include <blockspin/linalg/matrix.hpp>

namespace blockspin::tensor {

/// The leading eigenvectors of a symmetric positive semidefinite matrix.
struct Leading {
    linalg::Matrix<double> vectors; ///< orthonormal columns, by falling eigenvalue
    double discarded = 0.0;         ///< share of the trace outside of them, not below 0
};

/// `count` of them, or all. By orthogonal iteration in a subspace of about twice as many vectors with Rayleigh–Ritz,
/// from a random start that is the same in every call, until the trace within the leading vectors stops to grow;
/// completely where the matrix is small. InternalError unless the matrix is square.
Leading leading_vectors(linalg::MatrixView<const double> matrix, int count);

} // namespace blockspin::tensor
