#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace blockspin::lattice {

inline constexpr int max_dimension = 4;

/// One number per direction, x first. Directions beyond the dimension of the lattice hold 0 in coordinates and
/// offsets, 1 in extents, so that loops over all four are right in every dimension.
using Coordinates = std::array<std::int32_t, max_dimension>;

/// Which sites are neighbours. All live on a rectangular grid of indices, one site per grid point:
/// triangular is the square grid with the diagonal (1, 1); honeycomb is the brick wall, in which (x, y) is joined
/// to (x ± 1, y), and to (x, y + 1) where x + y is even, (x, y − 1) where it is odd.
enum class Lattice { chain, square, triangular, honeycomb, cubic, hypercubic };

enum class Boundary { periodic, open };

/// By its name in a study. InputError if there is no such lattice.
Lattice lattice_from_name(std::string_view name);
/// By its name in a study. InputError if there is no such boundary.
Boundary boundary_from_name(std::string_view name);
std::string_view name(Lattice lattice) noexcept;
std::string_view name(Boundary boundary) noexcept;
/// Number of directions: chain 1 … hypercubic 4.
int dimension(Lattice lattice) noexcept;

/// "64 x 32": the first `dimension` numbers.
std::string to_text(const Coordinates& numbers, int dimension);

/// The whole lattice: sites, numbered with x fastest, and their neighbours.
///
/// In a periodic direction of extent 2 both neighbours of a site are the same one, and of extent 1 the site itself.
/// Such bonds are kept with their multiplicity: every site has `coordination()` neighbours counted so, and a
/// periodic lattice always has sites() * coordination() / 2 bonds.
class Geometry {
  public:
    /// One extent per direction, and one boundary per direction or none, which means periodic everywhere.
    /// InputError if their number is wrong, an extent is below 1 or above 2^30, the number of sites exceeds 2^60 (so
    /// that bonds can be numbered too), or a periodic extent of the honeycomb, whose unit cell is two sites wide, is
    /// odd.
    Geometry(Lattice lattice, const std::vector<std::int64_t>& size, const std::vector<Boundary>& boundaries = {});

    Lattice lattice() const noexcept { return lattice_; }
    int dimension() const noexcept { return lattice::dimension(lattice_); }
    const Coordinates& extents() const noexcept { return extents_; }
    bool is_periodic(int direction) const { return boundaries_.at(direction) == Boundary::periodic; }
    /// Number of sites.
    std::int64_t sites() const noexcept { return sites_; }
    /// Number of bonds, with their multiplicity.
    std::int64_t bonds() const noexcept;
    /// Number of neighbours of a site away from open boundaries.
    int coordination() const noexcept { return static_cast<int>(neighbours_[0].size()); }

    /// x + Lx (y + Ly (z + Lz w)).
    std::int64_t site(const Coordinates& at) const noexcept;
    Coordinates coordinates(std::int64_t site) const noexcept;

    /// `at` + `offset`, wrapped round periodic boundaries; none beyond an open one. Any offset, any `at`.
    std::optional<Coordinates> shifted(const Coordinates& at, const Coordinates& offset) const noexcept;
    /// The same between site numbers.
    std::optional<std::int64_t> neighbour(std::int64_t site, const Coordinates& offset) const noexcept;

    /// Number of kinds of sites that differ in their offsets: 2 on the honeycomb, else 1.
    int sublattices() const noexcept { return lattice_ == Lattice::honeycomb ? 2 : 1; }
    /// The kind of a site: 0, or (x + y) mod 2 on the honeycomb.
    int sublattice(const Coordinates& at) const noexcept;
    /// Offsets to all neighbours of a site of this kind.
    std::span<const Coordinates> neighbour_offsets(int sublattice = 0) const { return neighbours_.at(sublattice); }
    /// Offsets along the bonds that belong to a site of this kind; every bond belongs to one of its two ends.
    std::span<const Coordinates> bond_offsets(int sublattice = 0) const { return bonds_.at(sublattice); }

    /// Sites of one colour are not neighbours of each other if colouring_is_consistent(): 3 colours on the
    /// triangular lattice, else the 2 of a checkerboard.
    int colours() const noexcept { return lattice_ == Lattice::triangular ? 3 : 2; }
    /// (x + y + z + w) mod colours(), also of ghosts at negative coordinates.
    int colour(const Coordinates& at) const noexcept;
    /// Is every periodic extent a multiple of colours()?
    bool colouring_is_consistent() const noexcept;
    /// Do two colours do?
    bool is_bipartite() const noexcept { return colours() == 2 && colouring_is_consistent(); }

  private:
    using Offsets = std::vector<Coordinates>;

    Lattice lattice_;
    Coordinates extents_{1, 1, 1, 1};
    std::array<Boundary, max_dimension> boundaries_{};
    std::int64_t sites_ = 1;
    std::array<Offsets, 2> bonds_;
    std::array<Offsets, 2> neighbours_;
};

} // namespace blockspin::lattice
