#include <blockspin/lattice/field.hpp>

namespace blockspin::lattice {

Layout layout(const Decomposition& decomposition, std::int32_t width) {
    core::ensure(width >= 0, "ghosts are not negative");
    Layout layout{decomposition.box().extent, {}};
    std::fill_n(layout.ghosts.begin(), decomposition.geometry().dimension(), width);
    return layout;
}

Box interior(const Layout& layout) noexcept { return {{}, layout.extent}; }

Box with_ghosts(const Layout& layout) noexcept {
    Box box;
    for (int d = 0; d < max_dimension; ++d) {
        box.offset[d] = -layout.ghosts[d];
        box.extent[d] = layout.extent[d] + 2 * layout.ghosts[d];
    }
    return box;
}

} // namespace blockspin::lattice
