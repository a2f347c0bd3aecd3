#include "lane_kernel.hpp"

#include "packed_kernel.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lane_kernel.cpp"
// As in packed_kernel.cpp.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <blockspin/rng/ars-inl.hpp>

#include "packed_neighbours-inl.hpp"

#include <algorithm>
#include <bit>

HWY_BEFORE_NAMESPACE();
namespace blockspin::sampling::HWY_NAMESPACE {

constexpr std::size_t words_of_lanes = 2;
/// Words of a vector, and the sites whose lanes they are. A vector shorter than the lanes of a site takes a part of
/// them, `part` being the first word.
constexpr std::size_t vector_words = hn::MaxLanes(Words());
constexpr std::size_t vector_sites = vector_words < words_of_lanes ? 1 : vector_words / words_of_lanes;
constexpr std::size_t parts = vector_words < words_of_lanes ? words_of_lanes / vector_words : 1;

/// The lanes of sites at these positions, side by side.
template <class D> HWY_INLINE hn::VFromD<D> gather(D words, const std::uint64_t* values, const std::int32_t* at) {
    if constexpr (hn::MaxLanes(D()) <= words_of_lanes) {
        return hn::LoadU(words, values + words_of_lanes * static_cast<std::size_t>(*at));
    } else {
        const hn::Half<D> half;
        return hn::Combine(words, gather(half, values, at + hn::MaxLanes(D()) / 4), gather(half, values, at));
    }
}

/// Puts the lanes of `count` sites at these positions.
template <class D>
HWY_INLINE void scatter(D words, hn::VFromD<D> lanes, std::uint64_t* values, const std::int32_t* at,
                        std::ptrdiff_t count) {
    if constexpr (hn::MaxLanes(D()) <= words_of_lanes) {
        if (count > 0) hn::StoreU(lanes, words, values + words_of_lanes * static_cast<std::size_t>(*at));
    } else {
        const hn::Half<D> half;
        constexpr auto sites = static_cast<std::ptrdiff_t>(hn::MaxLanes(D()) / 4);
        scatter(half, hn::LowerHalf(half, lanes), values, at, count);
        scatter(half, hn::UpperHalf(half, lanes), values, at + sites, count - sites);
    }
}

#if HWY_TARGET == HWY_SCALAR

struct Aes {};
using WideAes = Aes;

/// A word of the lanes, at every site of a vector.
HWY_INLINE V of_all_sites(const Lanes& lanes, std::size_t part) { return all(lanes.words[part]); }

/// Random words one by one.
template <class> class RandomLanes {
  public:
    RandomLanes(const LaneRandom& random, const std::uint64_t* counter, std::size_t part)
        : random_(random), low_(random.low + counter[0]), part_(2 * part) {}
    V operator()(int draw) const {
        const std::uint64_t high = random_.high + draw_step * static_cast<std::uint64_t>(draw);
        const rng::Block block =
            rng::ars4x32<5>({static_cast<std::uint32_t>(low_), static_cast<std::uint32_t>(low_ >> 32),
                             static_cast<std::uint32_t>(high), static_cast<std::uint32_t>(high >> 32)},
                            random_.key);
        return all(block[part_] | std::uint64_t{block[part_ + 1]} << 32);
    }

  private:
    const LaneRandom& random_;
    std::uint64_t low_;
    std::size_t part_;
};

#else

using rng::HWY_NAMESPACE::Aes;
using rng::HWY_NAMESPACE::WideAes;

HWY_INLINE V of_all_sites(const Lanes& lanes, std::size_t) { return hn::LoadDup128(Words(), lanes.words.data()); }

/// Random words of the sites of a vector.
template <class Round> class RandomLanes {
  public:
    HWY_INLINE RandomLanes(const LaneRandom& random, const std::uint64_t* counters, std::size_t) : keys_(random.key) {
        const V first = hn::OddEven(all(random.high), all(random.low));
        source_ = hn::Xor(hn::Add(hn::LoadU(Words(), counters), first), hn::LoadDup128(Words(), keys_.keys[0].data()));
    }
    HWY_INLINE V operator()(int draw) const {
        const V number = hn::LoadDup128(Words(), draw_counters[static_cast<std::size_t>(draw)].data());
        return rng::HWY_NAMESPACE::ars5_keyed<Round>(hn::Xor(source_, number), keys_);
    }

  private:
    rng::HWY_NAMESPACE::ArsKeys keys_;
    V source_;
};

#endif

/// Adds bits at every position, in binary.
class Counter {
  public:
    HWY_INLINE Counter() { bits_.fill(zero()); }
    HWY_INLINE void add(V x, V y) {
        const Sum sum(bits_[0], x, y);
        bits_[0] = sum.low;
        carry(sum.high);
    }
    HWY_INLINE void add(V x) {
        const V twos = hn::And(bits_[0], x);
        bits_[0] = hn::Xor(bits_[0], x);
        carry(twos);
    }
    const std::array<V, 4>& bits() const { return bits_; }

