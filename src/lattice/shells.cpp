#include <blockspin/lattice/shells.hpp>

#include <algorithm>

namespace blockspin::lattice {

Shells::Shells(const Coordinates& extent, const RankGrid& grid, std::int32_t width) : inner{.extent = extent} {
    for (int d = 0; d < max_dimension; ++d) {
        if (grid.ranks[d] == 1) continue;
        inner.offset[d] = width;
        inner.extent[d] = std::max(0, inner.extent[d] - 2 * width);
    }
    Box core{.extent = extent};
    if (sites(inner) == 0) {
        shell.push_back(core);
        return;
    }
    for (int d = 0; d < max_dimension; ++d) {
        if (grid.ranks[d] == 1) continue;
        for (const std::int32_t at : {0, extent[d] - width}) {
            Box slice = core;
            slice.offset[d] = at;
            slice.extent[d] = width;
            shell.push_back(slice);
        }
        core.offset[d] = inner.offset[d];
        core.extent[d] = inner.extent[d];
    }
}

} // namespace blockspin::lattice
