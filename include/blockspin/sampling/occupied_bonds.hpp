#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <blockspin/lattice/decomposition.hpp>
#include <blockspin/lattice/field.hpp>
#include <blockspin/rng/address.hpp>
#include <blockspin/rng/key.hpp>
#include <blockspin/sampling/couplings.hpp>
#include <blockspin/sampling/replicas.hpp>

namespace blockspin::sampling {

/// How the bonds of one replica are occupied: between spins that their coupling favours, each with this probability.
struct BondLaw {
    double occupation = 0.0;   ///< 1 − e^{−2|K|}; of Potts spins, 1 − e^{−K}
    bool favours_equal = true; ///< K ≥ 0; else unlike spins
};

/// One law per slot (Replicas::slot), of the pair of couplings there. InputError, naming the update, if one has a
/// field, or a negative coupling of Potts spins.
std::vector<BondLaw> bond_laws(const Replicas& replicas, const std::vector<NearestNeighbourCouplings>& couplings,
                               std::string_view update);

/// Which bonds are occupied, by addressed random numbers: a byte per bond, addressed by (replica, sweep, direction,
/// row) and its place in the row, decides all but one bond in 256; where it equals the leading byte of the
/// probability, 64 more bits, addressed by the site, decide. The probability is exact to 2^-72.
class OccupiedBonds {
  public:
    /// A direction along which bonds leave their sites.
    struct Direction {
        lattice::Coordinates offset{};
        std::ptrdiff_t distance = 0; ///< to the other end in a field
        bool on_even_sites_only = false;
    };
    /// Buffers of one thread.
    struct Scratch {
        std::vector<std::uint64_t> random, occupied, undecided;
    };

    /// One law per slot (Replicas::slot); `purpose` addresses the bonds, with draws below 32. Fields have the layout of
    /// `replicas`.
    OccupiedBonds(const Replicas& replicas, std::span<const BondLaw> laws, rng::Purpose purpose, const rng::Key& key);

    std::span<const Direction> directions() const noexcept { return directions_; }
    /// The occupied bonds in a direction from the row of the domain that begins at `first`, one bit per site, into
    /// scratch.occupied. Ghosts must be fresh.
    void row(const Replicas& replicas, std::int64_t i, std::int64_t step, const lattice::Coordinates& first,
             std::size_t direction, Scratch& scratch) const;

  private:
    struct Uniform {
        std::vector<std::uint8_t> difference, threshold; ///< of a row
        std::uint64_t tail;                              ///< the further 64 bits of the probability
    };
    void decide(const rng::Address& row, std::int64_t first_site, std::uint64_t tail, Scratch& scratch) const;

    rng::Key key_;
    rng::Purpose purpose_;
    lattice::Decomposition decomposition_;
    std::vector<Direction> directions_;
    std::vector<Uniform> laws_;
};

} // namespace blockspin::sampling
