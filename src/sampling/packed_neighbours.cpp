#include "packed_kernel.hpp"

namespace blockspin::sampling {

PackedNeighbours packed_neighbours(const lattice::Geometry& geometry, const PackedLayout& layout, const Word* other,
                                   const lattice::Coordinates& at, int parity, int colour) {
    const bool leads = layout.offset(at, parity, colour) == 0;
    const std::int32_t beside = leads ? at[0] - 1 : at[0] + 1;
    PackedNeighbours near{.same = other + layout.run(at, parity),
                          .beside = other + layout.run({beside, 0, at[2], at[3]}, parity),
                          .straight = {},
                          .leads = leads,
                          .carry = layout.bits(leads ? beside : at[0]) - 1};
    std::size_t k = 0;
    const Word* const rows_above = other + layout.run(at, 1 - parity) + parity;
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
            near.straight[k++] = other + layout.run(beyond, parity);
        }
    }
    return near;
}

} // namespace blockspin::sampling
