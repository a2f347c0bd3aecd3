#include <blockspin/lattice/redistribution.hpp>

#include <algorithm>

namespace blockspin::lattice {

Box intersection(const Box& a, const Box& b) noexcept {
    Box result;
    for (int d = 0; d < max_dimension; ++d) {
        const std::int32_t end = std::min(a.offset[d] + a.extent[d], b.offset[d] + b.extent[d]);
        result.offset[d] = std::max(a.offset[d], b.offset[d]);
        result.extent[d] = std::max(0, end - result.offset[d]);
    }
    return result;
}

std::vector<Box> slabs(const Coordinates& extents, int dimension, int ranks, std::int32_t thickness) {
    const int across = dimension - 1;
    const std::int32_t layers = extents[across] / thickness;
    core::ensure(layers * thickness == extents[across], "layers fill the lattice");
    const int count = std::min(ranks, static_cast<int>(layers));
    std::vector<Box> boxes;
    for (int rank = 0; rank < count; ++rank) {
        const auto begin_of = [&](std::int64_t r) { return static_cast<std::int32_t>(layers * r / count) * thickness; };
        Box& box = boxes.emplace_back(Box{.offset = {0, 0, 0, 0}, .extent = extents});
        box.offset[across] = begin_of(rank);
        box.extent[across] = begin_of(rank + 1) - begin_of(rank);
    }
    return boxes;
}

} // namespace blockspin::lattice
