#pragma once

#include <cstdint>
#include <vector>

#include <blockspin/process/timers.hpp>
#include <blockspin/rng/key.hpp>
#include <blockspin/sampling/cluster_finder.hpp>
#include <blockspin/sampling/cluster_turn.hpp>
#include <blockspin/sampling/couplings.hpp>
#include <blockspin/sampling/replicas.hpp>

namespace blockspin::sampling {

/// Wolff's single-cluster update, once per sweep: the cluster of a random site is turned over; one of Potts spins takes
/// one of the other states. Wolff, Phys. Rev. Lett. 62 (1989) 361. The cluster is that of Swendsen and Wang which holds
/// the site; bonds are addressed like theirs, under a purpose of their own, the site by (replica, sweep): the same for
/// any layout.
class Wolff {
  public:
    /// InputError if a replica has a field, or Potts spins a negative coupling.
    Wolff(const Replicas& replicas, const std::vector<NearestNeighbourCouplings>& couplings, const rng::Key& key);

    /// One cluster of every replica; ghosts need not be fresh before and are not after. `step` numbers the sweep.
    /// Collective in the group.
    void sweep(Replicas& replicas, std::int64_t step, process::Timers& timers);

    /// The clusters of the last sweep.
    const ClusterFinder& clusters() const noexcept { return finder_; }
    /// Bytes in use beside the spins.
    std::size_t memory() const noexcept { return finder_.memory() + turn_.memory(); }

  private:
    /// The smallest global site of the chosen cluster of each replica of the group.
    std::vector<std::int64_t> choose(const Replicas& replicas, std::int64_t step) const;
    /// Marks what becomes of the cluster.
    void mark(const Replicas& replicas, std::int64_t i, std::int64_t label, std::int64_t step);

    rng::Key key_;
    ClusterFinder finder_;
    ClusterTurn turn_;
};

} // namespace blockspin::sampling
