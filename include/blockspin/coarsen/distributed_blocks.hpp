#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <blockspin/coarsen/apply.hpp>
#include <blockspin/lattice/redistribution.hpp>
#include <blockspin/mpi/communicator.hpp>

namespace blockspin::coarsen {

/// One step of blocking of a lattice that is cut into domains, wherever the cuts are: spins first move to boxes of
/// whole blocks. The block spins are in slabs of at least 4096 of them, so that a small lattice is held by fewer ranks,
/// in the end by the first alone. They are the same for any domains, and for a lattice that is not cut.
class DistributedBlocks {
  public:
    static constexpr std::int64_t smallest_slab = 4096;

    /// `domains`: the boxes of the first ranks of `comm`, of a fine lattice of these extents. InputError unless blocks
    /// tile it. Collective.
    DistributedBlocks(const mpi::Communicator& comm, int dimension, const lattice::Coordinates& extents,
                      const std::vector<lattice::Box>& domains, int scale_factor);

    /// The boxes of block spins of the first ranks, in coordinates of the coarse lattice: domains of the next step.
    const std::vector<lattice::Box>& coarse() const noexcept { return coarse_; }
    /// Extents of the coarse lattice.
    const lattice::Coordinates& extents() const noexcept { return extents_; }

    /// Draws the block spins of this rank's slab from the spins of its domain, x fastest; both are empty for ranks that
    /// have none. `address` as for coarsen::apply. Collective.
    template <Rule R>
    std::vector<std::int8_t> apply(const R& rule, Spins domain, const rng::Key& key,
                                   const rng::Address& address) const {
        const std::vector<std::int8_t> whole_blocks = move_(domain);
        if (!blocks_) return {};
        std::vector<std::int8_t> result(static_cast<std::size_t>(blocks_->count()));
        coarsen::apply(rule, *blocks_, whole_blocks, result, key, address);
        return result;
    }

  private:
    lattice::Coordinates extents_; ///< of the coarse lattice
    std::vector<lattice::Box> coarse_;
    lattice::Redistribution<std::int8_t> move_;
    std::optional<Blocks> blocks_; ///< of this rank
};

} // namespace blockspin::coarsen
