#pragma once

namespace blockspin::bounds {

/// How far a tensor bound goes.
struct LedgerShape {
    int ring = 0;    ///< L, sites around the cylinder: a multiple of 8; 0 for the one that gives the least bound
    int levels = 6;  ///< n: the operator is squared n − 1 times after V Vᵀ, to 2^n layers
    int bond = 12;   ///< χ, largest bond dimension that is kept
    int states = 60; ///< Krylov vectors in each of four symmetry sectors at the top; 0.7 of that on each level below
};

/// An upper bound on f of the infinite square lattice and what it cost.
struct LedgerBound {
    double value = 0.0;
    int ring = 0;   ///< the one it was found on
    int levels = 0; ///< and to which level
    double operations = 0.0;
};

/// Tensor renormalization whose truncation error is certified. V adds a layer along the diagonal of the square lattice
/// to a ring of L spins, and f ≤ ln‖V‖/L (see diagonal_cylinder()). A_1 = V Vᵀ is a product of matrices of bond
/// dimension 2 around the ring. A_k A_kᵀ has the square of the bond dimension of A_k, and A_{k+1} = Pᵀ(A_k A_kᵀ)P keeps
/// χ of it, P being the leading eigenvectors of its environment. What that changes is entered in a ledger,
///
///     ‖A_k‖² = ‖D‖ ≤ ‖A_{k+1}‖ + e_k,   D = A_k A_kᵀ,   e_k² = ‖D − A_{k+1}‖_F² = Tr E_DD^L − 2 Tr E_DA^L + Tr E_AA^L,
///
/// E_XY being the transfer matrix of one site of Tr X Yᵀ; at the top ‖A_n‖ ≤ (Tr A_n⁴)^{1/4}. Tr E_DD^L is bounded
/// above by Ritz values, what they leave of Tr E_DD^16, and their residuals; Tr E_DA^L below by Ritz values.
///
/// The A_k do not depend on L, so one renormalization serves rings of all lengths, and any level can be the top: the
/// least bound of all is returned. Rings of about 2^n are best: on longer ones the trace at the top gives away more.
///
/// Any nearest-neighbour coupling K and field h. InputError for a ring that is no multiple of 8, fewer than 3 levels,
/// or bonds below 4.
LedgerBound operator_ledger_bound(double K, double h, const LedgerShape& shape);

} // namespace blockspin::bounds
