#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/lattice/decomposition.hpp>
#include <blockspin/sampling/bond_colouring.hpp>

namespace blockspin::sampling {

/// Sites of a domain that have one colour and neighbours in the same directions: what LaneUpdate does at once.
/// Arrays over sites are padded to whole vectors.
struct LaneSites {
    /// The sites of the widest vector.
    static constexpr std::size_t together = 4;

    int kind = 0;                                ///< lattice::Geometry::sublattice
    std::vector<lattice::Coordinates> offsets{}; ///< of the neighbours that are there,
    std::size_t own = 0;                         ///< the first of them along bonds that belong to these sites
    std::size_t count = 0, padded = 0;           ///< sites
    std::vector<std::int64_t> sites{};           ///< their numbers in the lattice
    std::vector<std::int32_t> at{};              ///< positions in a field with one layer of ghosts
    std::vector<std::int32_t> near{};            ///< [neighbour][site]: those of the neighbours
    std::vector<std::uint64_t> counters{};       ///< [site][low, high]: the number of the site, as in an rng::Address
};

/// All sites of a domain, colour by colour. Where the lattice is not cut, neighbours across its boundaries are found
/// without ghosts.
class LaneOrder {
  public:
    LaneOrder(const lattice::Decomposition& decomposition, std::int32_t ghosts);

    int colours() const noexcept { return static_cast<int>(of_colour_.size()); }
    std::span<const LaneSites> of_colour(int colour) const { return of_colour_.at(static_cast<std::size_t>(colour)); }
    /// Bytes in use.
    std::size_t memory() const noexcept;

  private:
    std::vector<std::vector<LaneSites>> of_colour_;
};

} // namespace blockspin::sampling
