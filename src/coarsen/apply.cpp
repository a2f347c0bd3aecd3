#include <blockspin/coarsen/apply.hpp>

#include <blockspin/core/error.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace blockspin::coarsen {

namespace {

using lattice::Box;
using lattice::Coordinates;

/// Position in row-major storage, x fastest.
std::int64_t position(const Coordinates& at, const Coordinates& extents) {
    std::int64_t result = 0;
    for (int i = lattice::max_dimension; i-- > 0;) result = result * extents[i] + at[i];
    return result;
}

Coordinates coordinates(std::int64_t position, const Coordinates& extents) {
    Coordinates at{};
    for (int i = 0; i < lattice::max_dimension; ++i) {
        at[i] = static_cast<std::int32_t>(position % extents[i]);
        position /= extents[i];
    }
    return at;
}

Coordinates divided(int dimension, Coordinates numbers, int scale_factor) {
    if (scale_factor < 2) throw core::InputError(fmt::format("a block cannot be {} sites wide", scale_factor));
    for (int i = 0; i < dimension; ++i) {
        if (numbers[i] % scale_factor != 0) {
            throw core::InputError(
                fmt::format("blocks of {} sites do not tile {}", scale_factor, lattice::to_text(numbers, dimension)));
        }
        numbers[i] /= scale_factor;
    }
    return numbers;
}

} // namespace

Blocks::Blocks(int dimension, const Coordinates& extents, const Box& fine, int scale_factor)
    : fine_(fine), coarse_{divided(dimension, fine.offset, scale_factor),
                           divided(dimension, fine.extent, scale_factor)},
      coarse_extents_(divided(dimension, extents, scale_factor)) {
    Box block;
    std::fill_n(block.extent.begin(), dimension, scale_factor);
    for (std::int64_t i = 0; i < lattice::sites(block); ++i) {
        offsets_.push_back(position(coordinates(i, block.extent), fine.extent));
    }
}

Blocks::Blocks(int dimension, const Coordinates& extents, int scale_factor)
    : Blocks(dimension, extents, Box{.offset = {0, 0, 0, 0}, .extent = extents}, scale_factor) {}

void Blocks::gather(Spins fine, std::int64_t number, std::span<std::int8_t> block) const {
    core::ensure(static_cast<std::int64_t>(fine.size()) == sites() && block.size() == volume(), "spins fill the box");
    Coordinates first = coordinates(number, coarse_.extent);
    for (int i = 0; i < lattice::max_dimension; ++i) first[i] *= fine_.extent[i] / coarse_.extent[i];
    const std::int64_t start = position(first, fine_.extent);
    for (std::size_t i = 0; i < block.size(); ++i) block[i] = fine[static_cast<std::size_t>(start + offsets_[i])];
}

std::int64_t Blocks::global_number(std::int64_t number) const noexcept {
    Coordinates at = coordinates(number, coarse_.extent);
    for (int i = 0; i < lattice::max_dimension; ++i) at[i] += coarse_.offset[i];
    return position(at, coarse_extents_);
}

} // namespace blockspin::coarsen
