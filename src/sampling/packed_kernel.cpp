#include "packed_kernel.hpp"

#include <blockspin/core/check.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "packed_kernel.cpp"
// Vectors are members of structures here, which those of variable length cannot be; NEON stands in for SVE.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <blockspin/rng/ars-inl.hpp>

#include "packed_neighbours-inl.hpp"

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace blockspin::sampling::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR

struct Aes {};
using WideAes = Aes;

/// Random words one by one.
template <class> class RandomWords {
  public:
    explicit RandomWords(const PackedRandom& random) : random_(random) {}
    struct Source {
        std::uint64_t place;
        std::size_t half;
    };
    Source at(std::uint64_t place, std::int32_t word) const {
        return {place + static_cast<std::uint64_t>(word / 2), static_cast<std::size_t>(word % 2 * 2)};
    }
    V operator()(const Source& source, int draw) const {
        const std::uint64_t low = random_.low + source.place,
                            high = random_.high + draw_step * static_cast<std::uint64_t>(draw);
        const rng::Block block =
            rng::ars4x32<5>({static_cast<std::uint32_t>(low), static_cast<std::uint32_t>(low >> 32),
                             static_cast<std::uint32_t>(high), static_cast<std::uint32_t>(high >> 32)},
                            random_.key);
        return all(block[source.half] | std::uint64_t{block[source.half + 1]} << 32);
    }

  private:
    const PackedRandom& random_;
};

#else

using rng::HWY_NAMESPACE::Aes;
using rng::HWY_NAMESPACE::WideAes;

/// Random words of all words of a vector.
template <class Round> class RandomWords {
  public:
    explicit RandomWords(const PackedRandom& random) : random_(random), keys_(random.key) {}
    /// The counters of draw 0, which has zeros where the number of the draw goes, with the first key.
    using Source = V;
    /// Where the bits come from for a vector whose first word has this number in its run.
    HWY_INLINE Source at(std::uint64_t place, std::int32_t word) const {
        const V counters =
            rng::HWY_NAMESPACE::ars_counters(random_.low + place + static_cast<std::uint64_t>(word / 2), random_.high);
        return hn::Xor(counters, hn::LoadDup128(Words(), keys_.keys[0].data()));
    }
    HWY_INLINE V operator()(Source source, int draw) const {
        const V number = hn::LoadDup128(Words(), draw_counters[static_cast<std::size_t>(draw)].data());
        return rng::HWY_NAMESPACE::ars5_keyed<Round>(hn::Xor(source, number), keys_);
    }

  private:
    const PackedRandom& random_;
    rng::HWY_NAMESPACE::ArsKeys keys_;
};

#endif

/// What a sequence of random bits decides.
template <std::size_t cases> struct Decision {
    V undecided;                ///< no bit was set
    V first;                    ///< the first bit
    std::array<V, cases> takes; ///< does a spin of this case take the value that is not favoured? Not while undecided
};

