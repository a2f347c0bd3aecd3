#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <blockspin/process/timers.hpp>
#include <blockspin/rng/key.hpp>
#include <blockspin/sampling/couplings.hpp>
#include <blockspin/sampling/random_bonds.hpp>
#include <blockspin/sampling/replicas.hpp>
#include <blockspin/sampling/spin_rule.hpp>
#include <blockspin/sampling/stencil_update.hpp>

namespace blockspin::sampling {

struct LaneRule;

/// Are there random bonds ±1 and so many replicas that they are best held as lanes? A matter of the study alone.
bool uses_lanes(const Task& task);

/// Single-spin updates of many replicas in random bonds of ±1 at once: a word holds the spins of one site in 64
/// replicas, which may all have other bonds and couplings ("multi-spin coding"). Every replica has random bits of its
/// own, drawn for blocks of 128 replicas and addressed by (block, sweep, colour, site), and is decided as a packed spin
/// is (PackedRule): with the probabilities of SpinRule to 2^-64, by as many bits as it takes.
class LaneUpdate {
  public:
    /// One pair of couplings per slot (Replicas::slot); K multiplies the bonds, which are those of `replicas` and are
    /// held for lanes.
    LaneUpdate(const Replicas& replicas, std::shared_ptr<const RandomBonds> bonds,
               const std::vector<NearestNeighbourCouplings>& couplings, Dynamics dynamics, const rng::Key& key);
    LaneUpdate(LaneUpdate&&) noexcept;
    ~LaneUpdate();

    /// One sweep over all replicas; ghosts need not be fresh before and are not after. `step` numbers the sweep.
    /// Collective in the group.
    void sweep(Replicas& replicas, std::int64_t step, process::Timers& timers);
    /// Bytes in use beside the spins.
    std::size_t memory() const noexcept;

  private:
    void follow(const Replicas& replicas, const LaneSpins& spins);
    void update(LaneSpins& spins, int colour, std::int64_t step) const;

    rng::Key key_;
    Dynamics dynamics_;
    std::shared_ptr<const RandomBonds> bonds_;
    /// [number of neighbours][slot]; empty for numbers that no site has.
    std::vector<std::vector<SpinRule>> rules_;
    std::vector<std::int64_t> slots_;                   ///< which rules of lanes were made for
    std::vector<std::vector<LaneRule>> rules_of_lanes_; ///< [block][number of neighbours]
};

} // namespace blockspin::sampling
