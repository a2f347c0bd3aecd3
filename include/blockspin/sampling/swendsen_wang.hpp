#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <blockspin/process/timers.hpp>
#include <blockspin/rng/key.hpp>
#include <blockspin/sampling/couplings.hpp>
#include <blockspin/sampling/replicas.hpp>

namespace blockspin::sampling {

/// Swendsen–Wang cluster update: bonds between equal spins are occupied with probability 1 − e^{−2K}, and every cluster
/// of occupied bonds takes a new sign at random. Swendsen & Wang, Phys. Rev. Lett. 58 (1987) 86.
///
/// A bond's random number is addressed by (replica, sweep, site, direction), a cluster's coin by its smallest global
/// site, so the result does not depend on the layout. Clusters are found by union–find in every domain; those that
/// reach into other domains agree on the smallest of their labels by exchanging ghosts until nothing changes.
class SwendsenWang {
  public:
    /// InputError unless every replica has K ≥ 0 and no field.
    SwendsenWang(const Replicas& replicas, const std::vector<NearestNeighbourCouplings>& couplings,
                 const rng::Key& key);

    /// One update of all replicas; ghosts need not be fresh before and are not after. `step` numbers the sweep.
    /// Collective in the group.
    void sweep(Replicas& replicas, std::int64_t step, process::Timers& timers);

  private:
    /// An occupied bond to a site of another rank.
    struct Crossing {
        std::int32_t site;   ///< local index of the end that is here
        std::size_t outside; ///< position of the other end in a field
    };
    /// Clusters of one replica within this domain; local sites number them with x fastest.
    struct Clusters {
        std::vector<std::int32_t> parent; ///< of each site; a root is its own, and the smallest site of its tree
        std::vector<std::int64_t>
            label;              ///< of each root: smallest global site known so far; only where domains are cut
        std::vector<Spin> sign; ///< of each root
        std::vector<Crossing> crossings;
    };

    void join_bonds(const Replicas& replicas, std::int64_t i, std::int64_t step);
    void join_row(const Replicas& replicas, std::int64_t i, const lattice::Coordinates& first,
                  const lattice::Coordinates& offset, int kind, std::span<const std::uint64_t> words);
    std::optional<std::int32_t> local_row(lattice::Coordinates at) const;
    void agree_on_labels(const Replicas& replicas);
    static void show_labels(Clusters& clusters, lattice::Field<std::int64_t>& labels);
    static bool lower_labels(Clusters& clusters, const lattice::Field<std::int64_t>& labels);
    void assign_signs(Replicas& replicas, std::int64_t i, std::int64_t step);

    rng::Key key_;
    lattice::Decomposition decomposition_;
    std::vector<std::uint64_t> thresholds_; ///< per replica of this group: the word below which a bond is occupied
    std::vector<Clusters> clusters_;
    std::vector<lattice::Field<std::int64_t>>
        labels_; ///< label of every site, to be exchanged; only where domains are cut
    std::optional<lattice::HaloExchange<std::int64_t>> label_halo_;
};

} // namespace blockspin::sampling
