#include <blockspin/lattice/halo.hpp>

#include <blockspin/core/error.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace blockspin::lattice {

namespace {

void require_room(const Decomposition& decomposition, const Coordinates& ghosts) {
    const Coordinates smallest = decomposition.smallest_extents();
    for (int d = 0; d < max_dimension; ++d) {
        if (ghosts[d] <= smallest[d]) continue;
        throw core::InputError(
            fmt::format("[model] size: {} sites on {} ranks leave {} in direction {} of some domain, too few for a "
                        "halo of width {}",
                        to_text(decomposition.geometry().extents(), decomposition.geometry().dimension()),
                        decomposition.ranks(), smallest[d], "xyzw"[d], ghosts[d]));
    }
}

/// All directions to neighbours that fill ghosts, components −1, 0, 1.
std::vector<Coordinates> directions(const Coordinates& ghosts) {
    const auto reach = [&](int d) { return ghosts[d] > 0 ? 1 : 0; };
    Box cube;
    for (int d = 0; d < max_dimension; ++d) {
        cube.offset[d] = -reach(d);
        cube.extent[d] = 1 + 2 * reach(d);
    }
    std::vector<Coordinates> all;
    for_each_row(cube, [&](Coordinates at) {
        for (int i = 0; i < cube.extent[0]; ++i, ++at[0]) {
            if (at != Coordinates{}) all.push_back(at);
        }
    });
    return all;
}

/// The points of the box that are ghosts of the neighbour in this direction.
Box edge(const Layout& layout, const Coordinates& direction) {
    Box box = interior(layout);
    for (int d = 0; d < max_dimension; ++d) {
        if (direction[d] != 0) box.extent[d] = layout.ghosts[d];
        if (direction[d] > 0) box.offset[d] = layout.extent[d] - layout.ghosts[d];
    }
    return box;
}

/// The ghosts on the side opposite to this direction: what neighbours send this way arrives there.
Box opposite_ghosts(const Layout& layout, const Coordinates& direction) {
    Box box = interior(layout);
    for (int d = 0; d < max_dimension; ++d) {
        if (direction[d] != 0) box.extent[d] = layout.ghosts[d];
        if (direction[d] > 0) box.offset[d] = -layout.ghosts[d];
        if (direction[d] < 0) box.offset[d] = layout.extent[d];
    }
    return box;
}

Coordinates opposite(Coordinates direction) {
    for (std::int32_t& component : direction) component = -component;
    return direction;
}

HaloPlan::Message& message_with(HaloPlan& plan, int rank) {
    const auto found = std::ranges::find(plan.messages, rank, &HaloPlan::Message::rank);
    if (found != plan.messages.end()) return *found;
    return plan.messages.emplace_back(HaloPlan::Message{rank, {}, {}});
}

} // namespace

HaloPlan halo_plan(const Decomposition& decomposition, const Layout& layout) {
    core::ensure(layout.extent == decomposition.box().extent, "the layout is that of this rank's box");
    require_room(decomposition, layout.ghosts);
    HaloPlan plan;
    // Everybody goes through the directions in one order, so the pieces of a message match where several directions
    // lead to the same rank.
    for (const Coordinates& direction : directions(layout.ghosts)) {
        const std::optional<int> to = decomposition.neighbour(direction);
        const std::optional<int> from = decomposition.neighbour(opposite(direction));
        const Box mine = edge(layout, direction);
        const Box ghosts = opposite_ghosts(layout, direction);
        if (to && *to != decomposition.rank()) message_with(plan, *to).send.push_back(mine);
        if (!from) {
            plan.outside.push_back(ghosts);
        } else if (*from == decomposition.rank()) {
            plan.copies.push_back({mine, ghosts});
        } else {
            message_with(plan, *from).receive.push_back(ghosts);
        }
    }
    return plan;
}

} // namespace blockspin::lattice
