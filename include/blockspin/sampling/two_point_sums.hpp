#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <blockspin/lattice/geometry.hpp>
#include <blockspin/sampling/measurements.hpp>

namespace blockspin::sampling {

/// Displacements of equal length: r times any of `steps`, r = 0 … L/2.
struct Displacements {
    std::string_view name;                   ///< "axes" or "diagonals"
    std::vector<lattice::Coordinates> steps; ///< with a first component >= 0
};

/// Sums of products of two Ising spins a distance apart, Σ_x s_x s_{x+R}, over the whole torus, for R along the axes
/// and along the diagonals of planes.
///
/// Axes are the longest periodic directions (SmallestModes), on the triangular lattice also the diagonal (1, 1), along
/// which it has bonds; on the honeycomb R goes along the zigzag. Diagonals are those of planes of two such directions;
/// the triangular lattice and the honeycomb have none.
///
/// Every rank gets all spins of its group, a bit for each, and takes an equal share of the rows, whatever the domains
/// are: 64 products at a time, counts of unlike spins, so the same for any layout.
class TwoPointSums {
  public:
    explicit TwoPointSums(const lattice::Geometry& geometry);

    /// Empty where no direction is periodic.
    std::span<const Displacements> displacements() const noexcept { return displacements_; }
    /// L/2 + 1.
    std::size_t distances() const noexcept { return distances_; }
    /// Bytes that a rank holds while it measures so many replicas.
    double memory(std::int64_t replicas) const noexcept;

    /// Series "two_point": [axes or diagonals][r], summed over the displacements of equal length.
    Measurement measurement() const;

  private:
    void add(const Replicas& replicas, std::span<std::int64_t> sums) const;

    lattice::Geometry geometry_;
    std::vector<Displacements> displacements_;
    std::size_t distances_ = 0;
};

} // namespace blockspin::sampling
