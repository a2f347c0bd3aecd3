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
HWY_INLINE V pick(V mask, V yes, V no) {
#if HWY_TARGET <= HWY_AVX3
    return V{_mm512_ternarylogic_epi64(no.raw, mask.raw, yes.raw, 0xB8)}; // `no` is overwritten, as it is needed least
#else
    return hn::Xor(no, hn::And(mask, hn::Xor(yes, no)));
#endif
}

/// Functions of three bits a, b, c are written as expressions of their truth tables.
namespace truth {
inline constexpr int a = 0xF0, b = 0xCC, c = 0xAA;
}

/// The function of this truth table of three bits, at every position: bit 4a + 2b + c of the table is its value.
template <int table> HWY_INLINE V bitwise(V a, V b, V c) {
#if HWY_TARGET <= HWY_AVX3
    return V{_mm512_ternarylogic_epi64(a.raw, b.raw, c.raw, table & 0xFF)};
#else
    const auto of_c = [c](int two) {
        return (two & 3) == 0 ? zero() : (two & 3) == 1 ? hn::Not(c) : (two & 3) == 2 ? c : all(~std::uint64_t{0});
    };
    const V not_a = pick(b, of_c(table >> 2), of_c(table)), with_a = pick(b, of_c(table >> 6), of_c(table >> 4));
    return pick(a, with_a, not_a);
#endif
}

/// Every bit one higher, from below that of another word.
HWY_INLINE V shift_up(V words, V below) {
#if HWY_TARGET <= HWY_AVX3_DL
    return V{_mm512_shldi_epi64(words.raw, below.raw, 1)};
#else
    return hn::Or(hn::Add(words, words), hn::ShiftRight<63>(below));
#endif
}

/// Every bit one lower, from above that of another word.
HWY_INLINE V shift_down(V words, V above) {
#if HWY_TARGET <= HWY_AVX3_DL
    return V{_mm512_shrdi_epi64(words.raw, above.raw, 1)};
#else
    return hn::Or(hn::ShiftRight<1>(words), hn::ShiftLeft<63>(above));
#endif
}

/// Which of each pair of sites the spins are, if that is known beforehand; then all bits of the words are in use, and
/// of those beside them.
enum class Site { any, first, second };

/// All neighbours of the spins in a vector of words, the first of which has this number in its run.
template <int neighbours, Site site = Site::any>
HWY_INLINE std::array<V, neighbours> load_neighbours(const PackedNeighbours& near, std::int32_t at) {
    const Words words;
    const V same = hn::LoadU(words, near.same + at), beside = hn::LoadU(words, near.beside + at);
    std::array<V, neighbours> x;
    x[0] = same;
    if constexpr (site == Site::first) {
        x[1] = shift_up(same, beside);
    } else if constexpr (site == Site::second) {
        x[1] = shift_down(same, beside);
    } else {
        x[1] = near.leads ? hn::Or(hn::ShiftLeft<1>(same), hn::ShiftRightSame(beside, near.carry))
                          : hn::Or(hn::ShiftRight<1>(same), hn::ShiftLeftSame(beside, near.carry));
    }
    for (std::size_t k = 2; k < neighbours; ++k) x[k] = hn::LoadU(words, near.straight[k - 2] + at);
    return x;
}

/// Adds three bits.
struct Sum {
    HWY_INLINE Sum(V x, V y, V z)
        : low(bitwise<truth::a ^ truth::b ^ truth::c>(x, y, z)),
          high(bitwise<(truth::a & truth::b) | (truth::c & (truth::a | truth::b))>(x, y, z)) {}
    V low, high;
};

