#include <blockspin/lattice/decomposition.hpp>

#include "cuts.hpp"

#include <blockspin/core/check.hpp>

namespace blockspin::lattice {

namespace {

Coordinates position_in(const RankGrid& grid, int rank) noexcept {
    Coordinates position{};
    for (int d = 0; d < max_dimension; ++d) {
        position[d] = rank % grid.ranks[d];
        rank /= grid.ranks[d];
    }
    return position;
}

int rank_at(const RankGrid& grid, const Coordinates& position) noexcept {
    int rank = 0;
    for (int d = max_dimension - 1; d >= 0; --d) rank = rank * grid.ranks[d] + position[d];
    return rank;
}

void require_fit(const Geometry& geometry, const RankGrid& grid) {
    for (int d = 0; d < max_dimension; ++d) {
        core::ensure(grid.ranks[d] >= 1 && grid.granularity[d] >= 1, "a rank grid has positive numbers");
        core::ensure(grid.ranks[d] <= cuts(geometry, grid, d).granules(), "every rank has at least one granule");
    }
}

} // namespace

Decomposition::Decomposition(const Geometry& geometry, const RankGrid& grid, int rank)
    : geometry_(geometry), grid_(grid), rank_(rank) {
    require_fit(geometry, grid);
    core::ensure(rank >= 0 && rank < size(grid), "the rank is one of the grid's");
    box_ = box_of(rank);
}

Box Decomposition::box_of(int rank) const noexcept {
    const Coordinates position = position_in(grid_, rank);
    Box box;
    for (int d = 0; d < max_dimension; ++d) {
        const Cuts along = cuts(geometry_, grid_, d);
        box.offset[d] = static_cast<std::int32_t>(along.begin(position[d]));
        box.extent[d] = static_cast<std::int32_t>(along.length(position[d]));
    }
    return box;
}

Coordinates Decomposition::smallest_extents() const noexcept {
    Coordinates smallest{};
    for (int d = 0; d < max_dimension; ++d) {
        smallest[d] = static_cast<std::int32_t>(cuts(geometry_, grid_, d).smallest());
    }
    return smallest;
}

int Decomposition::owner(const Coordinates& at) const noexcept {
    Coordinates position{};
    for (int d = 0; d < max_dimension; ++d) {
        position[d] = static_cast<std::int32_t>(cuts(geometry_, grid_, d).part_of(at[d]));
    }
    return rank_at(grid_, position);
}

std::int64_t Decomposition::to_global(std::int64_t local) const noexcept {
    Coordinates at{};
    for (int d = 0; d < max_dimension; ++d) {
        at[d] = box_.offset[d] + static_cast<std::int32_t>(local % box_.extent[d]);
        local /= box_.extent[d];
    }
    return geometry_.site(at);
}

std::optional<std::int64_t> Decomposition::to_local(std::int64_t site) const noexcept {
    const Coordinates at = geometry_.coordinates(site);
    if (!contains(box_, at)) return std::nullopt;
    std::int64_t local = 0;
    for (int d = max_dimension - 1; d >= 0; --d) local = local * box_.extent[d] + (at[d] - box_.offset[d]);
    return local;
}

std::optional<std::int64_t> Decomposition::site_at(const Coordinates& relative) const noexcept {
    const std::optional<Coordinates> at = geometry_.shifted(box_.offset, relative);
    if (!at) return std::nullopt;
    return geometry_.site(*at);
}

std::optional<int> Decomposition::neighbour(const Coordinates& direction) const noexcept {
    Coordinates position = position_in(grid_, rank_);
    for (int d = 0; d < max_dimension; ++d) {
        const std::int32_t ranks = grid_.ranks[d];
        const std::int32_t unwrapped = position[d] + direction[d];
        position[d] = (unwrapped + ranks) % ranks;
        if (position[d] != unwrapped && !geometry_.is_periodic(d)) return std::nullopt;
    }
    return rank_at(grid_, position);
}

Hyperslab Decomposition::local_box() const {
    Hyperslab slab;
    for (int d = geometry_.dimension() - 1; d >= 0; --d) {
        slab.shape.push_back(static_cast<std::uint64_t>(geometry_.extents()[d]));
        slab.offset.push_back(static_cast<std::uint64_t>(box_.offset[d]));
        slab.count.push_back(static_cast<std::uint64_t>(box_.extent[d]));
    }
    return slab;
}

} // namespace blockspin::lattice
