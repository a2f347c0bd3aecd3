// What the neighbours of packed spins say, on vectors. Included once per instruction set, by packed_kernel.cpp and
// packed_sums.cpp.
#include <hwy/highway.h>

#include <array>
#include <cstddef>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace blockspin::sampling::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Words = hn::ScalableTag<std::uint64_t>;
using V = hn::VFromD<Words>;

HWY_INLINE V zero() { return hn::Zero(Words()); }
HWY_INLINE V all(std::uint64_t word) { return hn::Set(Words(), word); }

/// Bit by bit: `yes` where the mask is set, else `no`.
HWY_INLINE V pick(V mask, V yes, V no) { return hn::Xor(no, hn::And(mask, hn::Xor(yes, no))); }

/// All neighbours of the spins in a vector of words, the first of which has this number in its run.
template <int neighbours>
HWY_INLINE std::array<V, neighbours> load_neighbours(const PackedNeighbours& near, std::int32_t at) {
    const Words words;
    const V same = hn::LoadU(words, near.same + at), beside = hn::LoadU(words, near.beside + at);
    std::array<V, neighbours> x;
    x[0] = same;
    x[1] = near.leads ? hn::Or(hn::ShiftLeft<1>(same), hn::ShiftRightSame(beside, near.carry))
                      : hn::Or(hn::ShiftRight<1>(same), hn::ShiftLeftSame(beside, near.carry));
    for (std::size_t k = 2; k < neighbours; ++k) x[k] = hn::LoadU(words, near.straight[k - 2] + at);
    return x;
}

/// Adds three bits.
struct Sum {
    HWY_INLINE Sum(V a, V b, V c)
        : low(hn::Xor(hn::Xor(a, b), c)), high(hn::Or(hn::And(a, b), hn::And(c, hn::Or(a, b)))) {}
    V low, high;
};

/// The number of set bits among the neighbours, in binary, at every position.
template <int neighbours> HWY_INLINE std::array<V, 4> count(const std::array<V, neighbours>& x) {
    const Sum a(x[0], x[1], x[2]);
    if constexpr (neighbours == 3) {
        return {a.low, a.high, zero(), zero()};
    } else if constexpr (neighbours == 4) {
        const V carry = hn::And(a.low, x[3]);
        return {hn::Xor(a.low, x[3]), hn::Xor(a.high, carry), hn::And(a.high, carry), zero()};
    } else if constexpr (neighbours == 6) {
        const Sum b(x[3], x[4], x[5]);
        const Sum twos(a.high, b.high, hn::And(a.low, b.low));
        return {hn::Xor(a.low, b.low), twos.low, twos.high, zero()};
    } else {
        static_assert(neighbours == 8);
        const Sum b(x[3], x[4], x[5]), ones(a.low, b.low, x[6]);
        const Sum twos(a.high, b.high, ones.high);
        const V carry = hn::And(ones.low, x[7]), carry2 = hn::And(twos.low, carry);
        return {hn::Xor(ones.low, x[7]), hn::Xor(twos.low, carry), hn::Xor(twos.high, carry2),
                hn::And(twos.high, carry2)};
    }
}

/// table[n] at every position, n being a binary number there; entries from `first` on, of which there are `size`.
template <std::size_t first, std::size_t size, std::size_t bit, class Table>
HWY_INLINE V look_up(const Table& table, const std::array<V, 4>& n) {
    constexpr std::size_t half = std::size_t{1} << bit;
    if constexpr (size == 1) {
        return table[first];
    } else if constexpr (size <= half) {
        return look_up<first, size, bit - 1>(table, n);
    } else {
        return pick(n[bit], look_up < first + half, size - half, bit == 0 ? 0 : bit - 1 > (table, n), look_up < first,
                    half, bit == 0 ? 0 : bit - 1 > (table, n));
    }
}

/// Which case of a rule every position is, told from the number of its up neighbours. Without a field cases go by
/// |sum of neighbours| from largest to smallest; where neither value is favoured, the case is any.
template <int neighbours, bool has_field> class Cases {
  public:
    static constexpr std::size_t count = (neighbours + 1) / 2;

    Cases() = default;
    HWY_INLINE explicit Cases(const std::array<V, 4>& n) {
        if constexpr (neighbours == 3) tell_ = {hn::Xor(n[0], n[1])};
        if constexpr (neighbours == 4) tell_ = {n[0]};
        if constexpr (neighbours > 4) tell_ = {n[0], hn::Xor(n[1], n[2])};
        if constexpr (neighbours == 8) tell_[2] = n[1];
    }
    /// What holds for the case of each position.
    HWY_INLINE V of(const std::array<V, count>& table) const {
        if constexpr (neighbours <= 4) return pick(tell_[0], table[1], table[0]);
        if constexpr (neighbours == 6) return pick(tell_[0], table[1], pick(tell_[1], table[2], table[0]));
        if constexpr (neighbours == 8) {
            return pick(tell_[0], pick(tell_[1], table[3], table[1]), pick(tell_[2], table[2], table[0]));
        }
    }

  private:
    std::array<V, neighbours <= 4 ? 1 : neighbours / 2 - 1> tell_;
};

/// The same with a field: by the number of up neighbours.
template <int neighbours> class Cases<neighbours, true> {
  public:
    static constexpr std::size_t count = neighbours + 1;

    Cases() = default;
    HWY_INLINE explicit Cases(const std::array<V, 4>& n) : n_(n) {}
    HWY_INLINE V of(const std::array<V, count>& table) const { return look_up<0, count, 3>(table, n_); }

  private:
    std::array<V, 4> n_;
};

/// What the neighbours of every position say.
template <int neighbours, bool has_field> class Neighbourhood {
  public:
    HWY_INLINE explicit Neighbourhood(const std::array<V, neighbours>& x) : n_(count<neighbours>(x)) {}

    HWY_INLINE Cases<neighbours, has_field> cases() const { return Cases<neighbours, has_field>(n_); }
    /// The favoured value; 0 where neither is.
    HWY_INLINE V favoured(const PackedRule& rule) const {
        if constexpr (has_field) {
            std::array<V, neighbours + 1> table;
            for (std::size_t n = 0; n < table.size(); ++n) table[n] = all(rule.favours_up[n]);
            return cases().of(table);
        }
        return hn::AndNot(tie(), hn::Xor(majority(), all(rule.is_negative)));
    }
    HWY_INLINE V tie() const {
        if constexpr (has_field || neighbours == 3) return zero();
        if constexpr (neighbours == 4) return hn::AndNot(n_[0], n_[1]);
        if constexpr (neighbours == 6) return hn::And(n_[0], n_[1]);
        if constexpr (neighbours == 8) return hn::AndNot(hn::Or(n_[0], n_[1]), n_[2]);
    }

  private:
    HWY_INLINE V majority() const {
        if constexpr (neighbours == 3) return n_[1];
        if constexpr (neighbours == 4) return hn::Or(n_[2], hn::And(n_[1], n_[0]));
        if constexpr (neighbours == 6) return n_[2];
        if constexpr (neighbours == 8) return hn::Or(n_[3], hn::And(n_[2], hn::Or(n_[1], n_[0])));
    }

    std::array<V, 4> n_;
};

} // namespace blockspin::sampling::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
