#pragma once

namespace blockspin::model {

/// Exact bulk quantities per site of a nearest-neighbour model with coupling K.
struct Thermodynamics {
    double free_energy = 0;   ///< f = ln Z / N
    double energy = 0;        ///< E / (N J) = -df/dK
    double specific_heat = 0; ///< C = K^2 d^2f/dK^2 = K^2 var(E/J) / N
};

} // namespace blockspin::model
