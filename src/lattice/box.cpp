#include <blockspin/lattice/box.hpp>

namespace blockspin::lattice {

std::int64_t sites(const Box& box) noexcept {
    std::int64_t product = 1;
    for (const std::int32_t extent : box.extent) product *= extent;
    return product;
}

bool contains(const Box& box, const Coordinates& at) noexcept {
    for (int d = 0; d < max_dimension; ++d) {
        if (at[d] < box.offset[d] || at[d] - box.offset[d] >= box.extent[d]) return false;
    }
    return true;
}

} // namespace blockspin::lattice
