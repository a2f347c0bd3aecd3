#pragma once

#include <blockspin/model/thermodynamics.hpp>

namespace blockspin::model {

/// K_c = ln(1 + sqrt 2) / 2 of the square lattice (Kramers & Wannier 1941).
inline constexpr double square_critical_coupling = 0.44068679350977151262;

/// The infinite square lattice without field, any K. Accuracy 1e-13, relative or absolute, whichever is weaker. The
/// specific heat diverges at K_c: to within a rounding error of K it is infinite or very large. Onsager 1944.
/// InputError unless K is finite.
Thermodynamics onsager(double k);

/// Spontaneous magnetisation of the infinite square lattice: (1 - sinh^-4 2K)^(1/8) above K_c, else 0; the staggered
/// one for K < 0. Yang 1952. InputError unless K is finite.
double spontaneous_magnetisation(double k);

} // namespace blockspin::model
