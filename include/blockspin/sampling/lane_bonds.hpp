#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <blockspin/sampling/lane_sites.hpp>
#include <blockspin/sampling/lane_spins.hpp>
#include <blockspin/sampling/replicas.hpp>

namespace blockspin::sampling {

class RandomBonds;

/// Random bonds of ±1 for spins held as lanes: a bit for every bond of every replica, set where J is negative.
class LaneBonds {
  public:
    /// Of the group's replicas. InternalError unless the bonds are signs.
    LaneBonds(const Replicas& replicas, const RandomBonds& bonds);

    const LaneOrder& order() const noexcept { return order_; }
    /// [neighbour][site, padded] of list number `list` of a colour, in a block.
    const Lanes* negative(std::size_t block, int colour, std::size_t list) const;
    /// Σ J s s over the bonds that belong to the sites of the domain, added for each replica of a block of the group
    /// (LaneSpins): `sums` [lane]. Ghosts must be fresh.
    void add_bond_sums(const LaneSpins& spins, std::size_t block, std::span<std::int64_t> sums) const;

    /// Bytes in use.
    std::size_t memory() const noexcept;

  private:
    LaneOrder order_;
    std::vector<std::vector<std::vector<std::vector<Lanes>>>> negative_; ///< [block][colour][list]
};

/// Σ s over the sites of the domain, added for each lane of a block.
void add_spin_sums(const LaneSpins& spins, std::size_t block, std::span<std::int64_t> sums);

} // namespace blockspin::sampling
