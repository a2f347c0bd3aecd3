#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/lattice/decomposition.hpp>
#include <blockspin/lattice/field.hpp>
#include <blockspin/lattice/geometry.hpp>
#include <blockspin/sampling/aligned_words.hpp>

namespace blockspin::sampling {

/// A spin: +1 or −1; 0 in ghosts beyond an open boundary.
using Spin = std::int8_t;

/// 64 spins of one colour, 1 = +1.
using Word = std::uint64_t;

/// Whether spins of this lattice can be held as bits: bipartite, periodic in every direction, of at least two
/// dimensions, and nearest neighbours along the axes only.
bool is_packable(const lattice::Geometry& geometry) noexcept;

/// Where packed spins are: a function of the domain alone.
///
/// A word holds the 64 spins of one colour among 128 consecutive sites of a row: bit k is site 2k or 2k + 1 of them,
/// whichever has the colour. A column is 128 sites wide. The words of all rows with even y in one column of one plane
/// follow each other, and so do those of the rows with odd y: these are runs. Neighbours along y, z and w are then
/// words at the same bit, and so is one of the two neighbours along x; the other is one bit further, in the next column
/// at the end of a word. Every run has a ghost word on both sides; there are ghost columns and planes where the lattice
/// is cut.
class PackedLayout {
  public:
    static constexpr std::int32_t sites_per_word = 128; ///< along x, of both colours
    static constexpr int contiguous = 1;                ///< words of neighbours along y are side by side

    /// InternalError unless is_packable() and the domains are cut at multiples of 128 in x and 2 in y.
    explicit PackedLayout(const lattice::Decomposition& decomposition);

    /// Extents of the domain in runs: columns along x, 1 along y, planes along z and w.
    const lattice::Coordinates& extents() const noexcept { return extents_; }
    /// Words of a run without its ghosts: half the number of rows.
    std::int32_t words() const noexcept { return words_; }
    /// The domain in columns along x, words of a run along y, planes along z and w.
    lattice::Box box() const noexcept { return {.extent = {extents_[0], words_, extents_[2], extents_[3]}}; }
    /// Number of words of one colour, ghosts and padding included.
    std::size_t size() const noexcept { return size_; }
    /// Is the lattice cut in this direction, so that its ghosts come from other ranks?
    bool is_cut(int direction) const { return cut_.at(direction); }
    /// Bits in use in the words of a column; at[0] = −1 and extents()[0] are the columns beside the domain.
    int bits(std::int32_t column) const noexcept;
    /// Position of word 0 of the rows whose y has the given parity; `at` may be one step outside along x, z or w.
    std::size_t run(const lattice::Coordinates& at, int parity) const noexcept {
        const auto along = [&](int d) {
            const auto dimension = static_cast<std::size_t>(d);
            return positions_[dimension][static_cast<std::size_t>(at[d] + 1)];
        };
        return static_cast<std::size_t>(line) + parity_stride_ * static_cast<std::size_t>(parity) + along(0) +
               along(2) + along(3);
    }
    /// Does bit 0 of this colour stand for site 1 of 128 (instead of site 0) in rows of this parity of a plane?
    int offset(const lattice::Coordinates& at, int parity, int colour) const noexcept {
        return (parity + at[2] + at[3] + colour + corner_parity_) & 1;
    }

  private:
    static constexpr std::int32_t line = 8; ///< words of a cache line; word 0 of a run begins one

    lattice::Coordinates extents_{1, 1, 1, 1};
    std::array<bool, lattice::max_dimension> cut_{};
    /// What a coordinate from −1 to the extent adds to a position; nothing along y.
    std::array<std::vector<std::size_t>, lattice::max_dimension> positions_{};
    std::size_t parity_stride_ = 0, size_ = 0;
    std::int32_t words_ = 0;
    int last_bits_ = 64; ///< in use in the last column of the lattice
    bool has_last_column_ = true;
    bool has_first_column_ = true;
    int corner_parity_ = 0; ///< of z + w at the corner of the domain
};

/// The spins of a domain as bits; bits not in use are zero.
class PackedSpins {
  public:
    /// All bits zero.
    explicit PackedSpins(const PackedLayout& layout);

    const PackedLayout& layout() const noexcept { return layout_; }
    /// Bytes in use.
    std::size_t memory() const noexcept { return (words_[0].size() + words_[1].size()) * sizeof(Word); }
    /// The words of one colour: layout().size() of them, aligned to cache lines, with a line of slack behind.
    Word* words(int colour) noexcept { return words_[static_cast<std::size_t>(colour)].data(); }
    const Word* words(int colour) const noexcept { return words_[static_cast<std::size_t>(colour)].data(); }

    /// Takes the spins of a field of the same domain; its ghosts do not matter. Ghosts along y are filled here where
    /// the lattice is not cut.
    void pack(const lattice::Field<Spin>& field);
    /// The 128 sites of a row in one column as bits, x ascending; at[1] is the row.
    std::array<Word, 2> sites(const lattice::Coordinates& at) const noexcept;
    /// Puts the spins into a field of the same domain; leaves its ghosts.
    void unpack(lattice::Field<Spin>& field) const;
    /// Makes the ghosts along y of a colour copies of the other end, where the lattice is not cut along y.
    void wrap(int colour) noexcept;

  private:
    PackedLayout layout_;
    std::array<AlignedWords, 2> words_;
};

} // namespace blockspin::sampling
