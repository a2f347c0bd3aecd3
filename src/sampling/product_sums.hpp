#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/sampling/packed_spins.hpp>

namespace blockspin::sampling {

/// How far in storage the spins of a product are from a site.
using ProductDistances = std::vector<std::ptrdiff_t>;

/// sums[x] = Σ over products of Π spins[x + distance], by the fastest instructions of this processor; spins are ±1, or
/// 0 beyond open boundaries. At most 127 products.
void sum_products(const Spin* spins, std::span<const ProductDistances> products, std::span<std::int8_t> sums);

/// A neighbour of every site of a row, and the bonds to it: ±1, or 0 where it lies beyond an open boundary.
struct BondedNeighbour {
    const std::int8_t* bonds;
    std::ptrdiff_t distance; ///< in storage
};

/// sums[x] = Σ over neighbours of bonds[x] spins[x + distance]. At most 127 neighbours.
void sum_bonded(const Spin* spins, std::span<const BondedNeighbour> neighbours, std::span<std::int8_t> sums);

/// Sums of one operator at all sites of a row, and what one of them counts in an index.
struct WeightedSums {
    const std::int8_t* sums;
    std::int16_t weight;
};

/// index[x] = Σ weight sums[x].
void weigh(std::span<const WeightedSums> operators, std::span<std::int16_t> index);

/// New spins at positions 0, stride, 2 stride …, one per random word: +1 if the word is below the entry of the table
/// at the index of the position. The first half of the table is for spins that are −1 now, the second one for the
/// others; the middle of each is at index 0.
template <class Index>
void draw(Spin* spin, std::ptrdiff_t stride, const Index* index, std::span<const std::uint64_t> words,
          std::span<const std::uint64_t> table) {
    const auto half = static_cast<std::ptrdiff_t>(table.size() / 2);
    const std::uint64_t* const middle = table.data() + half / 2;
    for (const std::uint64_t word : words) {
        const std::ptrdiff_t entry = std::ptrdiff_t{*index} + (*spin > 0 ? half : 0);
        *spin = static_cast<Spin>(2 * static_cast<int>(word < middle[entry]) - 1);
        spin += stride;
        index += stride;
    }
}

} // namespace blockspin::sampling
