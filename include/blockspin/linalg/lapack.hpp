#pragma once

#include <complex>
#include <span>
#include <string>
#include <vector>

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/matrix.hpp>

namespace blockspin::linalg {

/// A problem that has no (computable) solution: a singular system, an iteration that does not converge, numbers that
/// are not finite.
class NumericalError : public core::InputError {
  public:
    NumericalError(std::string routine, int info, const std::string& reason)
        : InputError(routine + ": " + reason), routine_(std::move(routine)), info_(info) {}
    const std::string& routine() const noexcept { return routine_; } ///< of LAPACK, "dgesvx"
    int info() const noexcept { return info_; }                      ///< as LAPACK returned it; 0 for input not finite

  private:
    std::string routine_;
    int info_;
};

// All on one thread, see product.hpp. All throw NumericalError as above, InternalError if shapes do not match.

/// x of a x = b, one solution per column of b; a is square. NumericalError if a is singular to working precision, that
/// is, if its reciprocal condition number after equilibration is below 1.1e-16. LAPACK's dgesvx: LU factors of the
/// equilibrated matrix, then iterative refinement.
Matrix<double> solve(MatrixView<const double> a, MatrixView<const double> b);
std::vector<double> solve(MatrixView<const double> a, std::span<const double> b);

struct LeastSquares {
    Matrix<double> x; ///< one solution per column of b
    int rank = 0;     ///< of a, counting singular values above `threshold` times the largest
};

/// x of least |a x − b|, and of least |x| among those, by dgelsd. Rows of a are equations, at least one.
LeastSquares least_squares(MatrixView<const double> a, MatrixView<const double> b, double threshold = 1e-13);

struct SymmetricEigen {
    std::vector<double> values; ///< ascending
    Matrix<double> vectors;     ///< column k belongs to values[k]; orthonormal; its largest component is positive
};

/// a = V diag(λ) V^T by dsyevd. InternalError unless a is symmetric to 1e-10 of its largest element.
SymmetricEigen eigen_symmetric(MatrixView<const double> a);

struct GeneralEigen {
    std::vector<std::complex<double>> values; ///< by falling modulus, then real part, then imaginary part
    Matrix<std::complex<double>> right;       ///< column k: a v = λ_k v
    Matrix<std::complex<double>> left;        ///< column k: u^H a = λ_k u^H
};

/// Eigenvalues and both sets of eigenvectors of a square matrix by dgeev. Vectors have norm 1, and their largest
/// component is real and positive. u_j^H v_k = 0 if λ_j ≠ λ_k; 1/|u_k^H v_k| is the condition number of λ_k.
GeneralEigen eigen_general(MatrixView<const double> a);

struct Svd {
    Matrix<double> u;           ///< rows × k, orthonormal columns, the largest component of each positive
    std::vector<double> values; ///< the k = min(rows, cols) singular values, falling
    Matrix<double> vt;          ///< k × cols, orthonormal rows
};

/// a = U diag(s) V^T, the thin decomposition, by dgesdd.
Svd svd(MatrixView<const double> a);

} // namespace blockspin::linalg
