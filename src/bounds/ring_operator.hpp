#pragma once

#include <array>
#include <span>
#include <vector>

#include <blockspin/linalg/matrix.hpp>

namespace blockspin::bounds {

/// An operator on a ring of spins as a product of matrices: element (s, s') is Tr Π_i site[s_i][s'_i]. Every matrix
/// is symmetric, so that the operator is the same read from left and from right.
struct RingOperator {
    std::array<std::array<linalg::Matrix<double>, 2>, 2> site;

    int bond() const { return site[0][0].rows(); }
    const linalg::Matrix<double>& operator()(int s, int t) const {
        return site[static_cast<std::size_t>(s)][static_cast<std::size_t>(t)];
    }
};

/// With s and s' exchanged.
RingOperator transposed(const RingOperator& a);

/// D_st = Σ_v A_sv ⊗ A_tv of D = A Aᵀ, its bond the pair of bonds of A.
RingOperator squared(const RingOperator& a);

/// The transfer matrix E of one site of Tr X_1 X_2 … X_n around a ring: vectors have one index for the bond of each
/// operator, the first one slowest. E is symmetric.
class RingTransfer {
  public:
    explicit RingTransfer(std::vector<const RingOperator*> operators);

    int size() const noexcept { return size_; }
    /// Additions and multiplications of one application.
    double operations() const noexcept { return operations_; }
    /// ‖E‖_F at most, also if all elements of all operators are replaced by their moduli: Tr N_1 … N_n of the Frobenius
    /// norms of their matrices.
    double norm_at_most() const noexcept { return norm_at_most_; }
    /// How far rounding can bring E x from its value, for a vector of length 1; for all of them at once, with E as a
    /// matrix, in the Frobenius norm.
    double rounding() const noexcept;
    /// E x for each row x. Threaded over rows.
    linalg::Matrix<double> apply(linalg::MatrixView<const double> rows) const;

  private:
    std::vector<double> image(std::span<const double> x) const;

    std::vector<const RingOperator*> operators_;
    int size_ = 1;
    double operations_ = 0.0;
    double norm_at_most_ = 0.0;
};

/// Ritz pairs of a symmetric operator.
struct RitzPairs {
    std::vector<double> values;    ///< by growing residual
    std::vector<double> residuals; ///< ‖E q − θ q‖ of each
    std::vector<double> leading;   ///< the vector of the value of largest modulus
    double stretch = 0.0; ///< the operator in an orthonormal basis of the same space is U diag(values) Uᵀ up to `shift`
    double shift = 0.0;   ///< in the Frobenius norm, with ‖Uᵀ U − 1‖ ≤ `stretch`
    double residual_rounding = 0.0; ///< of all residuals, (Σ r²)^{1/2}
};

/// A subspace with an orthonormal basis whose vectors have no component in common: component i of the whole space
/// belongs to the vector place[i], with weight[i].
struct Sector {
    std::vector<int> place;
    std::vector<double> weight; ///< 0 where no vector has this component
    int size = 0;               ///< vectors
};

/// The whole space.
Sector whole(int size);

/// Of four bonds c × c × c × c: even or odd under the exchange (a, b, c, d) → (b, a, d, c) and under the turn
/// (a, b, c, d) → (c, d, a, b). E does not leave it if the four operators are A, Aᵀ, A and Aᵀ.
Sector sector_of_four(int c, bool odd_exchange, bool odd_turn);

/// In a Krylov space of `states` vectors (at most) within a subspace that E does not leave. From a start with random
/// components that is the same in every call.
RitzPairs ritz_pairs(const RingTransfer& transfer, int states, const Sector& sector);

} // namespace blockspin::bounds