template <int neighbours, bool has_field, class Round> class Updater {
  public:
    Updater(const PackedRuns& runs, const PackedRule& rule, const PackedTiles& tiles, const PackedRandom& random)
        : runs_(runs), rule_(rule), tiles_(tiles), random_(random) {}

    HWY_INLINE void operator()() {
        const std::int32_t height = tiles_.words_together();
        for (std::int32_t tile = runs_.first; tile < runs_.last; tile += height) {
            for (std::int32_t lane = 0; lane < words_of_position; lane += lanes) {
                update(tile + lane, std::min(tile + height, runs_.last));
            }
        }
    }

  private:
    using Around = Neighbourhood<neighbours, has_field>;
    using Table = std::array<V, Around::cases>;
    using Random = RandomWords<Round>;
    static constexpr auto lanes = static_cast<std::int32_t>(hn::MaxLanes(Words()));
    static constexpr std::int32_t words_of_position = 8; ///< how far words at the same position of a tile are apart

    /// A vector of words that are being updated.
    struct Row {
        Around around;
        V undecided; ///< spins that their own bits left undecided:
        V not_first; ///< those which are not the first at their position,
        V left_out;  ///< and those which are neither the first nor the second
        Word* spins;
        typename Random::Source source;
    };

    /// What bits first … end − 1 of a stream decide. They are taken in the reverse order: x_i = 1 overrules what later
    /// bits said. `takes` is kept negated where the next bit of the reluctance is set, so that each step is one AndNot.
    HWY_INLINE Decision<Around::cases> decide(const typename Random::Source& source, int stream, int first,
                                              int end) const {
        Decision<Around::cases> now{.undecided = all(~Word{0}), .first = zero(), .takes = {}};
        for (std::size_t c = 0; c < Around::cases; ++c)
            now.takes[c] = all(rule_.bits[c][static_cast<std::size_t>(end)]);
        for (int bit = end - 1; bit >= first; --bit) {
            now.first = random_(source, stream + bit);
            now.undecided = hn::AndNot(now.first, now.undecided);
            for (std::size_t c = 0; c < Around::cases; ++c) {
                const V toggle = all(rule_.toggles[c][static_cast<std::size_t>(bit)]);
                now.takes[c] = hn::AndNot(now.first, hn::Xor(now.takes[c], toggle));
            }
        }
        for (std::size_t c = 0; c < Around::cases; ++c) {
            now.takes[c] = hn::Xor(now.takes[c], all(rule_.bits[c][static_cast<std::size_t>(first)]));
        }
        return now;
    }

    /// The bits of a vector that stand for spins.
    HWY_INLINE V valid(std::int32_t at) const {
        const V bits = all(runs_.valid);
        if (at + lanes <= runs_.words) return bits;
        return hn::IfThenElseZero(hn::FirstN(Words(), static_cast<std::size_t>(std::max(0, runs_.words - at))), bits);
    }

    /// New values as far as their own bits decide, the favoured one for the others.
    HWY_INLINE void update_alone(const PackedRuns::Rows& rows, std::int32_t at, Row& row) const {
        row.spins = rows.spins + at;
        row.source = random_.at(rows.place, at);
        row.around = Around(load_neighbours<neighbours>(rows.near, at));
        const V spins = hn::Load(Words(), row.spins), tie = row.around.tie();
        const V favoured = hn::Or(row.around.favoured(rule_), hn::AndNot(spins, tie));
        const V forced = hn::And(hn::Xor(spins, favoured), all(rule_.is_metropolis));
        const Decision<Around::cases> own = decide(row.source, packed_draws::own, 0, tiles_.own_bits);
        const V takes = pick(tie, own.first, row.around.of_case(own.takes));
        const V bits = valid(at);
        hn::Store(hn::And(bits, hn::Xor(favoured, hn::AndNot(forced, takes))), Words(), row.spins);
        row.undecided = hn::And(hn::AndNot(hn::Or(forced, tie), own.undecided), bits);
    }

    /// Words at one position of a tile: `first`, `first` + 8 … below `end`, of both parities.
    HWY_INLINE void update(std::int32_t first, std::int32_t end) {
        V seen = zero(), seen_twice = zero(), left_out = zero();
        std::size_t count = 0;
        for (std::int32_t at = first; at < end; at += words_of_position) {
            for (const PackedRuns::Rows& rows : runs_.rows) {
                Row& row = rows_[count++];
                update_alone(rows, at, row);
                row.not_first = hn::And(row.undecided, seen);
                seen = hn::Or(seen, row.undecided);
                row.left_out = hn::And(row.not_first, seen_twice);
                seen_twice = hn::Or(seen_twice, row.not_first);
                left_out = hn::Or(left_out, row.left_out);
            }
        }
        const auto [bits1, bits2] = tiles_.shared_bits;
        const auto one = decide(rows_[0].source, packed_draws::shared, tiles_.own_bits, tiles_.own_bits + bits1);
        const auto two = decide(rows_[0].source, packed_draws::shared + 64, tiles_.own_bits, tiles_.own_bits + bits2);
        const V rest = hn::Or(left_out, hn::Or(hn::And(seen, one.undecided), hn::And(seen_twice, two.undecided)));
        const bool has_rest = !hn::AllTrue(Words(), hn::Eq(rest, zero()));
        for (std::size_t r = 0; r < count; ++r) {
            const Row& row = rows_[r];
            const V is_first = hn::AndNot(row.not_first, row.undecided);
            const V is_second = has_rest ? hn::AndNot(row.left_out, row.not_first) : row.not_first;
            V flips = hn::Or(hn::And(is_first, row.around.of_case(one.takes)),
                             hn::And(is_second, row.around.of_case(two.takes)));
            if (has_rest) {
                flips = hn::Or(flips, update_rest(row, row.left_out, tiles_.own_bits));
                flips = hn::Or(flips, update_rest(row, hn::And(is_first, one.undecided), tiles_.own_bits + bits1));
                flips = hn::Or(flips, update_rest(row, hn::And(is_second, two.undecided), tiles_.own_bits + bits2));
            }
            hn::Store(hn::Xor(hn::Load(Words(), row.spins), flips), Words(), row.spins);
        }
    }

    /// Which of these spins take the value that is not favoured, by bits from `bit` on until all are decided.
    HWY_NOINLINE V update_rest(const Row& row, V left, int bit) const {
        constexpr int at_a_time = 4;
        V flips = zero();
        for (int end; bit < 64 && !hn::AllTrue(Words(), hn::Eq(left, zero())); bit = end) {
            end = std::min(bit + at_a_time, 64);
            const auto now = decide(row.source, packed_draws::rest, bit, end);
            flips = hn::Or(flips, hn::And(left, row.around.of_case(now.takes)));
            left = hn::And(left, now.undecided);
        }
        return flips;
    }

    const PackedRuns& runs_;
    const PackedRule& rule_;
    const PackedTiles& tiles_;
    Random random_;
    std::array<Row, 16> rows_;
};

