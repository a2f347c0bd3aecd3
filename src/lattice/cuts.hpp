#pragma once

#include <blockspin/lattice/decomposition.hpp>

#include <algorithm>
#include <cstdint>

namespace blockspin::lattice {

/// How one direction is cut into parts: granule k belongs to part floor(((k + 1) parts − 1) / granules), so that the
/// parts differ by at most one granule; the last granule may be narrower, and belongs to a part with the more granules.
struct Cuts {
    std::int64_t extent;
    std::int64_t granule;
    std::int64_t parts;

    std::int64_t granules() const noexcept { return (extent + granule - 1) / granule; }
    /// First point of a part; `parts` gives the end.
    std::int64_t begin(std::int64_t part) const noexcept {
        return std::min(extent, granules() * part / parts * granule);
    }
    std::int64_t length(std::int64_t part) const noexcept { return begin(part + 1) - begin(part); }
    std::int64_t part_of(std::int64_t point) const noexcept { return ((point / granule + 1) * parts - 1) / granules(); }
    std::int64_t smallest() const noexcept { return std::min(length(0), length(parts - 1)); }
    std::int64_t largest() const noexcept { return std::min(extent, (granules() + parts - 1) / parts * granule); }
};

/// How `grid` cuts direction `d`.
inline Cuts cuts(const Geometry& geometry, const RankGrid& grid, int d) {
    return {geometry.extents()[d], grid.granularity[d], grid.ranks[d]};
}

} // namespace blockspin::lattice
