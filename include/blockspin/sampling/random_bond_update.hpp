#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <blockspin/process/timers.hpp>
#include <blockspin/rng/key.hpp>
#include <blockspin/sampling/bond_colouring.hpp>
#include <blockspin/sampling/couplings.hpp>
#include <blockspin/sampling/random_bonds.hpp>
#include <blockspin/sampling/replicas.hpp>
#include <blockspin/sampling/stencil_update.hpp>

namespace blockspin::sampling {

/// Single-spin updates where every bond of nearest neighbours has a coupling of its own, colour by colour
/// (BondColouring), on any lattice; see LaneUpdate for many replicas at once. Bonds of ±1 are summed along rows, and
/// the sums look up the probability of an up spin; for other bonds it is computed from the local field, a sum of
/// integers. It is compared with 64 random bits addressed by (replica, sweep, site).
class RandomBondUpdate {
  public:
    /// One pair of couplings per slot (Replicas::slot); K multiplies the bonds, which are those of `replicas`.
    RandomBondUpdate(const Replicas& replicas, std::shared_ptr<const RandomBonds> bonds,
                     std::vector<NearestNeighbourCouplings> couplings, Dynamics dynamics, const rng::Key& key);

    /// One sweep over all replicas; ghosts need not be fresh before and are not after. `step` numbers the sweep.
    /// Collective in the group.
    void sweep(Replicas& replicas, std::int64_t step, process::Timers& timers) const;
    /// Bytes in use beside the spins.
    std::size_t memory() const noexcept { return bonds_->memory(); }

  private:
    /// The sites of one colour in a row of a domain.
    struct Row {
        std::int64_t i;             ///< replica of the group
        lattice::Coordinates first; ///< the first of them, in local coordinates
        std::int32_t stride, count;
        int sublattice;
    };

    void update(Replicas& replicas, const lattice::Box& box, int colour, std::int64_t step) const;
    void draw_from_table(const Row& row, std::int64_t slot, Spin* spins, std::span<const std::uint64_t> words) const;
    void draw_from_field(const Row& row, std::int64_t slot, Spin* spins, std::span<const std::uint64_t> words) const;
    void tabulate(int neighbours);

    lattice::Geometry geometry_;
    rng::Key key_;
    Dynamics dynamics_;
    std::shared_ptr<const RandomBonds> bonds_;
    std::vector<NearestNeighbourCouplings> couplings_;
    BondColouring colouring_;
    /// [slot]: as of draw(), by the sum of bond times neighbour.
    std::vector<std::vector<std::uint64_t>> tables_;
};

} // namespace blockspin::sampling