  private:
    HWY_INLINE void carry(V twos) {
        const V fours = hn::And(bits_[1], twos);
        bits_[1] = hn::Xor(bits_[1], twos);
        bits_[3] = hn::Or(bits_[3], hn::And(bits_[2], fours));
        bits_[2] = hn::Xor(bits_[2], fours);
    }
    std::array<V, 4> bits_;
};

/// Counts how many of bits of(0) … of(count − 1) are set at every position.
template <class Of> HWY_INLINE std::array<V, 4> count_of(std::size_t count, Of&& of) {
    Counter counter;
    std::size_t n = 0;
    for (; n + 1 < count; n += 2) counter.add(of(n), of(n + 1));
    if (n < count) counter.add(of(n));
    return counter.bits();
}

constexpr std::size_t most_cases = most_packed_cases;

template <bool has_field, class Round> class LaneUpdater {
  public:
    LaneUpdater(const LaneSites& list, const Lanes* negative, Lanes* values, const LaneRule& rule,
                const LaneRandom& random)
        : list_(list), negative_(negative), values_(values), rule_(rule), random_(random) {}

    void operator()(std::size_t first, std::size_t last) const {
        for (std::size_t site = first; site < last; site += vector_sites) {
            for (std::size_t part = 0; part < parts; ++part) update(site, last, part);
        }
    }

  private:
    static constexpr int usual_bits = 8; ///< after which few spins are undecided

    /// What the neighbours say, position by position.
    struct Said {
        std::array<V, most_cases> is_case; ///< of the rule's cases
        V favoured, tie;                   ///< the favoured value, unless neither is
    };

    HWY_INLINE Said ask(std::size_t site, std::size_t part) const {
        const std::size_t neighbours = list_.offsets.size();
        const std::uint64_t* const values = values_->words.data() + part;
        const std::array<V, 4> n = count_of(neighbours, [&](std::size_t k) HWY_ATTR {
            const std::size_t at = k * list_.padded + site;
            return hn::Xor(gather(Words(), values, list_.near.data() + at),
                           hn::LoadU(Words(), negative_[at].words.data() + part));
        });
        const std::array<V, 4> low{hn::AndNot(hn::Or(n[0], n[1]), all(~Word{0})), hn::AndNot(n[1], n[0]),
                                   hn::AndNot(n[0], n[1]), hn::And(n[0], n[1])};
        const std::array<V, 3> high{hn::AndNot(hn::Or(n[2], n[3]), all(~Word{0})), n[2], n[3]};
        const auto equals = [&](std::size_t c) HWY_ATTR { return hn::And(low[c % 4], high[c / 4]); };
        Said said;
        said.favoured = said.tie = zero();
        if constexpr (has_field) {
            for (std::size_t c = 0; c <= neighbours; ++c) {
                const V here = equals(c);
                said.is_case[c] = here;
                said.favoured = hn::Or(said.favoured, hn::And(here, of_all_sites(rule_.favours_up[c], part)));
                said.tie = hn::Or(said.tie, hn::And(here, of_all_sites(rule_.is_tie[c], part)));
            }
        } else {
            for (std::size_t c = 0; c < rule_.cases; ++c) {
                const V up = equals(neighbours - c);
                said.is_case[c] = hn::Or(up, equals(c));
                said.favoured = hn::Or(said.favoured, up);
            }
            said.favoured = hn::Xor(said.favoured, of_all_sites(rule_.is_negative, part));
            if (neighbours % 2 == 0) said.tie = equals(neighbours / 2);
        }
        return said;
    }

    HWY_INLINE void update(std::size_t site, std::size_t last, std::size_t part) const {
        std::uint64_t* const values = values_->words.data() + part;
        const std::int32_t* const at = list_.at.data() + site;
        const Said said = ask(site, part);
        const V spins = gather(Words(), values, at), in_use = of_all_sites(rule_.in_use, part);
        const V favoured = pick(said.tie, hn::AndNot(spins, in_use), said.favoured);
        const V forced = rule_.is_metropolis ? hn::Xor(spins, favoured) : zero();
        const RandomLanes<Round> random(random_, list_.counters.data() + words_of_lanes * site, part);
        V undecided = hn::AndNot(hn::Or(forced, said.tie), in_use), takes = zero();
        const auto decide = [&](int bit, V x) HWY_ATTR {
            const Lanes* const says = rule_.bits.data() + static_cast<std::size_t>(bit) * rule_.cases;
            V is_set = zero();
            for (std::size_t c = 0; c < rule_.cases; ++c) {
                is_set = hn::Or(is_set, hn::And(said.is_case[c], of_all_sites(says[c], part)));
            }
            takes = hn::Or(takes, hn::And(hn::And(undecided, x), is_set));
            undecided = hn::AndNot(x, undecided);
        };
        const V first = random(0);
        takes = hn::And(said.tie, first); // with probability 1/2
        decide(0, first);
        for (int bit = 1; bit < usual_bits; ++bit) decide(bit, random(bit));
        for (int bit = usual_bits; bit < 64 && !hn::AllTrue(Words(), hn::Eq(undecided, zero())); ++bit) {
            decide(bit, random(bit));
        }
        const V now = hn::And(in_use, hn::Xor(favoured, hn::AndNot(forced, takes)));
        scatter(Words(), now, values, at, static_cast<std::ptrdiff_t>(last - site));
    }

    const LaneSites& list_;
    const Lanes* negative_;
    Lanes* values_;
    const LaneRule& rule_;
    const LaneRandom& random_;
};

template <class Round>
void update_by(const LaneSites& list, std::size_t first, std::size_t last, const Lanes* negative, Lanes* values,
               const LaneRule& rule, const LaneRandom& random) {
    if (rule.has_field)
        LaneUpdater<true, Round>(list, negative, values, rule, random)(first, last);
    else
        LaneUpdater<false, Round>(list, negative, values, rule, random)(first, last);
}

void update(const LaneSites& list, std::size_t first, std::size_t last, const Lanes* negative, Lanes* values,
            const LaneRule& rule, const LaneRandom& random) {
#if HWY_TARGET == HWY_AVX2
    if (random.wide_aes) return update_by<WideAes>(list, first, last, negative, values, rule, random);
#endif
    update_by<Aes>(list, first, last, negative, values, rule, random);
}

/// Adds numbers at every position, in binary, as many times as their sum fits.
class LongCounter {
  public:
    /// Sums stay below 2^planes.
    explicit LongCounter(std::size_t planes) : planes_(planes) { bits_.fill(zero()); }

