#pragma once

#include "ring_operator.hpp"

namespace blockspin::bounds {

/// At most: Tr E^8 and Tr E^16 over the vectors that are even or odd under an exchange.
struct PowerTraces {
    double eighth = 0.0;
    double sixteenth = 0.0;
};

/// Of E = Σ_st D_st ⊗ D_st, for D = A Aᵀ with A of bond `c`. The exchange is that of the two bonds of A in either
/// factor, f ⊗ f with f D_st f = D_ts.
///
/// E^m = Σ_i P_i ⊗ P_i, where P_i runs over the products of m of the D_st. With the eigenvalues g_a of their Gram
/// matrix Tr P_iᵀ P_j and its eigenvectors, E^m = Σ_a Q_a ⊗ Q_a with Tr Q_aᵀ Q_b = g_a δ_ab, and leaving out some a
/// changes it by (Σ g_a²)^{1/2} in the Frobenius norm. So X_2 is E² and X_4 is X_2² but for errors ε_2 and ε_4, and as
/// a Schatten norm is no larger than the Frobenius norm,
///
///     (Tr E^16)^{1/8} ≤ ‖X_2‖_8 + ε_2,   ‖X_2‖_8² ≤ ‖X_4‖_4 + ε_4,   ‖X_4‖_4⁴ = Σ (Tr (Q_a Q_b)ᵀ Q_c Q_d)².
struct PowerTracesOfSquare {
    PowerTraces even, odd;
    double operations = 0.0;
};
/// `norm` bounds ‖E‖_F with the moduli of all elements of A. What rounding can do is in the traces, bounded product by
/// product.
PowerTracesOfSquare power_traces(const RingOperator& d, int c, double norm);

} // namespace blockspin::bounds
