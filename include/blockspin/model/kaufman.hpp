#pragma once

#include <cstdint>

#include <blockspin/model/thermodynamics.hpp>

namespace blockspin::model {

/// Relative accuracy of kaufman() for |K| <= 2.
inline constexpr double kaufman_accuracy = 1e-12;

/// The lx by ly torus of the square lattice without field (bonds across an extent of 1 or 2 keep their multiplicity),
/// by the four determinants of Kaufman 1949, with analytic derivatives. Relative accuracy 1e-12 for |K| <= 2; beyond,
/// the specific heat is exponentially small and accurate to 1e-12 of exp(-4K). Time grows as lx ly.
/// InputError unless the extents are positive and |K| < 1000, or if K < 0 where an extent is odd (frustrated).
Thermodynamics kaufman(std::int64_t lx, std::int64_t ly, double k);

} // namespace blockspin::model
