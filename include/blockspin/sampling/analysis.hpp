#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <blockspin/io/results.hpp>
#include <blockspin/io/writer.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/sampling/measured.hpp>

namespace blockspin::sampling {

struct Task;

/// Numbers for the results file: one dataset.
struct Table {
    std::string name;
    std::string meaning; ///< with the names of its dimensions
    std::vector<std::uint64_t> shape;
    std::vector<double> values; ///< row-major
};

/// What the series of a run say.
struct Analysis {
    std::vector<io::Row> rows;
    std::vector<Table> tables;
    std::vector<std::string> warnings; ///< where a run was too short
};

/// Estimates at every point of the task, from the series bond_sum, spin_sum and, where it was measured, fourier:
///   energy per site        −⟨Σ s s⟩/N                       in J
///   specific heat          K² (⟨E²⟩ − ⟨E⟩²)/N, E = −Σ s s
///   |magnetization|        ⟨|m|⟩, m = Σ s / N
///   susceptibility         N (⟨m²⟩ − ⟨|m|⟩²)
///   Binder cumulant        1 − ⟨m⁴⟩ / 3⟨m²⟩²
///   correlation length     ξ = sqrt(⟨M(0)²⟩/⟨|M(k)|²⟩ − 1)/|k|, of second moment, at the smallest k (SmallestModes;
///                          Cooper, Freedman & Preston, Nucl. Phys. B 210 (1982) 210); above the critical temperature
///   correlation length / L with the L of that k
///   order parameter        of Potts spins, ⟨p⟩, p = (q max_s ρ_s − 1)/(q − 1), ρ_s the share of the sites in state s;
///                          and its susceptibility N (⟨p²⟩ − ⟨p⟩²). Their energy and m: see PointSeries
///   density of occupied sites   ⟨Σ s²⟩/N of Blume–Capel spins
///   ⟨m²⟩, N ⟨m²⟩ (the susceptibility where ⟨|m|⟩ vanishes) and ξ from clusters (ClusterSums), where they were measured
/// all with their statistical error (Γ-method; jackknife for the derived ones); and beside them the exact energy and
/// specific heat of the torus where they are known (square, periodic, no field: Kaufman, Phys. Rev. 76 (1949) 1232), or
/// the energy of the infinite lattice at the critical point of Potts spins (model::PottsCriticalPoint).
///
/// With random bonds, E = −Σ J s s, and all of them are averages over the samples of the disorder, U4 and ξ those of
/// the averaged moments. The error is that of the mean over samples, of which the thermal error within them is a part
/// (all of it where there is one sample only) and is noted. On Nishimori's line the exact energy stands beside it. The
/// tables sample_energy, sample_energy_error and sample_specific_heat hold what each sample gives. Where there are
/// several samples and an even number of chains, what their overlaps say is added (Overlaps).
///
/// A point is warned of whose series are shorter than 40 τ_int, whose thermalization was shorter than 10 τ_int, whose
/// energy or |magnetization| still drifts (stats::equilibration), or whose chains differ by more than their errors
/// allow (a probability below 1e-4, Wolff 2004).
Analysis analyse(const Task& task, const Measured& measured);

/// The analysis of the root rank on all ranks. Collective.
Analysis broadcast(const mpi::Communicator& comm, const Analysis& analysis);

/// Writes all tables. Collective.
void save(const std::vector<Table>& tables, io::Writer& writer);

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
