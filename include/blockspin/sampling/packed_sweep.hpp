#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <blockspin/process/timers.hpp>
#include <blockspin/rng/key.hpp>
#include <blockspin/rng/purpose.hpp>
#include <blockspin/sampling/packed_tiles.hpp>
#include <blockspin/sampling/replicas.hpp>
#include <blockspin/sampling/spin_rule.hpp>

namespace blockspin::sampling {

struct PackedRandom;
struct PackedRule;

/// Updates all spins held as bits, one colour after the other, hundreds of spins at a time: for packable lattices whose
/// domains are cut between tiles. Probabilities are exact to 2^-64: a uniform number is compared with them bit by bit
/// until it is decided. Random words are addressed by (replica, sweep, colour, word). See PackedTiles and PackedRule.
class PackedSweep {
  public:
    /// One rule per replica of the whole run; tiles are packed_tiles() of the lattice, except in tests.
    PackedSweep(const std::vector<SpinRule>& rules, const PackedTiles& tiles, rng::Purpose purpose,
                const rng::Key& key);
    PackedSweep(PackedSweep&&) noexcept;
    ~PackedSweep();

    /// As of ByteSweep, always of the same replicas. Collective in the group.
    void operator()(Replicas& replicas, std::int64_t step, process::Timers& timers, const char* name);

  private:
    struct Plan;

    void update(Replicas& replicas, const lattice::Box& box, int colour, std::int64_t step) const;
    PackedRandom random(std::int64_t replica, int colour, std::int64_t step) const;

    rng::Key key_;
    rng::Purpose purpose_;
    PackedTiles tiles_;
    std::vector<PackedRule> rules_;
    std::unique_ptr<const Plan> plan_; ///< since the first sweep
};

} // namespace blockspin::sampling
