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

/// Swendsen–Wang cluster update: bonds between spins that their coupling favours are occupied with probability
/// 1 − e^{−2|K|}, and every cluster of occupied bonds is turned over or not, at random. Swendsen & Wang, Phys. Rev.
/// Lett. 58 (1987) 86. Bonds between Potts spins in one state are occupied with probability 1 − e^{−K}, and every
/// cluster takes one of the q states at random. A cluster's coin, or its new state, is addressed by (replica, sweep,
/// smallest global site), so the result does not depend on the layout.
class SwendsenWang {
  public:
    /// InputError if a replica has a field, or Potts spins a negative coupling.
    SwendsenWang(const Replicas& replicas, const std::vector<NearestNeighbourCouplings>& couplings,
                 const rng::Key& key);

    /// One update of all replicas; ghosts need not be fresh before and are not after. `step` numbers the sweep.
    /// Collective in the group.
    void sweep(Replicas& replicas, std::int64_t step, process::Timers& timers);

    /// The clusters of the last sweep.
    const ClusterFinder& clusters() const noexcept { return finder_; }
    /// Bytes in use beside the spins.
    std::size_t memory() const noexcept { return finder_.memory() + turn_.memory(); }

  private:
    /// Coins at all sites of a block of rows, of which those at roots count.
    void toss(const Replicas& replicas, std::int64_t i, int block, std::int64_t step);
    /// The coins of clusters that reach into other domains.
    void toss_shared(const Replicas& replicas, std::int64_t i, std::int64_t step);
    std::int64_t places_of_coins() const; ///< of a row
    rng::Address coin(std::int64_t replica, std::int64_t step, std::int64_t row) const;
    /// The same for Potts spins: a word for each site, of which those at roots choose a state.
    void choose(const Replicas& replicas, std::int64_t i, int block, std::int64_t step);
    void choose_shared(const Replicas& replicas, std::int64_t i, std::int64_t step);
    std::int64_t places_of_choices() const;
    rng::Address choice(std::int64_t replica, std::int64_t step, std::int64_t row) const;

    rng::Key key_;
    ClusterFinder finder_;
    ClusterTurn turn_;
};

} // namespace blockspin::sampling
