#include <blockspin/sampling/packed_spins.hpp>

#include <blockspin/core/check.hpp>

#include <algorithm>
#include <cstring>

namespace blockspin::sampling {

namespace {

/// Calls visit(at) for all columns of all planes of a domain.
template <class Visit> void for_each_column(const PackedLayout& layout, Visit&& visit) {
    const lattice::Coordinates& extents = layout.extents();
    for (std::int32_t w = 0; w < extents[3]; ++w) {
        for (std::int32_t z = 0; z < extents[2]; ++z) {
            for (std::int32_t column = 0; column < extents[0]; ++column) visit(lattice::Coordinates{column, 0, z, w});
        }
    }
}

/// Bit i is set where byte i is positive.
std::uint64_t positive(std::uint64_t eight_spins) {
    constexpr std::uint64_t lowest = 0x0101010101010101;
    return ((~eight_spins >> 7 & lowest) * 0x0102040810204080) >> 56;
}

/// Byte i is +1 where bit i is set, else −1.
std::uint64_t signs(std::uint64_t eight_bits) {
    constexpr std::uint64_t lowest = 0x0101010101010101;
    const std::uint64_t chosen = eight_bits * lowest & 0x8040201008040201; // bit i, in byte i
    const std::uint64_t up = (chosen + 0x7F7F7F7F7F7F7F7F) >> 7 & lowest;  // 1 where it is set
    return up | (lowest ^ up) * 0xFF;
}

/// The even bits of a 64-bit word, side by side.
std::uint64_t even_bits(std::uint64_t word) {
    word &= 0x5555555555555555;
    word = (word | word >> 1) & 0x3333333333333333;
    word = (word | word >> 2) & 0x0F0F0F0F0F0F0F0F;
    word = (word | word >> 4) & 0x00FF00FF00FF00FF;
    word = (word | word >> 8) & 0x0000FFFF0000FFFF;
    return (word | word >> 16) & 0x00000000FFFFFFFF;
}

/// The reverse: 32 bits go to the even bits.
std::uint64_t spread_bits(std::uint64_t half) {
    half = (half | half << 16) & 0x0000FFFF0000FFFF;
    half = (half | half << 8) & 0x00FF00FF00FF00FF;
    half = (half | half << 4) & 0x0F0F0F0F0F0F0F0F;
    half = (half | half << 2) & 0x3333333333333333;
    return (half | half << 1) & 0x5555555555555555;
}

/// Up to 64 spins as bits.
std::uint64_t to_bits(std::span<const Spin> spins) {
    std::uint64_t bits = 0;
    std::size_t i = 0;
    for (; i + 8 <= spins.size(); i += 8) {
        std::uint64_t eight;
        std::memcpy(&eight, &spins[i], sizeof eight);
        bits |= positive(eight) << i;
    }
    for (; i < spins.size(); ++i) bits |= std::uint64_t{spins[i] > 0} << i;
    return bits;
}

void to_spins(std::uint64_t bits, std::span<Spin> spins) {
    std::size_t i = 0;
    for (; i + 8 <= spins.size(); i += 8) {
        const std::uint64_t eight = signs(bits >> i & 0xFF);
        std::memcpy(&spins[i], &eight, sizeof eight);
    }
    for (; i < spins.size(); ++i) spins[i] = (bits >> i & 1) != 0 ? Spin{1} : Spin{-1};
}

/// The sites of a row that lie in half a column: x from 128 column + 64 half.
template <class T> std::span<T> half_column(std::span<T> row, std::int32_t column, int half) {
    const std::size_t first =
        std::min(row.size(), static_cast<std::size_t>(column) * 128 + static_cast<std::size_t>(half) * 64);
    return row.subspan(first, std::min<std::size_t>(64, row.size() - first));
}

} // namespace

bool is_packable(const lattice::Geometry& geometry) noexcept {
    using enum lattice::Lattice;
    for (int d = 0; d < geometry.dimension(); ++d) {
        if (!geometry.is_periodic(d)) return false;
    }
    return geometry.lattice() != chain && geometry.is_bipartite();
}

PackedLayout::PackedLayout(const lattice::Decomposition& decomposition) {
    const lattice::Geometry& geometry = decomposition.geometry();
    const lattice::Box& box = decomposition.box();
    core::ensure(is_packable(geometry), "only periodic, bipartite lattices are packed");
    core::ensure(box.offset[0] % sites_per_word == 0 && box.offset[1] % 2 == 0, "packed domains are cut between words");
    for (int d = 0; d < lattice::max_dimension; ++d) cut_[d] = decomposition.grid().ranks[d] > 1;
    extents_ = {(box.extent[0] + sites_per_word - 1) / sites_per_word, 1, box.extent[2], box.extent[3]};
    words_ = box.extent[1] / 2;
    last_bits_ = ((geometry.extents()[0] - 1) % sites_per_word + 1) / 2;
    has_first_column_ = box.offset[0] == 0;
    has_last_column_ = box.offset[0] + box.extent[0] == geometry.extents()[0];
    corner_parity_ = (box.offset[2] + box.offset[3]) & 1;
    // Lines of: a ghost in the last word of the first line, the run, a ghost, padding.
    const std::int32_t pitch = line + (words_ + line) / line * line;
    std::size_t stride = static_cast<std::size_t>(2 * pitch);
    parity_stride_ = static_cast<std::size_t>(pitch);
    for (const int d : {0, 2, 3}) {
        const std::int32_t extent = extents_[d];
        for (std::int32_t at = -1; at <= extent; ++at) {
            const std::int32_t stored = cut_[d] ? at + 1 : (at + extent) % extent;
            positions_[static_cast<std::size_t>(d)].push_back(stride * static_cast<std::size_t>(stored));
        }
        stride *= static_cast<std::size_t>(extent + (cut_[d] ? 2 : 0));
    }
    size_ = stride;
}

int PackedLayout::bits(std::int32_t column) const noexcept {
    const bool is_last = column == extents_[0] - 1 ? has_last_column_ : column < 0 && has_first_column_;
    return is_last ? last_bits_ : 64;
}

PackedSpins::PackedSpins(const PackedLayout& layout) : layout_(layout) {
    for (auto& words : words_) words.resize(layout.size() + 8);
}

void PackedSpins::pack(const lattice::Field<Spin>& field) {
    for_each_column(layout_, [&](const lattice::Coordinates& at) {
        for (std::int32_t y = 0; y < 2 * layout_.words(); ++y) {
            const std::span<const Spin> row = field.row(y, at[2], at[3]);
            const std::uint64_t low = to_bits(half_column(row, at[0], 0)), high = to_bits(half_column(row, at[0], 1));
            const std::size_t word = layout_.run(at, y & 1) + static_cast<std::size_t>(y / 2);
            const auto even_colour = static_cast<std::size_t>(layout_.offset(at, y & 1, 0));
            words_[even_colour][word] = even_bits(low) | even_bits(high) << 32;
            words_[1 - even_colour][word] = even_bits(low >> 1) | even_bits(high >> 1) << 32;
        }
    });
    wrap(0);
    wrap(1);
}

std::array<Word, 2> PackedSpins::sites(const lattice::Coordinates& at) const noexcept {
    const int parity = at[1] & 1;
    const std::size_t word = layout_.run(at, parity) + static_cast<std::size_t>(at[1] / 2);
    const auto even_colour = static_cast<std::size_t>(layout_.offset(at, parity, 0));
    const std::uint64_t even = words_[even_colour][word], odd = words_[1 - even_colour][word];
    return {spread_bits(even & 0xFFFFFFFF) | spread_bits(odd & 0xFFFFFFFF) << 1,
            spread_bits(even >> 32) | spread_bits(odd >> 32) << 1};
}

void PackedSpins::unpack(lattice::Field<Spin>& field) const {
    for_each_column(layout_, [&](const lattice::Coordinates& at) {
        for (std::int32_t y = 0; y < 2 * layout_.words(); ++y) {
            const std::span<Spin> row = field.row(y, at[2], at[3]);
            const auto [low, high] = sites({at[0], y, at[2], at[3]});
            to_spins(low, half_column(row, at[0], 0));
            to_spins(high, half_column(row, at[0], 1));
        }
    });
}

void PackedSpins::wrap(int colour) noexcept {
    if (layout_.is_cut(1)) return;
    Word* const words = this->words(colour);
    for_each_column(layout_, [&](const lattice::Coordinates& at) {
        for (const int parity : {0, 1}) {
            Word* const run = words + layout_.run(at, parity);
            run[-1] = run[layout_.words() - 1];
            run[layout_.words()] = run[0];
        }
    });
}

} // namespace blockspin::sampling