    HWY_INLINE void add(const std::array<V, 4>& number) {
        V carry = zero();
        for (std::size_t i = 0; i < planes_; ++i) {
            if (i < number.size()) {
                const Sum sum(bits_[i], number[i], carry);
                bits_[i] = sum.low;
                carry = sum.high;
            } else {
                const V next = hn::And(bits_[i], carry);
                bits_[i] = hn::Xor(bits_[i], carry);
                carry = next;
            }
        }
    }
    /// Adds the sums of every lane, over the sites of a vector.
    void add_to(std::span<std::int64_t> counts, std::size_t part) const {
        HWY_ALIGN std::array<std::uint64_t, vector_words> words;
        std::array<std::array<std::uint64_t, 64>, words_of_lanes> sums{}; // [word][plane]
        std::array<std::uint64_t, vector_words> carry{};
        for (std::size_t i = 0; i < planes_ + 2; ++i) { // four sites need two more
            if (i < planes_)
                hn::Store(bits_[i], Words(), words.data());
            else
                words.fill(0);
            for (std::size_t w = 0; w < vector_words; ++w) {
                std::uint64_t& sum = sums[part + w % words_of_lanes][i];
                const std::uint64_t x = words[w], in = carry[w];
                carry[w] = (sum & x) | (in & (sum ^ x));
                sum ^= x ^ in;
            }
        }
        for (std::size_t w = 0; w < words_of_lanes; ++w) {
            transpose(sums[w]);
            for (std::size_t lane = 0; lane < 64; ++lane) {
                counts[64 * w + lane] += static_cast<std::int64_t>(sums[w][lane]);
            }
        }
    }

