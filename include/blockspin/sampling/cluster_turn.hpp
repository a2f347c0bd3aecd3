#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/sampling/cluster_finder.hpp>
#include <blockspin/sampling/replicas.hpp>

namespace blockspin::sampling {

/// Gives whole clusters new spins: turns those over at whose roots is a 1, or sets all spins of a cluster to the value
/// at its roots.
class ClusterTurn {
  public:
    ClusterTurn(const ClusterFinder& finder, const Replicas& replicas);

    /// Bytes in use: one per site.
    std::size_t memory() const noexcept { return turned_.size() * turned_.front().size(); }
    /// One byte for every site of this domain of replica `i` of the group, in the numbers of the forest; only those at
    /// roots count. To be filled before apply() or assign(), which overwrite it.
    std::span<std::uint8_t> at_roots(std::int64_t i) { return turned_.at(static_cast<std::size_t>(i)); }
    /// Turns the spins of a block of rows over; all blocks may be worked on at a time.
    void apply(const ClusterFinder& finder, Replicas& replicas, std::int64_t i, int block);
    /// Sets the spins of a block of rows to the value of their cluster, unless that is 0; all blocks may be worked on
    /// at a time.
    void assign(const ClusterFinder& finder, Replicas& replicas, std::int64_t i, int block);

  private:
    class Settled;

    std::vector<std::vector<std::uint8_t>> turned_;
};

} // namespace blockspin::sampling
