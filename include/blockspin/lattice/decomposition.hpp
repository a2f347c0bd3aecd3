#pragma once

#include <blockspin/lattice/box.hpp>
#include <blockspin/lattice/geometry.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace blockspin::lattice {

/// A Cartesian grid of ranks, numbered with x fastest, and the granules of the lattice that may not be cut.
struct RankGrid {
    std::array<int, max_dimension> ranks{1, 1, 1, 1};
    Coordinates granularity{1, 1, 1, 1};

    friend bool operator==(const RankGrid&, const RankGrid&) = default;
};

/// Number of ranks in the grid.
int size(const RankGrid& grid) noexcept;

/// The grid of `ranks` ranks whose largest domain, together with the ghosts it receives from other ranks, is smallest:
/// among equally balanced grids the one with the smallest halo. Where several are equal, slow directions are cut first,
/// and last the one along which neighbours lie side by side in memory. Domains are cut at multiples of `granularity`
/// and are at least `halo_width` wide. A function of its arguments alone.
/// InputError if no grid of so many ranks exists; it names the size and the largest number of ranks that has one.
RankGrid best_grid(const Geometry& geometry, int ranks, int halo_width, const Coordinates& granularity = {1, 1, 1, 1},
                   int contiguous = 0);

/// A part of a distributed array the way files want it: one number per direction, slowest first.
struct Hyperslab {
    std::vector<std::uint64_t> shape;  ///< of the whole
    std::vector<std::uint64_t> offset; ///< of the part
    std::vector<std::uint64_t> count;  ///< of the part
};

/// Who owns what: every site belongs to one rank, every rank to one box. Along each direction the boxes differ by at
/// most one granule. Holds nothing that grows with the lattice or with the number of ranks.
class Decomposition {
  public:
    /// As seen by `rank`. InternalError if the grid does not fit the lattice.
    Decomposition(const Geometry& geometry, const RankGrid& grid, int rank);

    const Geometry& geometry() const noexcept { return geometry_; }
    const RankGrid& grid() const noexcept { return grid_; }
    int rank() const noexcept { return rank_; }
    int ranks() const noexcept { return size(grid_); }

    /// The sites of this rank.
    const Box& box() const noexcept { return box_; }
    /// The sites of any rank.
    Box box_of(int rank) const noexcept;
    /// The smallest extent that any rank has in each direction.
    Coordinates smallest_extents() const noexcept;

    /// The rank that holds a site.
    int owner(const Coordinates& at) const noexcept;
    int owner(std::int64_t site) const noexcept { return owner(geometry_.coordinates(site)); }

    /// Number of sites of this rank; their local indices count them with x fastest.
    std::int64_t local_sites() const noexcept { return sites(box_); }
    /// The site with this local index.
    std::int64_t to_global(std::int64_t local) const noexcept;
    /// The local index of a site; none if another rank holds it.
    std::optional<std::int64_t> to_local(std::int64_t site) const noexcept;
    /// The site at these coordinates relative to the corner of the box, which may reach into ghosts; none beyond an
    /// open boundary.
    std::optional<std::int64_t> site_at(const Coordinates& relative) const noexcept;

    /// The rank whose box touches this one on side `direction`, whose components are −1, 0 or 1 (diagonals too).
    /// This rank itself where it spans a periodic direction; none beyond an open boundary.
    std::optional<int> neighbour(const Coordinates& direction) const noexcept;

    /// This rank's part of an array over the whole lattice.
    Hyperslab local_box() const;

  private:
    Geometry geometry_;
    RankGrid grid_;
    int rank_;
    Box box_;
};

} // namespace blockspin::lattice
