#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/coarsen/rule.hpp>
#include <blockspin/core/check.hpp>
#include <blockspin/lattice/box.hpp>

namespace blockspin::coarsen {

/// The blocks of linear size b that tile a box of sites: the whole lattice, or the part of it that a rank owns.
/// Blocks are numbered like the sites of the coarse box, x fastest.
class Blocks {
  public:
    /// `fine`: the box, in global coordinates; `extents`: the whole fine lattice. InputError unless b > 1
    /// divides all extents and offsets of the first `dimension` directions.
    Blocks(int dimension, const lattice::Coordinates& extents, const lattice::Box& fine, int scale_factor);
    /// Of a whole lattice.
    Blocks(int dimension, const lattice::Coordinates& extents, int scale_factor);

    /// The box of block spins, in global coordinates of the coarse lattice.
    const lattice::Box& coarse() const noexcept { return coarse_; }
    /// Number of blocks in the box.
    std::int64_t count() const noexcept { return lattice::sites(coarse_); }
    /// Number of sites in the box.
    std::int64_t sites() const noexcept { return lattice::sites(fine_); }
    /// Number of sites in a block.
    std::size_t volume() const noexcept { return offsets_.size(); }

    /// Copies the spins of one block, x fastest. `fine` holds the box, `block` volume() spins.
    void gather(Spins fine, std::int64_t number, std::span<std::int8_t> block) const;
    /// Number of a block in the whole coarse lattice: its place in random addresses, whoever owns it.
    std::int64_t global_number(std::int64_t number) const noexcept;

  private:
    lattice::Box fine_, coarse_;
    lattice::Coordinates coarse_extents_;
    std::vector<std::int64_t> offsets_; // of a block's sites from its first, in the storage of the box
};

/// Draws every block spin of the box from P(μ|σ) into `coarse` (blocks.count() spins). `address` gives chain and step,
/// and in `draw` the level where blocking is repeated; purpose and place are filled in here. The block spins of a box
/// are the same whichever boxes the lattice is cut into.
template <Rule R>
void apply(const R& rule, const Blocks& blocks, Spins fine, std::span<std::int8_t> coarse, const rng::Key& key,
           rng::Address address) {
    core::ensure(static_cast<std::int64_t>(coarse.size()) == blocks.count(), "one block spin per block");
    std::vector<std::int8_t> block(blocks.volume());
    for (std::int64_t number = 0; number < blocks.count(); ++number) {
        blocks.gather(fine, number, block);
        address.place = blocks.global_number(number);
        coarse[static_cast<std::size_t>(number)] = rule.apply_block(block, key, address);
    }
}

/// ln P(μ|σ) of all block spins of the box together.
template <Rule R> double log_probability(const R& rule, const Blocks& blocks, Spins coarse, Spins fine) {
    core::ensure(static_cast<std::int64_t>(coarse.size()) == blocks.count(), "one block spin per block");
    std::vector<std::int8_t> block(blocks.volume());
    double sum = 0;
    for (std::int64_t number = 0; number < blocks.count(); ++number) {
        blocks.gather(fine, number, block);
        sum += rule.log_probability(coarse[static_cast<std::size_t>(number)], block);
    }
    return sum;
}

} // namespace blockspin::coarsen
