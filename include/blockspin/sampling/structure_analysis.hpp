#pragma once

#include <blockspin/sampling/analysis.hpp>

namespace blockspin::sampling {

/// Adds to an analysis, where layers were measured (LayerSums), for every point, as means over the directions:
///   structure_factor   S(k) = ⟨|M(k)|²⟩/N at k = 2πn/L, n = 0 … L/2          [point, n]
///   layer_correlation  G(r) = Σ_x ⟨m(x) m(x+r)⟩/N, r = 0 … L/2: the two-point function ⟨s_0 s_R⟩ summed over all R
///                      whose component along the direction is r: at large r it falls like e^{−r/ξ}   [point, r]
/// at named wave vectors (WaveVectors), as rows "S(k) at NAME" too:
///   structure_factor_at   S(k) = ⟨|M(k)|²⟩/N   [point, vector]
/// and where the two-point function was measured (TwoPointSums):
///   two_point_axes, two_point_diagonals   G(R) = ⟨s_x s_{x+R}⟩, R = r steps along them, r = 0 … L/2   [point, r]
/// each with tables _error and _tau_int (in measurements) from the Γ-method.
void add_structure(const Task& task, const Measured& measured, Analysis& analysis);

} // namespace blockspin::sampling
