#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <blockspin/rng/key.hpp>
#include <blockspin/sampling/packed_spins.hpp>
#include <blockspin/sampling/packed_tiles.hpp>
#include <blockspin/sampling/spin_rule.hpp>

namespace blockspin::sampling {

/// Most neighbours of a packed spin: eight on the hypercubic lattice.
inline constexpr int most_packed_neighbours = 8;
/// Most probabilities that tell its cases apart: one for every number of up neighbours.
inline constexpr int most_packed_cases = most_packed_neighbours + 1;

/// A SpinRule as the kernel wants it: bits as masks, all ones or all zeros.
///
/// Random bits x_0, x_1, … decide about a spin: let x_J be the first that is set; the spin takes the value that is not
/// favoured if and only if bit J of its reluctance is set, bit 0 being the most significant one. That has probability
/// Σ_J 2^−(J+1) bit_J: exactly the reluctance, and most spins are decided by few bits.
struct PackedRule {
    /// InternalError for more neighbours than most_packed_neighbours.
    explicit PackedRule(const SpinRule& rule);

    int neighbours;
    bool has_field;
    Word is_metropolis;                               ///< mask
    Word is_negative;                                 ///< mask: the coupling is
    std::array<Word, most_packed_cases> favours_up{}; ///< by the number of up neighbours; only with a field
    /// Bit by bit of the reluctance: that of every case. Cases are |sum of neighbours| from largest to smallest, ties
    /// left out, without a field; the number of up neighbours with one.
    std::array<std::array<Word, most_packed_cases>, 64> bits{};
    std::array<unsigned, 64> set_in{}; ///< the same as a set of cases: bit c stands for case c
};

/// Where the neighbours of the spins of a run are: word for word beside its own, in the other colour.
template <class Place> struct NeighboursAt {
    Place same;                                             ///< the other colour of these sites
    Place beside;                                           ///< the same in the next column, which holds the neighbours
                                                            ///< of the end
    std::array<Place, most_packed_neighbours - 2> straight; ///< neighbours at the same bit; others unused
    bool leads; ///< these spins come first of each pair of sites: one neighbour is a bit lower
    int carry;  ///< how far the bit that comes from beside is to be shifted
};
using PackedNeighbours = NeighboursAt<const Word*>;

/// The same as positions among the words of the other colour, which are those of any replica.
struct NeighbourPositions : NeighboursAt<std::size_t> {
    PackedNeighbours among(const Word* other) const noexcept;
};

/// Those of the spins of a colour in the run at `at` (PackedLayout::run).
NeighbourPositions neighbour_positions(const lattice::Geometry& geometry, const PackedLayout& layout,
                                       const lattice::Coordinates& at, int parity, int colour);

/// What one call of the kernel updates: the rows of both parities of one colour in one column of one plane, from word
/// `first` to word `last`, which are whole tiles.
struct PackedRuns {
    struct Rows {
        Word* spins; ///< word 0 of the run
        PackedNeighbours near;
        std::uint64_t place; ///< of the random words of words 0 and 1
    };
    std::array<Rows, 2> rows; ///< by the parity of y
    Word valid;               ///< the bits in use
    std::int32_t words;       ///< in a whole run
    std::int32_t first, last;
};

/// Random bits of one colour in one sweep of one replica.
struct PackedRandom {
    rng::Block key;
    std::uint64_t low, high; ///< counter of the first draw at place 0
    bool wide_aes;           ///< rng::has_wide_aes()
};

/// The draws of a colour: the random bit x_i of all spins is drawn in a stream of its own, `stream` + i.
namespace packed_draws {
/// Of every word.
inline constexpr int own = 0;
/// Of the spins of a tile that own bits left undecided, by stream.
constexpr int shared(std::size_t stream) noexcept { return 64 + 64 * static_cast<int>(stream); }
/// Of every word, for spins that shared bits left undecided or out.
inline constexpr int rest = shared(shared_streams);
inline constexpr int per_colour = rest + 64;
} // namespace packed_draws

/// How much a draw is worth in the upper half of a counter.
inline constexpr std::uint64_t draw_step = std::uint64_t{1} << (rng::step_bits + rng::place_bits - 64);

/// What each draw of a colour adds to a counter, lower half first.
struct alignas(16) DrawCounters : std::array<std::array<std::uint64_t, 2>, packed_draws::per_colour> {};
inline constexpr DrawCounters draw_counters = [] {
    DrawCounters counters{};
    for (std::size_t draw = 0; draw < counters.size(); ++draw) counters[draw] = {0, draw * draw_step};
    return counters;
}();

/// Updates all spins of `runs`, by the fastest instructions of this processor; the same bits by any. Words beyond the
/// end of a run become zero up to the next cache line.
void update_packed(std::span<const PackedRuns> runs, const PackedRule& rule, const PackedTiles& tiles,
                   const PackedRandom& random);

} // namespace blockspin::sampling
