#pragma once

#include <blockspin/lattice/geometry.hpp>

#include <concepts>
#include <cstdint>

namespace blockspin::lattice {

/// The grid points offset ≤ c < offset + extent.
struct Box {
    Coordinates offset{0, 0, 0, 0};
    Coordinates extent{1, 1, 1, 1};

    friend bool operator==(const Box&, const Box&) = default;
};

/// Number of grid points in the box.
std::int64_t sites(const Box& box) noexcept;
bool contains(const Box& box, const Coordinates& at) noexcept;

/// Calls visit(first point of the row) for every row of the box along x, in the order of storage.
template <std::invocable<const Coordinates&> Visit> void for_each_row(const Box& box, Visit&& visit) {
    const auto& [x, y0, z0, w0] = box.offset;
    for (std::int32_t w = w0; w < w0 + box.extent[3]; ++w) {
        for (std::int32_t z = z0; z < z0 + box.extent[2]; ++z) {
            for (std::int32_t y = y0; y < y0 + box.extent[1]; ++y) visit(Coordinates{x, y, z, w});
        }
    }
}

} // namespace blockspin::lattice
