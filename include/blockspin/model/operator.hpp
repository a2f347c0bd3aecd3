#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <blockspin/lattice/geometry.hpp>

namespace blockspin::model {

/// A set of sites up to translations: offsets of all sites from the first, in the order of lattice sites (x fastest).
struct Stencil {
    int sublattice = 0; ///< of the first site (lattice::Geometry::sublattice)
    std::vector<lattice::Coordinates> offsets;

    auto operator<=>(const Stencil&) const = default;
};

/// A product of distinct spins, together with all its images under translations and the point group of the infinite
/// lattice. Its sum S over a finite lattice counts every image once for each site that its first spin may sit on, so
/// images that periodic boundaries make coincide keep their multiplicity, and a spin met twice by the same image
/// squares to 1. At open boundaries images that would stick out are absent.
class Operator {
  public:
    /// From the sites of any of its images. InputError if there are none, too many (32), or two are equal, or if a
    /// coordinate beyond the dimension of the lattice is not 0.
    Operator(lattice::Lattice lattice, std::vector<lattice::Coordinates> sites);

    /// By name: as name() gives it ("field" means "h"), or the list of the sites of any image, "(0,0)(1,0)(0,1)".
    /// InputError if it is neither.
    static Operator from_name(lattice::Lattice lattice, std::string_view name);

    lattice::Lattice lattice() const noexcept { return lattice_; }
    /// "h" for the single spin; "nn", "nnn", "3nn", "4nn", … for pairs in the order of their distance (those equally
    /// far but not equivalent follow each other in canonical order); "triangle", "corner", "plaquette", "diamond", "T",
    /// and in a unit cube "tetrahedron", "rectangle", "star", "twisted", "cube" (their sites: src/model/names.cpp); the
    /// list of canonical sites for all others.
    std::string name() const;
    /// Number of spins multiplied.
    int spins() const noexcept { return static_cast<int>(images_.front().offsets.size()); }
    /// Unchanged when all spins are flipped?
    bool is_even() const noexcept { return spins() % 2 == 0; }
    /// Square of the largest distance between two of its spins, nearest neighbours being 1 apart.
    std::int64_t squared_range() const noexcept { return squared_range_; }
    /// The canonical image; the first site is the origin, except on the honeycomb where it may be (1, 0).
    std::vector<lattice::Coordinates> sites() const;
    /// All images that are not translations of each other, sorted.
    const std::vector<Stencil>& images() const noexcept { return images_; }

    /// The canonical order: fewer spins first, then shorter range, then smaller sum of squared distances, then sites.
    std::strong_ordering operator<=>(const Operator& other) const;
    bool operator==(const Operator& other) const;

  private:
    lattice::Lattice lattice_;
    std::vector<Stencil> images_;
    std::int64_t squared_range_ = 0;
    std::int64_t squared_distances_ = 0;
};

} // namespace blockspin::model
