#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include <blockspin/mpi/communicator.hpp>
#include <blockspin/sampling/measurements.hpp>
#include <blockspin/sampling/recorders.hpp>
#include <blockspin/sampling/replicas.hpp>
#include <blockspin/sampling/task.hpp>

namespace blockspin::sampling {

/// Are there random bonds, several samples of them (which errors are made of), and chains in pairs?
bool measures_overlaps(const Task& task) noexcept;

/// Pairs of chains of a task whose overlaps are measured: chains 0 and 1, 2 and 3, … of each sample at each point, in
/// this order.
std::int64_t pairs(const Task& task) noexcept;

/// What is measured of them: series "overlap", "link_overlap" and, where the lattice has SmallestModes,
/// "overlap_fourier".
std::vector<Quantity> overlap_quantities(const Task& task);

/// Overlaps of two chains in the same bonds at the same point: q_r = s_r s'_r at every site, a configuration of its
/// own, of which is measured what is measured of spins: Σ q_r; Σ_<ij> q_i q_j, the link overlap; and the smallest
/// Fourier modes. Edwards & Anderson, J. Phys. F 5 (1975) 965.
///
/// Both chains may be on different ranks, and with tempering they change. Ranks with the same domain of different
/// groups show each other their configurations, a bit for each spin, and each group works on an equal share of the
/// pairs.
class Overlaps {
  public:
    /// Collective.
    Overlaps(const mpi::Communicator& comm, const Task& task, const Replicas& replicas,
             const std::filesystem::path& folder);

    /// `slots` of all replicas of the run (Replicas::slot). Collective.
    void measure(const Replicas& replicas, std::span<const std::int64_t> slots);
    /// As of SeriesRecorder, the columns of whose series are the pairs. Collective.
    void seal() { series_.seal(pairs_); }
    SeriesRecorder& series() noexcept { return series_; }
    const SeriesRecorder& series() const noexcept { return series_; }

  private:
    std::vector<std::uint64_t> all_spins(const Replicas& replicas) const;

    mpi::Communicator same_domain_; ///< the ranks with this domain, group by group
    Replicas pairs_;                ///< q of this group's share of the pairs
    std::vector<Measurement> measurements_;
    SeriesRecorder series_;
};

} // namespace blockspin::sampling
