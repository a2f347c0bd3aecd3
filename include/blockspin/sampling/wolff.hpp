#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <blockspin/process/timers.hpp>
#include <blockspin/rng/key.hpp>
#include <blockspin/sampling/cluster_finder.hpp>
#include <blockspin/sampling/cluster_growth.hpp>
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
    /// `all_clusters`: the others are asked for too (clusters()), so that one update costs as much as Swendsen and
    /// Wang's; else the cluster is grown where a lattice is not cut. InputError if a replica has a field, or Potts
    /// spins a negative coupling.
    Wolff(const Replicas& replicas, const std::vector<NearestNeighbourCouplings>& couplings, const rng::Key& key,
          bool all_clusters = false);

    /// One cluster of every replica; ghosts need not be fresh before and are not after. `step` numbers the sweep.
    /// Collective in the group.
    void sweep(Replicas& replicas, std::int64_t step, process::Timers& timers);

    /// The clusters of the last sweep. InternalError unless they were asked for.
    const ClusterFinder& clusters() const { return whole_.value().finder; }
    /// Bytes in use beside the spins.
    std::size_t memory() const noexcept;

  private:
    /// All clusters, on lattices that are cut or whose clusters are measured.
    struct Whole {
        ClusterFinder finder;
        ClusterTurn turn;
    };

    std::int64_t seed(const Replicas& replicas, std::int64_t i, std::int64_t step) const;
    /// By how many states a cluster of Potts spins moves on.
    std::int64_t states_on(const Replicas& replicas, std::int64_t i, std::int64_t step) const;
    void turn_grown(Replicas& replicas, std::int64_t step);
    void turn_found(Replicas& replicas, std::int64_t step);
    /// The smallest global site of the chosen cluster of each replica of the group.
    std::vector<std::int64_t> choose(const Replicas& replicas, std::int64_t step) const;
    /// Marks what becomes of the cluster.
    void mark(const Replicas& replicas, std::int64_t i, std::int64_t label, std::int64_t step);

    rng::Key key_;
    std::optional<ClusterGrowth> growth_; ///< this or the other
    std::optional<Whole> whole_;
};

} // namespace blockspin::sampling
