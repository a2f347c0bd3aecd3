#include "packed_kernel.hpp"

#include <blockspin/core/check.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "packed_kernel.cpp"
// Vectors are members of structures here, which those of variable length cannot be; NEON stands in for SVE.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "packed_neighbours-inl.hpp"
#include "random_words-inl.hpp"

#include <algorithm>
#include <span>

HWY_BEFORE_NAMESPACE();
namespace blockspin::sampling::HWY_NAMESPACE {

/// What a sequence of random bits decides, about spins of several kinds at once.
template <std::size_t kinds> struct Decision {
    V undecided;                ///< no bit was set
    V first;                    ///< the first bit
    std::array<V, kinds> takes; ///< does a spin of this kind take the value that is not favoured? Not while undecided
};

/// One kind of spin for each case: what a case's reluctance says bit by bit.
template <std::size_t cases> class BitsOfCases {
  public:
    static constexpr std::size_t kinds = cases;
    HWY_INLINE explicit BitsOfCases(const PackedRule& rule) : rule_(rule) {}
    HWY_INLINE V operator()(std::size_t bit, std::size_t kind) const { return all(rule_.bits[bit][kind]); }

  private:
    const PackedRule& rule_;
};

/// One kind of spin whose case is a matter of its position. Bits are looked up among all sets of cases.
template <class Case> class BitsOfPositions {
  public:
    static constexpr std::size_t kinds = 1;
    HWY_INLINE BitsOfPositions(const PackedRule& rule, const Case& cases) : rule_(rule) {
        for (std::size_t set = 0; set < sets_.size(); ++set) {
            std::array<V, Case::count> table;
            for (std::size_t c = 0; c < Case::count; ++c) table[c] = (set >> c & 1) != 0 ? all(~Word{0}) : zero();
            sets_[set] = cases.of(table);
        }
    }
    HWY_INLINE V operator()(std::size_t bit, std::size_t) const { return sets_[rule_.set_in[bit]]; }

  private:
    const PackedRule& rule_;
    std::array<V, std::size_t{1} << Case::count> sets_;
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
    using Case = Cases<neighbours, has_field>;
    using AllCases = BitsOfCases<Case::count>;
    using Random = RandomWords<Round>;
    static constexpr auto lanes = static_cast<std::int32_t>(hn::MaxLanes(Words()));
    static constexpr std::int32_t words_of_position = 8; ///< how far words at the same position of a tile are apart

    /// A vector of words that are being updated.
    struct Row {
        Case cases;
        std::array<V, shared_streams> takes_from; ///< spins that their own bits left undecided, by the stream they take
        V left_out;                               ///< those for which there is no stream
        Word* spins;
        std::uint64_t place; ///< of the random words of the run,
        std::int32_t at;     ///< and where the vector begins in it
    };

    /// What bits first … end − 1 of a stream decide. They are taken in the reverse order: x_i = 1 overrules what later
    /// bits said.
    template <class Bits>
    HWY_INLINE Decision<Bits::kinds> decide(const typename Random::Source& source, int stream, int first, int end,
                                            const Bits& bits) const {
        Decision<Bits::kinds> now{.undecided = all(~Word{0}), .first = zero(), .takes = {}};
        for (V& takes : now.takes) takes = zero();
        for (int bit = end - 1; bit >= first; --bit) {
            now.first = random_(source, stream + bit);
            now.undecided = hn::AndNot(now.first, now.undecided);
            for (std::size_t kind = 0; kind < Bits::kinds; ++kind) {
                now.takes[kind] = pick(now.first, bits(static_cast<std::size_t>(bit), kind), now.takes[kind]);
            }
        }
        return now;
    }

    /// What the own bits of spins decide.
    HWY_INLINE Decision<1> decide_own(const typename Random::Source& source, const Case& cases, int count) const {
        constexpr int draws = packed_draws::own;
        if constexpr (Case::count <= 3) {
            return decide(source, draws, 0, count, BitsOfPositions<Case>(rule_, cases));
        } else {
            const auto all_cases = decide(source, draws, 0, count, AllCases(rule_));
            return {.undecided = all_cases.undecided, .first = all_cases.first, .takes = {cases.of(all_cases.takes)}};
        }
    }

    /// The bits of a vector that stand for spins.
    HWY_INLINE V valid(std::int32_t at) const {
        const V bits = all(runs_.valid);
        if (at + lanes <= runs_.words) return bits;
        return hn::IfThenElseZero(hn::FirstN(Words(), static_cast<std::size_t>(std::max(0, runs_.words - at))), bits);
    }

    /// New values as far as their own bits decide, the favoured one for the others, which are returned.
    HWY_INLINE V update_alone(const PackedRuns::Rows& rows, std::int32_t at, Row& row) const {
        row.spins = rows.spins + at;
        row.place = rows.place;
        row.at = at;
        const Around around(load_neighbours<neighbours>(rows.near, at));
        row.cases = around.cases();
        const V spins = hn::Load(Words(), row.spins), tie = around.tie();
        const V favoured = hn::Or(around.favoured(rule_), hn::AndNot(spins, tie));
        const V forced = hn::And(hn::Xor(spins, favoured), all(rule_.is_metropolis));
        const auto source = random_.at(row.place, at);
        const Decision<1> own = tiles_.own_bits == usual_own_bits ? decide_own(source, row.cases, usual_own_bits)
                                                                  : decide_own(source, row.cases, tiles_.own_bits);
        const V takes = pick(tie, own.first, own.takes[0]);
        const V bits = valid(at);
        hn::Store(hn::And(bits, hn::Xor(favoured, hn::AndNot(forced, takes))), Words(), row.spins);
        return hn::And(hn::AndNot(hn::Or(forced, tie), own.undecided), bits);
    }

    /// Words at one position of a tile: `first`, `first` + 8 … below `end`, of both parities.
    HWY_INLINE void update(std::int32_t first, std::int32_t end) {
        std::array<V, shared_streams> taken; // positions at which a stream has been taken
        taken.fill(zero());
        V rest = zero();
        std::size_t count = 0;
        for (std::int32_t at = first; at < end; at += words_of_position) {
            for (const PackedRuns::Rows& rows : runs_.rows) {
                Row& row = rows_[count++];
                row.left_out = update_alone(rows, at, row);
                for (std::size_t s = 0; s < shared_streams; ++s) {
                    row.takes_from[s] = hn::AndNot(taken[s], row.left_out);
                    const V both = hn::And(taken[s], row.left_out);
                    taken[s] = hn::Or(taken[s], row.left_out);
                    row.left_out = both;
                }
                rest = hn::Or(rest, row.left_out);
            }
        }
        const auto source = random_.at(rows_[0].place, first);
        std::array<Decision<Case::count>, shared_streams> streams;
        for (std::size_t s = 0; s < shared_streams; ++s) {
            streams[s] =
                decide(source, packed_draws::shared(s), tiles_.own_bits, tiles_.shared_end(s), AllCases(rule_));
            rest = hn::Or(rest, hn::And(taken[s], streams[s].undecided));
        }
        const std::span<const Row> rows = std::span(rows_).first(count);
        for (const Row& row : rows) {
            V flips = zero();
            for (std::size_t s = 0; s < shared_streams; ++s) {
                flips = hn::Or(flips, hn::And(row.takes_from[s], row.cases.of(streams[s].takes)));
            }
            flip(row, flips);
        }
        if (is_none(rest)) return;
        for (const Row& row : rows) {
            update_rest(row, row.left_out, tiles_.own_bits);
            for (std::size_t s = 0; s < shared_streams; ++s) {
                update_rest(row, hn::And(row.takes_from[s], streams[s].undecided), tiles_.shared_end(s));
            }
        }
    }

    /// Decides these spins of a row by bits from `bit` on until none is left.
    HWY_INLINE void update_rest(const Row& row, V left, int bit) const {
        if (!is_none(left)) update_few(row, left, bit);
    }
    HWY_NOINLINE void update_few(const Row& row, V left, int bit) const {
        constexpr int at_a_time = 4;
        for (int end; bit < 64 && !is_none(left); bit = end) {
            end = std::min(bit + at_a_time, 64);
            const auto now = decide(random_.at(row.place, row.at), packed_draws::rest, bit, end, AllCases(rule_));
            flip(row, hn::And(left, row.cases.of(now.takes)));
            left = hn::And(left, now.undecided);
        }
    }

    static HWY_INLINE void flip(const Row& row, V flips) {
        hn::Store(hn::Xor(hn::Load(Words(), row.spins), flips), Words(), row.spins);
    }
    static HWY_INLINE bool is_none(V bits) { return hn::AllTrue(Words(), hn::Eq(bits, zero())); }

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
        for (std::size_t bit = 0; bit < 64; ++bit) {
            const bool is_set = (here.reluctance >> (63 - bit) & 1) != 0;
            bits[bit][c] = is_set ? ~Word{0} : 0;
            set_in[bit] |= static_cast<unsigned>(is_set) << c;
        }
    }
}

void update_packed(const PackedRuns& runs, const PackedRule& rule, const PackedTiles& tiles,
                   const PackedRandom& random) {
    HWY_DYNAMIC_DISPATCH(update)(runs, rule, tiles, random);
}

} // namespace blockspin::sampling
#endif
