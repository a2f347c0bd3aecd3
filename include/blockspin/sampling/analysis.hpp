#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/io/results.hpp>

namespace blockspin::sampling {

struct Task;

/// Estimates at every point of the task, from the series [measurement, replica] of Σ_<ij> s_i s_j and Σ s_i:
///   energy per site        −⟨Σ s s⟩/N                       in J
///   |magnetization|        ⟨|m|⟩, m = Σ s / N
///   susceptibility         N (⟨m²⟩ − ⟨|m|⟩²)
///   specific heat          K² (⟨E²⟩ − ⟨E⟩²)/N, E = −Σ s s
///   Binder cumulant        1 − ⟨m⁴⟩ / 3⟨m²⟩²
/// all with their statistical error (Γ-method; jackknife for the derived ones); and beside them the exact energy and
/// specific heat of the torus where they are known (square, periodic, no field: Kaufman, Phys. Rev. 76 (1949) 1232).
std::vector<io::Row> analyse(const Task& task, std::span<const std::int64_t> bond_sums,
                             std::span<const std::int64_t> spin_sums);

/// Exact energy per site (in J) and specific heat along the nearest-neighbour coupling.
struct ExactCurve {
    std::vector<double> coupling;
    std::vector<double> energy;
    std::vector<double> specific_heat;
};

/// A smooth curve through the range of the scan, for figures: where Kaufman's solution applies, the couplings of the
/// points differ, and the torus has at most 2^20 sites. Empty otherwise.
ExactCurve exact_curve(const Task& task);

} // namespace blockspin::sampling
