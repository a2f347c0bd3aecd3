#include <blockspin/sampling/packed_tiles.hpp>

namespace blockspin::sampling {

double PackedTiles::random_words() const noexcept {
    return own_bits + static_cast<double>(shared_bits[0] + shared_bits[1]) * 8 / (2 * words);
}

PackedTiles packed_tiles(const lattice::Geometry& geometry) noexcept {
    // Three-dimensional lattices are cut between planes, so tiles may span one.
    const std::int32_t rows = geometry.extents()[1];
    const bool has_planes = geometry.dimension() >= 3;
    if (rows >= 1024 || (has_planes && rows >= 128))
        return {.words = 64, .own_bits = usual_own_bits, .shared_bits = {10, 8}};
    if (rows >= 512 || (has_planes && rows >= 64))
        return {.words = 32, .own_bits = usual_own_bits, .shared_bits = {9, 7}};
    return {.words = 2, .own_bits = 12, .shared_bits = {0, 0}};
}

} // namespace blockspin::sampling
