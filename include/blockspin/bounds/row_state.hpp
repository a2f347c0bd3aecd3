#pragma once

namespace blockspin::bounds {

/// A lower bound on f of the infinite square lattice and what it cost.
struct RowStateBound {
    double value = 0.0;
    double operations = 0.0;
};

/// f ≥ ln(Λ_V/Λ_1): the Rayleigh quotient per site of the row transfer matrix V in the state of a row that is a matrix
/// product of the edge tensor of Nishino and Okunishi's corner transfer matrices (J. Phys. Soc. Jpn. 65 (1996) 891),
/// χ × 2 × χ. V is real and symmetric, so any state gives a bound: Λ_V is bounded below by a Rayleigh quotient, Λ_1
/// above by the decomposition that was computed and its measured defect, whatever the corner iteration converged to.
///
/// Nearest-neighbour coupling K ≥ 0, field h ≥ 0; for other signs f(K, −h) = f(K, h), and f(−K, 0) = f(K, 0).
/// InputError for K < 0, h < 0 or chi < 1.
RowStateBound row_state_bound(double K, double h, int chi);

} // namespace blockspin::bounds
