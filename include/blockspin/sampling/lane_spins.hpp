#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/lattice/field.hpp>
#include <blockspin/model/spin_kind.hpp>

namespace blockspin::sampling {

/// One bit for each replica of a block.
struct alignas(16) Lanes {
    static constexpr std::int64_t count = 128;
    std::array<std::uint64_t, 2> words{};

    bool operator[](std::int64_t lane) const { return (words[lane / 64] >> (lane % 64) & 1) != 0; }
    void set(std::int64_t lane) { words[lane / 64] |= std::uint64_t{1} << lane % 64; }
};

/// Turns a square of bits about its diagonal: bit c of word r becomes bit r of word c. Warren, Hacker's Delight, 2nd
/// edition, section 7-3.
void transpose(std::array<std::uint64_t, 64>& square) noexcept;

/// The Ising spins of a group's replicas as bits, 1 = +1, all replicas of a block side by side at every site: blocks
/// are replicas 0 to 127, 128 to 255, … of the whole run, of which this group has a part. Bits of other replicas are 0.
class LaneSpins {
  public:
    /// All down. The replicas are `first` … `first` + `count` − 1 of the run.
    LaneSpins(const lattice::Layout& layout, std::int64_t first, std::int64_t count);

    /// Number of the first block in the run.
    std::int64_t first_block() const noexcept { return first_ / Lanes::count; }
    std::span<lattice::Field<Lanes>> blocks() noexcept { return blocks_; }
    std::span<const lattice::Field<Lanes>> blocks() const noexcept { return blocks_; }
    /// The replicas of the group: those of blocks()[b] are its lanes begin(b) … end(b) − 1, numbered lane − shift(b) in
    /// the group.
    std::int64_t begin(std::size_t block) const noexcept;
    std::int64_t end(std::size_t block) const noexcept;
    std::int64_t shift(std::size_t block) const noexcept;
    /// Their bits.
    Lanes in_use(std::size_t block) const;

    /// Bytes in use.
    std::size_t memory() const noexcept;

    /// The spins of the domain replica by replica: [replica][word], 64 sites to a word, x fastest, without ghosts.
    std::vector<std::uint64_t> bits() const;
    /// The same of one replica of the group.
    bool is_up(std::int64_t replica, const lattice::Coordinates& at) const;
    /// Inverse of bits(); ghosts are left.
    void set_bits(std::span<const std::uint64_t> bits);

  private:
    lattice::Layout layout_;
    std::int64_t first_, count_;
    std::vector<lattice::Field<Lanes>> blocks_;
};

} // namespace blockspin::sampling