  private:
    std::size_t planes_;
    std::array<V, 40> bits_;
};

/// The words of a vector that stand for one of `sites` sites.
HWY_INLINE V of_sites(std::size_t sites) {
    const std::size_t words = std::min(sites * words_of_lanes, vector_words);
    return hn::IfThenElseZero(hn::FirstN(Words(), words), all(~Word{0}));
}

void count_broken(const LaneSites& list, const Lanes* negative, const Lanes* values, std::span<std::int64_t> counts) {
    for (std::size_t part = 0; part < parts; ++part) {
        const std::uint64_t* const words = values->words.data() + part;
        LongCounter counter(static_cast<std::size_t>(std::bit_width(list.own * list.padded)) + 1);
        for (std::size_t site = 0; site < list.count; site += vector_sites) {
            const V here = gather(Words(), words, list.at.data() + site);
            const V valid = of_sites(list.count - site);
            counter.add(count_of(list.own, [&](std::size_t k) HWY_ATTR {
                const std::size_t at = k * list.padded + site;
                const V bond = hn::Xor(gather(Words(), words, list.near.data() + at),
                                       hn::LoadU(Words(), negative[at].words.data() + part));
                return hn::And(valid, hn::Xor(here, bond));
            }));
        }
        counter.add_to(counts, part);
    }
}

void count_up(std::span<const Lanes> row, std::span<std::int64_t> counts) {
    for (std::size_t part = 0; part < parts; ++part) {
        LongCounter counter(static_cast<std::size_t>(std::bit_width(row.size())) + 1);
        std::size_t site = 0;
        for (; site + vector_sites <= row.size(); site += vector_sites) {
            counter.add({hn::LoadU(Words(), row[site].words.data() + part), zero(), zero(), zero()});
        }
        counter.add_to(counts, part);
        for (; site < row.size(); ++site) {
            for (std::size_t lane = 0; lane < counts.size() && part == 0; ++lane) {
                counts[lane] += row[site][static_cast<std::int64_t>(lane)];
            }
        }
    }
}

} // namespace blockspin::sampling::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace blockspin::sampling {

HWY_EXPORT(update);
HWY_EXPORT(count_broken);
HWY_EXPORT(count_up);

void update_lanes(const LaneSites& list, std::size_t first, std::size_t last, const Lanes* negative, Lanes* values,
                  const LaneRule& rule, const LaneRandom& random) {
    HWY_DYNAMIC_DISPATCH(update)(list, first, last, negative, values, rule, random);
}

void add_broken_bonds(const LaneSites& list, const Lanes* negative, const Lanes* values,
                      std::span<std::int64_t> counts) {
    HWY_DYNAMIC_DISPATCH(count_broken)(list, negative, values, counts);
}

void add_up(std::span<const Lanes> row, std::span<std::int64_t> counts) { HWY_DYNAMIC_DISPATCH(count_up)(row, counts); }

} // namespace blockspin::sampling
#endif
