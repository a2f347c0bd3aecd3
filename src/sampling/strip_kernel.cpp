#include "strip_kernel.hpp"

#include <blockspin/core/check.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "strip_kernel.cpp"
// As in packed_kernel.cpp.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "packed_neighbours-inl.hpp"
#include "random_words-inl.hpp"

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace blockspin::sampling::HWY_NAMESPACE {

template <bool looks_at_spin, class Round> class StripUpdater {
  public:
    StripUpdater(const StripStencil& stencil, const StripRule& rule, const PackedRandom& random)
        : stencil_(stencil), rule_(rule), random_(random) {
        random_.prepare(0, prepared_);
    }

    void operator()(const StripWords& words) {
        constexpr auto together = static_cast<std::int32_t>(hn::MaxLanes(Words()));
        for (std::int32_t at = words.first; at < words.last; at += together) {
            Word* const here = words.run + at;
            const auto is_mine = hn::FirstN(Words(), static_cast<std::size_t>(std::min(together, words.last - at)));
            const V now = update(here, words.place, at, hn::IfThenElseZero(is_mine, all(words.in_use)));
            hn::BlendedStore(now, is_mine, Words(), here);
        }
    }

  private:
    static constexpr std::size_t states = looks_at_spin ? 2 : 1;
    static constexpr std::size_t values = StripRule::values_of_part;

    /// is_count_: for every operator and n, is n the number of its products with an odd number of set bits?
    HWY_INLINE void count(const Word* here) {
        V* is_count = is_count_.data();
        const std::ptrdiff_t* distance = stencil_.distances.data();
        for (const StripStencil::Operator& op : stencil_.operators) {
            is_count[0] = all(~Word{0});
            for (std::size_t product = 0; product < op.products; ++product) {
                V bits = hn::LoadU(Words(), here + *distance++);
                for (std::size_t spin = 1; spin < op.spins; ++spin) {
                    bits = hn::Xor(bits, hn::LoadU(Words(), here + *distance++));
                }
                is_count[product + 1] = hn::And(is_count[product], bits);
                for (std::size_t n = product; n > 0; --n) {
                    is_count[n] = pick(bits, is_count[n - 1], is_count[n]);
                }
                is_count[0] = hn::AndNot(bits, is_count[0]);
            }
            is_count += op.products + 1;
        }
    }

    /// The random bits of a round: table_ says for every value of the bits of a part which spins take 1 from them.
    /// Returns the spins that are undecided after it.
    template <class Rounds, class Source>
    HWY_INLINE V draw(const Rounds& rounds, const Source& source, int first, V undecided) {
        for (std::size_t part = 0; part < StripRule::parts; ++part) {
            V* const table = table_.data() + values * part;
            table[0] = zero();
            for (std::size_t value = values / 2; value > 0; value /= 2) { // from the first bit, which counts most
                const V bit = random_.template draws<1>(rounds, source, first++)[0];
                const V decided = hn::And(undecided, bit);
                undecided = hn::AndNot(bit, undecided);
                for (std::size_t lower = 0; lower < values; lower += 2 * value) {
                    table[lower + value] = hn::Or(table[lower], decided);
                }
            }
        }
        return undecided;
    }

    HWY_INLINE V chosen(const std::uint8_t* entry) const {
        return hn::Or3(table_[entry[0]], table_[entry[1]], table_[entry[2]]);
    }

    /// The sum over the cases of the operators from `op` on.
    V sum(std::size_t op, const V* is_count, const std::uint8_t*& entry) const {
        const std::size_t counts = stencil_.operators[op].products + 1;
        V sum = zero();
        if (op + 1 < stencil_.operators.size()) {
            for (std::size_t n = 0; n < counts; ++n) {
                sum = hn::OrAnd(sum, is_count[n], this->sum(op + 1, is_count + counts, entry));
            }
            return sum;
        }
        for (std::size_t n = 0; n < counts; ++n, entry += states * StripRule::parts) {
            V takes = chosen(entry);
            if constexpr (looks_at_spin) takes = pick(spins_, chosen(entry + StripRule::parts), takes);
            sum = hn::OrAnd(sum, is_count[n], takes);
        }
        return sum;
    }

    HWY_INLINE V update(const Word* here, std::uint64_t place, std::int32_t at, V in_use) {
        count(here);
        spins_ = hn::LoadU(Words(), here);
        const auto rounds = random_.rounds();
        const auto source = random_.source(rounds, random_.at(place, at));
        const std::uint8_t* entry = rule_.entries.data();
        V now = zero(), undecided = in_use;
        int bit = 0;
        do {
            if (bit == prepared_) random_.prepare(bit, prepared_ += StripRule::bits_of_round);
            undecided = draw(rounds, source, bit, undecided);
            now = hn::Or(now, sum(0, is_count_.data(), entry));
            bit += StripRule::bits_of_round;
        } while (bit < 64 && !hn::AllTrue(Words(), hn::Eq(undecided, zero())));
        return now;
    }

    const StripStencil& stencil_;
    const StripRule& rule_;
    RandomWords<Round> random_;
    int prepared_ = StripRule::bits_of_round; ///< draws that random_ is ready for
    V spins_;
    std::array<V, StripRule::parts * values> table_;
    std::array<V, StripRule::most_counts> is_count_;
};

template <class Round>
void update_by(const StripWords& words, const StripStencil& stencil, const StripRule& rule,
               const PackedRandom& random) {
    if (rule.looks_at_spin)
        StripUpdater<true, Round>(stencil, rule, random)(words);
    else
        StripUpdater<false, Round>(stencil, rule, random)(words);
}

void update(const StripWords& words, const StripStencil& stencil, const StripRule& rule, const PackedRandom& random) {
#if HWY_TARGET == HWY_AVX2
    if (random.wide_aes) return update_by<WideAes>(words, stencil, rule, random);
#endif
    update_by<Aes>(words, stencil, rule, random);
}

} // namespace blockspin::sampling::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace blockspin::sampling {

HWY_EXPORT(update);

StripRule::StripRule(std::span<const std::uint64_t> of_down, std::span<const std::uint64_t> of_up)
    : looks_at_spin(!std::ranges::equal(of_down, of_up)) {
    core::ensure(of_down.size() == of_up.size() && of_up.size() <= most_cases, "a rule has a limited number of cases");
    for (std::size_t round = 0; round < rounds; ++round) {
        const auto add = [&](std::uint64_t probability) {
            for (std::size_t part = 0; part < parts; ++part) {
                const int end = bits_of_round * static_cast<int>(round) + bits_of_part * static_cast<int>(part + 1);
                const std::uint64_t bits = end <= 64 ? probability >> (64 - end) & (values_of_part - 1) : 0;
                entries.push_back(static_cast<std::uint8_t>(bits + values_of_part * part));
            }
        };
        for (std::size_t c = 0; c < of_down.size(); ++c) {
            add(of_down[c]);
            if (looks_at_spin) add(of_up[c]);
        }
    }
}

void update_strips(const StripWords& words, const StripStencil& stencil, const StripRule& rule,
                   const PackedRandom& random) {
    HWY_DYNAMIC_DISPATCH(update)(words, stencil, rule, random);
}

} // namespace blockspin::sampling
#endif
