#pragma once

#include <blockspin/linalg/lapack.hpp>
#include <blockspin/linalg/matrix.hpp>

namespace blockspin::bounds {

// What rounding can do, bounded operation by operation (Higham, Accuracy and Stability of Numerical Algorithms, 2002,
// chapter 3): a sum of n products is off by n u/(1 − n u) times the sum of their moduli at most, whatever its order,
// with u = 2^{-53}.

inline constexpr double unit_roundoff = 0x1p-53;

/// n u/(1 − n u), and a hundredth more for the rounding of bounds themselves. Up to n = 10^12.
constexpr double rounding_of(double n) { return 1.01 * n * unit_roundoff; }

/// Powers and roots, taken to be right to 4 u, and sums of at most 4000 of them, all positive.
inline constexpr double rounding_of_powers = rounding_of(4020);

double frobenius(const linalg::Matrix<double>& a);

/// Aᵢ · Bⱼ for all rows, which must be Aⱼ · Bᵢ: half of them are computed. Columns are summed in pieces, so that it is
/// off by inner_rounding(columns) |A||B|ᵀ.
linalg::Matrix<double> inner_products(const linalg::Matrix<double>& a, const linalg::Matrix<double>& b);
double inner_rounding(double columns);

/// sum += Aᵢ · Bⱼ for j ≥ i and maybe some others, with a matrix like `sum` to work in; then sum to be completed by
/// mirror().
void add_inner_products(linalg::MatrixView<const double> a, linalg::MatrixView<const double> b,
                        linalg::Matrix<double>& scratch, linalg::Matrix<double>& sum);
/// Makes what is below the diagonal equal to what is above it.
void mirror(linalg::Matrix<double>& sum);

/// How far a is from U diag(values) Uᵀ, a being symmetric, and U from orthogonal.
struct CertifiedEigen {
    linalg::SymmetricEigen eigen;
    double skew = 0.0;   ///< ‖UᵀU − 1‖_F at most
    double defect = 0.0; ///< ‖a − U diag(values) Uᵀ‖_F at most
};
CertifiedEigen certified_eigen(const linalg::Matrix<double>& a);

} // namespace blockspin::bounds
