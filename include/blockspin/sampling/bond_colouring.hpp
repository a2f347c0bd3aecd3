#pragma once

#include <cstdint>
#include <optional>

#include <blockspin/lattice/geometry.hpp>
#include <blockspin/sampling/stencil_model.hpp>

namespace blockspin::sampling {

/// The order in which sites with nearest neighbours are updated, whatever the sides of the lattice: with the colours of
/// its geometry, or those of StencilColouring where a periodic side does not fit them.
class BondColouring {
  public:
    explicit BondColouring(const lattice::Geometry& geometry);

    int colours() const noexcept;
    /// The sites of one colour in the row through these coordinates.
    StencilColouring::Progression row(int colour, const lattice::Coordinates& at) const;

  private:
    lattice::Geometry geometry_;
    std::optional<StencilColouring> other_; ///< where the colours of the geometry are not consistent
};

} // namespace blockspin::sampling