template <class Round, int neighbours>
void update_with(const PackedRuns& runs, const PackedRule& rule, const PackedTiles& tiles, const PackedRandom& random) {
    if (rule.has_field)
        Updater<neighbours, true, Round>(runs, rule, tiles, random)();
    else
        Updater<neighbours, false, Round>(runs, rule, tiles, random)();
}

template <class Round>
void update_by(const PackedRuns& runs, const PackedRule& rule, const PackedTiles& tiles, const PackedRandom& random) {
    switch (rule.neighbours) {
    case 3:
        return update_with<Round, 3>(runs, rule, tiles, random);
    case 4:
        return update_with<Round, 4>(runs, rule, tiles, random);
    case 6:
        return update_with<Round, 6>(runs, rule, tiles, random);
    default:
        return update_with<Round, 8>(runs, rule, tiles, random);
    }
}

void update(const PackedRuns& runs, const PackedRule& rule, const PackedTiles& tiles, const PackedRandom& random) {
#if HWY_TARGET == HWY_AVX2
    if (random.wide_aes) return update_by<WideAes>(runs, rule, tiles, random);
#endif
    update_by<Aes>(runs, rule, tiles, random);
}

} // namespace blockspin::sampling::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace blockspin::sampling {

HWY_EXPORT(update);

PackedRule::PackedRule(const SpinRule& rule)
    : neighbours(static_cast<int>(rule.cases.size()) / 2), has_field(rule.couplings.field != 0.0),
      is_metropolis(rule.is_metropolis ? ~Word{0} : 0), is_negative(rule.couplings.coupling < 0.0 ? ~Word{0} : 0) {
    core::ensure(neighbours == 3 || neighbours == 4 || neighbours == 6 || neighbours == 8,
                 "packed spins have 3, 4, 6 or 8 neighbours");
    const std::size_t cases = static_cast<std::size_t>(has_field ? neighbours + 1 : (neighbours + 1) / 2);
    for (std::size_t c = 0; c < cases; ++c) {
        const SpinRule::Case& here = rule.cases[2 * c]; // c up neighbours
        favours_up[c] = here.favours_up ? ~Word{0} : 0;
        for (std::size_t bit = 0; bit < 64; ++bit) bits[c][bit] = -(here.reluctance >> (63 - bit) & 1);
        for (std::size_t bit = 0; bit < 64; ++bit) toggles[c][bit] = bits[c][bit] ^ bits[c][bit + 1];
    }
}

void update_packed(const PackedRuns& runs, const PackedRule& rule, const PackedTiles& tiles,
                   const PackedRandom& random) {
    HWY_DYNAMIC_DISPATCH(update)(runs, rule, tiles, random);
}

} // namespace blockspin::sampling
#endif