/// The number of set bits among the neighbours, in binary, at every position.
template <int neighbours> HWY_INLINE std::array<V, 4> count(const std::array<V, neighbours>& x) {
    using namespace truth;
    const Sum s(x[0], x[1], x[2]);
    if constexpr (neighbours == 3) {
        return {s.low, s.high, zero(), zero()};
    } else if constexpr (neighbours == 4) {
        return {hn::Xor(s.low, x[3]), bitwise<a ^ (b & c)>(s.high, s.low, x[3]),
                bitwise<a & b & c>(s.high, s.low, x[3]), zero()};
    } else if constexpr (neighbours == 6) {
        const Sum t(x[3], x[4], x[5]);
        const Sum twos(s.high, t.high, hn::And(s.low, t.low));
        return {hn::Xor(s.low, t.low), twos.low, twos.high, zero()};
    } else {
        static_assert(neighbours == 8);
        const Sum t(x[3], x[4], x[5]), ones(s.low, t.low, x[6]);
        const Sum twos(s.high, t.high, ones.high);
        const V carry = hn::And(ones.low, x[7]);
        return {hn::Xor(ones.low, x[7]), hn::Xor(twos.low, carry), bitwise<a ^ (b & c)>(twos.high, twos.low, carry),
                bitwise<a & b & c>(twos.high, twos.low, carry)};
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

    /// What tells the cases apart.
    static constexpr std::size_t parts = neighbours <= 4 ? 1 : neighbours / 2 - 1;
    using Parts = std::array<V, parts>;

    Cases() = default;
    HWY_INLINE static Cases from(const Parts& tell) {
        Cases cases;
        cases.tell_ = tell;
        return cases;
    }
    HWY_INLINE const Parts& tell() const { return tell_; }

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

    /// Which positions are this case?
    HWY_INLINE V are(std::size_t which) const {
        static_assert(neighbours <= 6);
        if constexpr (neighbours <= 4) return which == 1 ? tell_[0] : hn::Not(tell_[0]);
        if constexpr (neighbours == 6) {
            return which == 1   ? tell_[0]
                   : which == 2 ? hn::AndNot(tell_[0], tell_[1])
                                : hn::Not(hn::Or(tell_[0], tell_[1]));
        }
        return zero();
    }

  private:
    Parts tell_;
};

/// The same with a field: by the number of up neighbours.
template <int neighbours> class Cases<neighbours, true> {
  public:
    static constexpr std::size_t count = neighbours + 1;
    static constexpr std::size_t parts = 4;
    using Parts = std::array<V, parts>;

    Cases() = default;
    HWY_INLINE static Cases from(const Parts& n) { return Cases(n); }
    HWY_INLINE const Parts& tell() const { return n_; }
    HWY_INLINE explicit Cases(const std::array<V, 4>& n) : n_(n) {}
    HWY_INLINE V of(const std::array<V, count>& table) const { return look_up<0, count, 3>(table, n_); }

  private:
    std::array<V, 4> n_;
};

/// What the neighbours of every position say.
template <int neighbours, bool has_field> class Neighbourhood {
  public:
    HWY_INLINE explicit Neighbourhood(const std::array<V, neighbours>& x) {
        if constexpr (counts_in_parts) {
            const Sum three(x[0], x[1], x[2]);
            n_ = {hn::Xor(three.low, x[3]), three.high, three.low, x[3]};
        } else {
            n_ = count<neighbours>(x);
        }
    }

    HWY_INLINE Cases<neighbours, has_field> cases() const { return Cases<neighbours, has_field>(n_); }
    /// The favoured value; any where neither is.
    HWY_INLINE V favoured(const PackedRule& rule) const {
        if constexpr (has_field) {
            std::array<V, neighbours + 1> table;
            for (std::size_t n = 0; n < table.size(); ++n) table[n] = all(rule.favours_up[n]);
            return cases().of(table);
        }
        return hn::Xor(majority(), all(rule.is_negative));
    }
    /// The value of most neighbours; any where there is a tie.
    HWY_INLINE V majority() const {
        if constexpr (neighbours == 3) return n_[1];
        if constexpr (neighbours == 4) return bitwise<a&(b | c)>(n_[1], n_[2], n_[3]);
        if constexpr (neighbours == 6) return n_[2];
        if constexpr (neighbours == 8) return hn::Or(n_[3], bitwise<a&(b | c)>(n_[2], n_[1], n_[0]));
    }
    /// Which spins have at least as many neighbours unlike them as like them?
    HWY_INLINE V opposed(V spins) const {
        if constexpr (neighbours == 4) {
            const V most_of_rest = bitwise<(a & b) | (c & (a | b))>(n_[2], n_[3], spins);
            return bitwise<(a & ~(b & c)) | (~a & (b | c))>(n_[1], spins, most_of_rest);
        }
        return bitwise<a | (b ^ c)>(tie(), spins, majority());
    }
    HWY_INLINE V tie() const {
        if constexpr (has_field || neighbours == 3) return zero();
        if constexpr (neighbours == 4) return bitwise<(a & ~b & ~c) | (~a & b & c)>(n_[1], n_[2], n_[3]);
        if constexpr (neighbours == 6) return hn::And(n_[0], n_[1]);
        if constexpr (neighbours == 8) return bitwise<~a & ~b & c>(n_[0], n_[1], n_[2]);
    }

  private:
    static constexpr int a = truth::a, b = truth::b, c = truth::c;
    static constexpr bool counts_in_parts = neighbours == 4 && !has_field;

    /// The number of up neighbours in binary; in parts: its lowest digit, that of three of them in binary from the
    /// upper digit, and the fourth.
    std::array<V, 4> n_;
};

} // namespace blockspin::sampling::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
