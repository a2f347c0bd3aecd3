#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/lattice/decomposition.hpp>
#include <blockspin/lattice/field.hpp>
#include <blockspin/sampling/aligned_words.hpp>
#include <blockspin/sampling/packed_spins.hpp>
#include <blockspin/sampling/strip_plan.hpp>

namespace blockspin::sampling {

/// Where the words of a domain held as strips are. A column is all words that differ only along the last direction;
/// those of its words that have one colour follow each other: a run, with a ghost word on both sides. There are ghost
/// columns beside the strips, as wide as the couplings reach.
class StripLayout {
  public:
    /// InternalError unless the domains are cut as the plan says.
    StripLayout(const lattice::Decomposition& decomposition, const StripPlan& plan);

    const StripPlan& plan() const noexcept { return plan_; }
    /// The columns of a domain, as coordinates within a strip; 0 along the last direction.
    lattice::Box columns() const noexcept;
    /// Words of a run, without its ghosts.
    std::int32_t words() const noexcept { return words_; }
    std::size_t size() const noexcept { return size_; }
    /// Do the ghosts at the ends of runs come from other ranks?
    bool is_cut() const noexcept { return is_cut_; }
    /// Ranks that hold what lies below and above this domain along the last direction.
    const std::array<int, 2>& beside() const noexcept { return beside_; }
    /// Number of the first of this domain's words among those of its run in the whole lattice.
    std::int64_t first_word() const noexcept { return first_word_; }
    /// Position of word 0 of a run: of the sites at `residue` modulo the period along the last direction, in a column,
    /// which may be a ghost.
    std::size_t run(const lattice::Coordinates& column, std::int32_t residue) const noexcept;
    /// How far behind a word of sites with these residues its neighbours at an offset are, which the couplings reach.
    std::ptrdiff_t distance(const lattice::Coordinates& residues, const lattice::Coordinates& offset) const noexcept;

    friend bool operator==(const StripLayout&, const StripLayout&) = default;

  private:
    StripPlan plan_;
    std::array<std::size_t, lattice::max_dimension> strides_{}; ///< of columns
    std::size_t run_size_ = 0, size_ = 0;
    std::int32_t words_ = 0;
    std::int64_t first_word_ = 0;
    bool is_cut_ = false;
    std::array<int, 2> beside_{};
};

/// The spins of a domain as strips; bits not in use are zero.
class StripSpins {
  public:
    /// All bits zero.
    explicit StripSpins(const StripLayout& layout) : layout_(layout), words_(layout.size()) {}

    const StripLayout& layout() const noexcept { return layout_; }
    /// Bytes in use.
    std::size_t memory() const noexcept { return words_.size() * sizeof(Word); }
    Word* words() noexcept { return words_.data(); }
    const Word* words() const noexcept { return words_.data(); }

    /// Takes the spins of a field of the same domain; ghosts are stale afterwards.
    void pack(const lattice::Field<Spin>& field);
    /// Puts the spins into a field of the same domain; leaves its ghosts.
    void unpack(lattice::Field<Spin>& field) const;
    /// Makes the ghosts at the ends of the runs of a colour copies of the other ends: where the lattice is not cut.
    void wrap_ends(int colour) noexcept;
    /// Refreshes the ghost columns of a colour, the ends of their runs too.
    void wrap_columns(int colour) noexcept;

  private:
    void wrap_columns(int colour, int direction) noexcept;

    StripLayout layout_;
    AlignedWords words_;
};

/// Calls visit(column) for the columns of a box that have the residues of a colour.
template <class Visit>
void for_each_column(const StripPlan& plan, const lattice::Box& box, const lattice::Coordinates& residues,
                     Visit&& visit) {
    lattice::Coordinates first{};
    for (int d = 0; d < plan.along; ++d) {
        const std::int32_t period = plan.period[d];
        first[d] = box.offset[d] + ((residues[d] - box.offset[d]) % period + period) % period;
    }
    lattice::Coordinates at = first;
    const auto end = [&](int d) { return box.offset[d] + box.extent[d]; };
    for (at[2] = first[2]; at[2] < end(2); at[2] += plan.period[2]) {
        for (at[1] = first[1]; at[1] < end(1); at[1] += plan.period[1]) {
            for (at[0] = first[0]; at[0] < end(0); at[0] += plan.period[0]) visit(at);
        }
    }
}

} // namespace blockspin::sampling
