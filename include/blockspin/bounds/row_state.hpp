#pragma once

#include <vector>

namespace blockspin::bounds {

/// Square layers on top of each other, infinite in both directions of a layer: one layer is the square lattice.
struct SquareLayers {
    struct Layer {
        double along = 0.0;  ///< coupling of neighbours in a row
        double across = 0.0; ///< of neighbours in adjacent rows
        double field = 0.0;
    };
    std::vector<Layer> layers;
    double between = 0.0; ///< coupling of spins above each other
};

/// A lower bound on f and what it cost.
struct RowStateBound {
    double value = 0.0;
    double operations = 0.0;
};

/// f ≥ ln(Λ_V/Λ_1) per column of spins: the Rayleigh quotient of the row transfer matrix V in the state of a row that
/// is a matrix product of the edge tensor of Nishino and Okunishi's corner transfer matrices (J. Phys. Soc. Jpn. 65
/// (1996) 891), χ × 2^layers × χ. V is real and symmetric, so any state gives a bound: Λ_V is bounded below by a
/// Rayleigh quotient, Λ_1 above by the decomposition that was computed and its measured defect, whatever the corner
/// iteration converged to. Rounding is accounted for.
///
/// The corner iteration ends after `most_steps` (0: 400 χ), converged or not. Couplings and fields ≥ 0; for others of
/// the square lattice f(K, −h) = f(K, h), and f(−K, 0) = f(K, 0). InputError for a negative one, chi < 1, no layer or
/// more than 6.
RowStateBound row_state_bound(const SquareLayers& lattice, int chi, int most_steps = 0);

} // namespace blockspin::bounds
