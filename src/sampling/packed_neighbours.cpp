#include "packed_kernel.hpp"

namespace blockspin::sampling {

PackedNeighbours NeighbourPositions::among(const Word* other) const noexcept {
    PackedNeighbours near{
        .same = other + same, .beside = other + beside, .straight = {}, .leads = leads, .carry = carry};
    for (std::size_t k = 0; k < straight.size(); ++k) near.straight[k] = other + straight[k];
    return near;
}

NeighbourPositions neighbour_positions(const lattice::Geometry& geometry, const PackedLayout& layout,
                                       const lattice::Coordinates& at, int parity, int colour) {
    const bool leads = layout.offset(at, parity, colour) == 0;
    const std::int32_t beside = leads ? at[0] - 1 : at[0] + 1;
    NeighbourPositions near{{.same = layout.run(at, parity),
                             .beside = layout.run({beside, 0, at[2], at[3]}, parity),
                             .straight = {},
                             .leads = leads,
                             .carry = layout.bits(leads ? beside : at[0]) - 1}};
    std::size_t k = 0;
    const std::size_t rows_above = layout.run(at, 1 - parity) + parity;
    if (geometry.lattice() == lattice::Lattice::honeycomb) {
        near.straight[k++] = colour == 0 ? rows_above : rows_above - 1;
        return near;
    }
    near.straight[k++] = rows_above;
    near.straight[k++] = rows_above - 1;
    for (int d = 2; d < geometry.dimension(); ++d) {
        for (const int step : {1, -1}) {
            lattice::Coordinates beyond = at;
            beyond[d] += step;
            near.straight[k++] = layout.run(beyond, parity);
        }
    }
    return near;
}

} // namespace blockspin::sampling
