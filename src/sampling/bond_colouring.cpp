#include <blockspin/sampling/bond_colouring.hpp>

#include <algorithm>
#include <cstdlib>

namespace blockspin::sampling {

BondColouring::BondColouring(const lattice::Geometry& geometry) : geometry_(geometry) {
    if (geometry.colouring_is_consistent()) return;
    lattice::Coordinates reach{};
    for (const lattice::Coordinates& offset : geometry.neighbour_offsets()) {
        for (int d = 0; d < lattice::max_dimension; ++d) reach[d] = std::max(reach[d], std::abs(offset[d]));
    }
    other_.emplace(geometry, reach);
}

int BondColouring::colours() const noexcept { return other_ ? other_->colours() : geometry_.colours(); }

StencilColouring::Progression BondColouring::row(int colour, const lattice::Coordinates& at) const {
    if (other_) return other_->row(colour, at);
    const int colours = geometry_.colours();
    const int first = (colour - geometry_.colour({0, at[1], at[2], at[3]}) + colours) % colours;
    return {first, colours, geometry_.extents()[0]};
}

} // namespace blockspin::sampling
