#pragma once

#include <span>
#include <vector>

#include <blockspin/io/results.hpp>
#include <blockspin/sampling/reweighting.hpp>

namespace blockspin::sampling {

/// A lattice of one size, with all its points used together.
struct SizedFamily {
    double length;                  ///< L: the root of its number of sites in its dimension
    const ReweightedFamily* family; ///< connected
};

/// What two sizes, at the couplings that both were reweighted to, say about a critical point, by finite-size scaling
/// (Binder, Z. Phys. B 43 (1981) 119; Ferrenberg & Landau, Phys. Rev. B 44 (1991) 5081):
///   where their curves of the Binder cumulant cross, and of ξ/L, and the values there;
///   1/ν from the slopes of these curves at the crossing: they grow like L^{1/ν};
///   γ/ν from their largest susceptibilities, which grow like L^{γ/ν}.
/// What is not there (no crossing, a maximum at the end of the range) is left out. Errors: the jackknife of either size
/// with all measurements of the other, in quadrature. `small` has the smaller length.
std::vector<io::Row> finite_size_rows(const SizedFamily& small, const SizedFamily& large);

} // namespace blockspin::sampling
