#pragma once

namespace blockspin::model {

/// K_c = ln(3)/4 of the triangular lattice, and ln(2 + sqrt 3)/2 of the honeycomb lattice (Houtappel 1950).
inline constexpr double triangular_critical_coupling = 0.27465307216702742285;
inline constexpr double honeycomb_critical_coupling = 0.65847894846240835431;

/// Σ_bonds <s s> per site of the infinite triangular lattice without field, d/dK of ln Z/N, any K. Accuracy 1e-10, at
/// K_c 1e-7. Houtappel, Physica 16 (1950) 425: ln Z/N = ln 2 + (1/8 pi^2) integral over both angles of
/// ln[cosh^3 2K + sinh^3 2K - sinh 2K (cos a + cos b + cos(a + b))]. InputError unless K is finite.
double triangular_bonds(double k);

/// The same of the honeycomb lattice, by the star-triangle transformation e^{4K} = 2 cosh 2L - 1 to the triangular one
/// (Wannier, Rev. Mod. Phys. 17 (1945) 50).
double honeycomb_bonds(double l);

} // namespace blockspin::model
