#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/rng/key.hpp>
#include <blockspin/sampling/lane_sites.hpp>
#include <blockspin/sampling/lane_spins.hpp>

namespace blockspin::sampling {

/// The rules of all lanes of a block for sites with a given number of neighbours. As of PackedRule, but the bits are
/// those of every lane, which may all have other couplings.
struct LaneRule {
    bool has_field = false;     ///< of any lane
    bool is_metropolis = false; ///< of all
    std::size_t cases = 0;      ///< as of PackedRule::bits
    Lanes in_use{}, is_negative{};
    std::vector<Lanes> favours_up{}, is_tie{}; ///< by the number of up neighbours; only with a field
    std::vector<Lanes> bits{};                 ///< [bit][case] of the reluctance
};

/// Random bits of one colour in one sweep of a block: bit i of all spins is drawn in stream i, at the number of the
/// site.
struct LaneRandom {
    rng::Block key;
    std::uint64_t low, high; ///< counter of the first draw at place 0
    bool wide_aes;           ///< rng::has_wide_aes()
};

/// Updates sites `first` … `last` − 1 of a list in a block, whose spins are `values` and whose negative bonds those of
/// LaneBonds, by the fastest instructions of this processor; the same bits by any. `first` is a multiple of
/// LaneSites::together.
void update_lanes(const LaneSites& list, std::size_t first, std::size_t last, const Lanes* negative, Lanes* values,
                  const LaneRule& rule, const LaneRandom& random);

/// Adds to counts[lane] the number of bonds that belong to these sites and are broken.
void add_broken_bonds(const LaneSites& list, const Lanes* negative, const Lanes* values,
                      std::span<std::int64_t> counts);
/// Adds to counts[lane] the number of set bits.
void add_up(std::span<const Lanes> row, std::span<std::int64_t> counts);

} // namespace blockspin::sampling
