#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <blockspin/lattice/field.hpp>
#include <blockspin/lattice/geometry.hpp>
#include <blockspin/rng/address.hpp>
#include <blockspin/rng/key.hpp>
#include <blockspin/sampling/couplings.hpp>
#include <blockspin/sampling/random_rows.hpp>
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
    /// A row of the domain along x; rows are numbered with y running fastest.
    struct Row {
        std::int64_t site = 0;   ///< its first one, in the numbers of the whole lattice
        std::int64_t number = 0; ///< of the row there
        std::size_t start = 0;   ///< position of the first site in a field
        bool is_even = false;    ///< its colour is 0
    };
    /// Buffers of one thread.
    struct Scratch {
        RandomRows random;
        std::vector<std::uint64_t> occupied{}, undecided{};
    };

    /// One law per slot (Replicas::slot); `purpose` addresses the bonds, with draws below 32. Fields have the layout of
    /// `replicas`.
    OccupiedBonds(const Replicas& replicas, std::span<const BondLaw> laws, rng::Purpose purpose, const rng::Key& key);

    std::span<const Direction> directions() const noexcept { return directions_; }
    std::span<const Row> rows() const noexcept { return rows_; }
    /// The occupied bonds in a direction from the sites of a row, one bit per site, into scratch.occupied. Ghosts must
    /// be fresh.
    void draw(const Replicas& replicas, std::int64_t i, std::int64_t step, std::size_t row, std::size_t direction,
              Scratch& scratch) const;

    /// Bytes in use.
    std::size_t memory() const noexcept { return rows_.capacity() * sizeof(Row); }

  private:
    struct Uniform {
        std::vector<std::uint8_t> difference, threshold; ///< of a row
        std::uint64_t tail;                              ///< the further 64 bits of the probability
    };
    void decide(const rng::Address& row_zero, std::int64_t first_site, std::uint64_t tail, Scratch& scratch) const;

    rng::Key key_;
    rng::Purpose purpose_;
    std::int64_t lattice_length_; ///< along x
    std::size_t length_;          ///< of a row
    std::vector<Direction> directions_;
    std::vector<Row> rows_;
    std::vector<Uniform> laws_;
};

} // namespace blockspin::sampling
