#include "packed_columns.hpp"

#include <algorithm>

namespace blockspin::sampling {

namespace {

/// Of the random words of the first word of a run; every run of the lattice has its own range.
std::uint64_t place(const lattice::Decomposition& decomposition, const lattice::Coordinates& at, int parity) {
    const lattice::Coordinates& extents = decomposition.geometry().extents();
    const lattice::Coordinates& corner = decomposition.box().offset;
    const std::int64_t columns = (extents[0] + PackedLayout::sites_per_word - 1) / PackedLayout::sites_per_word;
    const std::int64_t blocks = (extents[1] + 3) / 4; // of 128 bits in a run
    const std::int64_t plane = corner[2] + at[2] + std::int64_t{extents[2]} * (corner[3] + at[3]);
    const std::int64_t column = corner[0] / PackedLayout::sites_per_word + at[0];
    return static_cast<std::uint64_t>(((plane * columns + column) * 2 + parity) * blocks + corner[1] / 4);
}

} // namespace

PackedColumns::PackedColumns(const lattice::Decomposition& decomposition, const PackedLayout& layout,
                             const PackedTiles& tiles)
    : tiles_(tiles), extents_(layout.extents()), words_(layout.words()) {
    for (const int colour : {0, 1}) {
        const auto rows = [&](const lattice::Coordinates& at, int parity) {
            return Rows{.run = layout.run(at, parity),
                        .near = neighbour_positions(decomposition.geometry(), layout, at, parity, colour),
                        .place = place(decomposition, at, parity)};
        };
        lattice::for_each_row({.extent = extents_}, [&](lattice::Coordinates at) {
            for (; at[0] < extents_[0]; ++at[0]) {
                columns_[static_cast<std::size_t>(colour)].push_back(
                    {.rows = {rows(at, 0), rows(at, 1)}, .valid = ~Word{0} >> (64 - layout.bits(at[0]))});
            }
        });
    }
    extents_[1] = (words_ + tiles.words_together() - 1) / tiles.words_together();
}

PackedRuns PackedColumns::runs(PackedSpins& spins, int colour, const lattice::Coordinates& at,
                               std::int32_t height) const {
    const std::int64_t number = at[0] + std::int64_t{extents_[0]} * (at[2] + std::int64_t{extents_[2]} * at[3]);
    const Column& column = columns_[static_cast<std::size_t>(colour)][static_cast<std::size_t>(number)];
    const auto rows = [&](std::size_t parity) {
        const Rows& these = column.rows[parity];
        return PackedRuns::Rows{.spins = spins.words(colour) + these.run,
                                .near = these.near.among(spins.words(1 - colour)),
                                .place = these.place};
    };
    return {.rows = {rows(0), rows(1)},
            .valid = column.valid,
            .words = words_,
            .first = at[1] * tiles_.words_together(),
            .last = std::min((at[1] + height) * tiles_.words_together(), words_)};
}

} // namespace blockspin::sampling
