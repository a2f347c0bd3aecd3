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
#include <bit>
#include <span>
#include <type_traits>
#include <utility>

HWY_BEFORE_NAMESPACE();
namespace blockspin::sampling::HWY_NAMESPACE {

/// What a sequence of random bits decides, about spins of several kinds at once.
template <std::size_t kinds> struct Decision {
    V first;                    ///< the first bit
    V later;                    ///< was one after it set? If none was at all, nothing is decided
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
    HWY_INLINE explicit BitsOfPositions(const PackedRule& rule) {
        sets_.front() = zero();
        sets_.back() = all(~Word{0});
        for (std::size_t bit = 0; bit < of_bit_.size(); ++bit) of_bit_[bit] = &sets_[rule.set_in[bit]];
    }
    HWY_INLINE void set(const Case& cases) {
        for (std::size_t c = 0; c < Case::count; ++c) {
            const std::size_t only = std::size_t{1} << c;
            sets_[only] = cases.are(c);
            for (std::size_t lower = 1; lower < only && only + lower + 1 < sets_.size(); ++lower) {
                sets_[only + lower] = hn::Or(sets_[only], sets_[lower]);
            }
        }
    }
    HWY_INLINE V operator()(std::size_t bit, std::size_t) const { return *of_bit_[bit]; }

  private:
    std::array<V, std::size_t{1} << Case::count> sets_;
    std::array<const V*, most_own_bits> of_bit_; ///< the set of cases whose reluctance has the bit
};

/// What is known beforehand about what is updated. If anything is: all bits of all vectors are in use, there is no
/// field, and spins draw the usual number of random bits.
struct Known {
    enum class Rule { any, metropolis, heat_bath };
    Rule rule = Rule::any;
    bool even_first = false; ///< the spins of even rows come first of each pair of sites, those of odd rows second

    constexpr bool nothing() const { return rule == Rule::any; }
    constexpr Site site(std::size_t parity) const {
        return nothing() ? Site::any : even_first == (parity == 0) ? Site::first : Site::second;
    }
};

template <int neighbours, bool has_field, class Round> class Updater {
  public:
    Updater(const PackedRule& rule, const PackedTiles& tiles, const PackedRandom& random)
        : rule_(rule), tiles_(tiles), random_(random), bits_(rule) {
        few_[0].bit = tiles.own_bits;
        for (std::size_t s = 0; s < shared_streams; ++s) few_[1 + s].bit = tiles.shared_end(s);
        const auto prepare = [&](int stream, int first, int end) { random_.prepare(stream + first, stream + end); };
        prepare(packed_draws::own, 0, tiles.own_bits);
        for (std::size_t s = 0; s < shared_streams; ++s) {
            prepare(packed_draws::shared(s), tiles.own_bits, tiles.shared_end(s));
        }
        for (const Few& few : few_) prepare(packed_draws::rest, few.bit, few.bit + rest_at_a_time);
    }

    HWY_INLINE void operator()(std::span<const PackedRuns> all_runs) {
        for (const PackedRuns& runs : all_runs) {
            if (has_field || !is_whole(runs) || tiles_.own_bits != usual_own_bits)
                update<Known{}>(runs);
            else if (runs.rows[0].near.leads)
                update_whole<true>(runs);
            else
                update_whole<false>(runs);
        }
        collect_rest();
        for (Few& few : few_) settle(few);
    }

  private:
    using Around = Neighbourhood<neighbours, has_field>;
    using Case = Cases<neighbours, has_field>;
    using AllCases = BitsOfCases<Case::count>;
    using Random = RandomWords<Round>;
    using Place = typename Random::Place;
    using Source = typename Random::Source;
    using Rounds = typename Random::Rounds;
    static constexpr auto lanes = static_cast<std::int32_t>(hn::MaxLanes(Words()));
    static constexpr std::int32_t words_of_position = 8; ///< how far words at the same position of a tile are apart
    static constexpr int rest_at_a_time = 6;
    static constexpr bool looks_up_positions = Case::count <= 3;
    static constexpr int a = truth::a, b = truth::b, c = truth::c;

    /// A vector of words that are being updated.
    struct Row {
        Case cases;
        alignas(64) std::array<Word, lanes> undecided; ///< spins that their own bits left undecided
        alignas(64) std::array<Word, lanes> left_out;  ///< those for which there is no stream
    };

    static constexpr std::size_t most_rows = 16; ///< of a tile

    /// The words at one position of a tile: `first`, `first` + 8, … of both parities.
    struct Tile {
        std::array<Row, most_rows> rows;
        std::size_t count; ///< of rows
        const PackedRuns* runs;
        std::int32_t first;
        /// Where a shared stream leaves undecided the spin that takes it.
        alignas(64) std::array<std::array<Word, lanes>, shared_streams> left;

        Word* spins(std::size_t row) const { return runs->rows[row % 2].spins + word(row); }
        /// The number of the first of its words in its run.
        std::int32_t word(std::size_t row) const {
            return first + static_cast<std::int32_t>(row / 2) * words_of_position;
        }
    };

    /// Are all bits of all vectors in use, and those beside them?
    static HWY_INLINE bool is_whole(const PackedRuns& runs) {
        return runs.valid == ~Word{0} && runs.words % words_of_position == 0 && runs.rows[0].near.carry == 63 &&
               runs.rows[1].near.carry == 63;
    }

    template <bool even_first> HWY_INLINE void update_whole(const PackedRuns& runs) {
        if constexpr (!has_field) {
            if (rule_.is_metropolis != 0)
                update<Known{Known::Rule::metropolis, even_first}>(runs);
            else
                update<Known{Known::Rule::heat_bath, even_first}>(runs);
        }
    }
    template <Known known> HWY_INLINE void update(const PackedRuns& runs) {
        const std::int32_t height = tiles_.words_together();
        for (std::int32_t tile = runs.first; tile < runs.last; tile += height) {
            for (std::int32_t lane = 0; lane < words_of_position; lane += lanes) {
                update_position<known>(runs, tile + lane, std::min(tile + height, runs.last));
            }
        }
    }

    /// What bits first … end − 1 of a stream decide. They are taken in the reverse order: x_i = 1 overrules what later
    /// bits said.
    template <std::size_t together, class Bits>
    HWY_INLINE Decision<Bits::kinds> decide(const Rounds& rounds, const Source& source, int stream, int first, int end,
                                            const Bits& bits) const {
        Decision<Bits::kinds> now{.first = zero(), .later = zero(), .takes = {}};
        for (V& takes : now.takes) takes = zero();
        int bit = end;
        while (bit - first >= static_cast<int>(together)) {
            bit -= static_cast<int>(together);
            take(random_.template draws<together>(rounds, source, stream + bit), bit, bits, now);
        }
        while (bit-- > first) take(random_.template draws<1>(rounds, source, stream + bit), bit, bits, now);
        return now;
    }

    /// Takes the random bits from `bit` on.
    template <std::size_t count, class Bits>
    static HWY_INLINE void take(const std::array<V, count>& random, int bit, const Bits& bits,
                                Decision<Bits::kinds>& now) {
        for (std::size_t i = count; i-- > 0;) {
            for (std::size_t kind = 0; kind < Bits::kinds; ++kind) {
                now.takes[kind] = pick(random[i], bits(static_cast<std::size_t>(bit) + i, kind), now.takes[kind]);
            }
        }
        now.later = hn::Or(now.later, now.first);
        if constexpr (count > 1) {
            V later = random[count - 1];
            std::size_t i = count - 1;
            for (; i > 2; i -= 2) later = bitwise<a | b | c>(later, random[i - 1], random[i - 2]);
            now.later = hn::Or(now.later, i == 2 ? hn::Or(later, random[1]) : later);
        }
        now.first = random[0];
    }

    /// Own bits, of the usual number if it is known to be that.
    template <Known known, class Bits>
    HWY_INLINE Decision<Bits::kinds> decide_own(const Rounds& rounds, const Source& source, const Bits& bits) const {
        constexpr std::size_t together = known.nothing() ? 2 : usual_own_bits;
        return decide<together>(rounds, source, packed_draws::own, 0,
                                known.nothing() ? tiles_.own_bits : usual_own_bits, bits);
    }

    /// What the own bits of spins decide.
    template <Known known>
    HWY_INLINE Decision<1> decide_own(const Rounds& rounds, const Source& source, const Case& cases) {
        if constexpr (looks_up_positions) {
            bits_.set(cases);
            return decide_own<known>(rounds, source, bits_);
        } else {
            const auto all_cases = decide_own<known>(rounds, source, AllCases(rule_));
            return {.first = all_cases.first, .later = all_cases.later, .takes = {cases.of(all_cases.takes)}};
        }
    }

    /// The bits of a vector that stand for spins.
    static HWY_INLINE V valid(const PackedRuns& runs, std::int32_t at) {
        const V bits = all(runs.valid);
        if (at + lanes <= runs.words) return bits;
        return hn::IfThenElseZero(hn::FirstN(Words(), static_cast<std::size_t>(std::max(0, runs.words - at))), bits);
    }

    /// Spins with their new values as far as their own bits decide, the favoured one for those undecided.
    struct Alone {
        Case cases;
        V spins, undecided;
    };

    /// `negative` is the rule's, for who keeps it in a register.
    template <Known known, std::size_t parity>
    HWY_INLINE Alone update_alone(const PackedRuns& runs, std::int32_t at, const Rounds& rounds, const Source& source,
                                  V negative) {
        const PackedRuns::Rows& rows = runs.rows[parity];
        const Around around(load_neighbours<neighbours, known.site(parity)>(rows.near, at));
        const Case cases = around.cases();
        const V spins = hn::Load(Words(), rows.spins + at);
        const Decision<1> own = decide_own<known>(rounds, source, cases);
        const V takes = own.takes[0];
        if constexpr (known.rule == Known::Rule::metropolis) {
            const V flips = around.opposed(hn::Xor(spins, negative));
            return {cases, bitwise<a ^ (b | c)>(spins, flips, takes),
                    bitwise<~(a | b | c)>(own.later, own.first, flips)};
        }
        const V tie = around.tie(), of_tie = bitwise<~(a ^ b)>(spins, own.first, own.first);
        if constexpr (known.rule == Known::Rule::heat_bath) {
            const V others = bitwise<a ^ b ^ c>(around.majority(), negative, takes);
            return {cases, pick(tie, of_tie, others), bitwise<~(a | b | c)>(own.later, own.first, tie)};
        }
        const V favoured = around.favoured(rule_);
        const V forced = bitwise<a&(b | (~b & c))>(all(rule_.is_metropolis), tie, hn::Xor(spins, favoured));
        const V chosen = pick(tie, of_tie, hn::Xor(favoured, takes));
        const V now = pick(forced, pick(tie, hn::Not(spins), favoured), chosen);
        const V bits = valid(runs, at);
        return {cases, hn::And(bits, now),
                hn::AndNot(bitwise<a | b | c>(hn::Or(own.later, own.first), forced, tie), bits)};
    }

    /// What the shared streams of a tile decide, and where they have been taken: by the first undecided spin at each
    /// position the first one, by the second spin the second one.
    struct Streams {
        std::array<Decision<Case::count>, shared_streams> decision;
        std::array<V, Case::count> next; ///< what the stream says that comes next
        std::array<V, shared_streams> taken;
        std::uint64_t rows_left_out; ///< those with spins for which there was no stream

        /// The undecided spins of a row take streams. Returns which of them take the value that is not favoured.
        HWY_INLINE V join(V undecided, const Case& cases, Row& row, std::size_t i) {
            const V left_out = hn::And(taken[1], undecided);
            row.cases = cases;
            hn::Store(left_out, Words(), row.left_out.data());
            hn::Store(undecided, Words(), row.undecided.data());
            rows_left_out |= std::uint64_t{!is_none(left_out)} << i;
            const V takes = bitwise<a & ~b & c>(undecided, taken[1], cases.of(next));
            for (std::size_t k = 0; k < Case::count; ++k) next[k] = pick(undecided, decision[1].takes[k], next[k]);
            taken[1] = bitwise<a | (b & c)>(taken[1], taken[0], undecided);
            taken[0] = hn::Or(taken[0], undecided);
            return takes;
        }
    };

    /// The shared streams before any row of a tile.
    HWY_INLINE Streams shared(const Rounds& rounds, const Source& source) const {
        Streams streams;
        for (std::size_t s = 0; s < shared_streams; ++s) {
            streams.decision[s] = decide<2>(rounds, source, packed_draws::shared(s), tiles_.own_bits,
                                            tiles_.shared_end(s), AllCases(rule_));
            streams.taken[s] = zero();
        }
        streams.next = streams.decision[0].takes;
        streams.rows_left_out = 0;
        return streams;
    }

    template <Known known, std::size_t parity>
    HWY_INLINE void update_row(const PackedRuns& runs, std::int32_t at, Tile& tile, std::size_t i, const Rounds& rounds,
                               const Source& source, V negative, Streams& streams) {
        const Alone alone = update_alone<known, parity>(runs, at, rounds, source, negative);
        const V flips = streams.join(alone.undecided, alone.cases, tile.rows[i], i);
        hn::Store(hn::Xor(alone.spins, flips), Words(), runs.rows[parity].spins + at);
    }

    /// Words at one position of a tile: `first`, `first` + 8 … below `end`, of both parities.
    template <Known known>
    HWY_INLINE void update_position(const PackedRuns& runs, std::int32_t first, std::int32_t end) {
        Tile& tile = waiting_[waiting_count_];
        tile.runs = &runs;
        tile.first = first;
        tile.count = static_cast<std::size_t>((end - first + words_of_position - 1) / words_of_position) * 2;
        Place even = random_.at(runs.rows[0].place, first), odd = random_.at(runs.rows[1].place, first);
        const Rounds rounds = random_.rounds();
        Streams streams = shared(rounds, random_.source(rounds, even));
        const V negative = all(rule_.is_negative);
        std::size_t row = 0;
        for (std::int32_t at = first; at < end; at += words_of_position) {
            const Source even_source = random_.source(rounds, even), odd_source = random_.source(rounds, odd);
            update_row<known, 0>(runs, at, tile, row++, rounds, even_source, negative, streams);
            update_row<known, 1>(runs, at, tile, row++, rounds, odd_source, negative, streams);
            even = Random::template after<words_of_position>(even);
            odd = Random::template after<words_of_position>(odd);
        }
        const std::uint64_t left = words_left(tile, streams);
        left_out_ |= streams.rows_left_out << (most_rows * waiting_count_);
        left_ |= left << (words_of_position * waiting_count_);
        ++waiting_count_;
        if (waiting_count_ == waiting_.size()) collect_rest();
    }

    /// Which words have spins that their stream left undecided?
    static HWY_INLINE std::uint64_t words_left(Tile& tile, const Streams& streams) {
        V any = zero();
        for (std::size_t s = 0; s < shared_streams; ++s) {
            const Decision<Case::count>& decision = streams.decision[s];
            const V left = bitwise<a & ~(b | c)>(streams.taken[s], decision.first, decision.later);
            hn::Store(left, Words(), tile.left[s].data());
            any = hn::Or(any, left);
        }
        return words_with(any);
    }

    /// Which words have bits that are set?
    static HWY_INLINE std::uint64_t words_with(V bits) {
        std::array<std::uint8_t, 8> words{};
        hn::StoreMaskBits(Words(), hn::Ne(bits, zero()), words.data());
        return words[0];
    }

    /// Words with spins that draw further bits of their own, from `bit` on. Random words come in blocks of a few; here
    /// those of a vector are one for each word that needs one, wherever it is.
    struct Few {
        static constexpr std::size_t most = 32, block = Random::words_of_block;
        using List = std::array<Word, most * block>;

        int bit = 0;
        std::size_t count = 0;
        std::array<Word*, most> spins{};
        alignas(64) std::array<std::uint64_t, 2 * most> blocks{};
        alignas(64) List left{}; ///< the spins, where their random bits are
        alignas(64) std::array<List, Case::parts> cases{};
    };

    /// The spins of tiles that wait: those for which there was no stream, or whose stream left them undecided. Nearly
    /// every second tile has one, which nobody can predict; so they are looked for in several tiles at a time, and
    /// settled when there are many.
    HWY_NOINLINE void collect_rest() {
        for (; left_out_ != 0; left_out_ &= left_out_ - 1) {
            const auto number = static_cast<std::size_t>(std::countr_zero(left_out_)), i = number % most_rows;
            const Tile& tile = waiting_[number / most_rows];
            const auto& left_out = tile.rows[i].left_out;
            for (std::uint64_t words = words_with(hn::Load(Words(), left_out.data())); words != 0; words &= words - 1) {
                const auto word = static_cast<std::size_t>(std::countr_zero(words));
                add(few_[0], tile, i, word, left_out[word]);
            }
        }
        for (; left_ != 0; left_ &= left_ - 1) {
            const auto number = static_cast<std::size_t>(std::countr_zero(left_));
            collect_left(waiting_[number / words_of_position], number % words_of_position);
        }
        waiting_count_ = 0;
    }

    /// The spins that their stream left undecided, in one word of all rows of a tile.
    HWY_INLINE void collect_left(const Tile& tile, std::size_t word) {
        std::array<Word, shared_streams> taken{};
        for (std::size_t i = 0; i < tile.count; ++i) {
            Word others = tile.rows[i].undecided[word];
            for (std::size_t s = 0; s < shared_streams; ++s) {
                const Word left = others & ~taken[s] & tile.left[s][word];
                if (left != 0) add(few_[1 + s], tile, i, word, left);
                others &= std::exchange(taken[s], taken[s] | others);
            }
        }
    }

    /// Spins of a word of a row of a tile.
    HWY_INLINE void add(Few& few, const Tile& tile, std::size_t i, std::size_t word, Word left) {
        if (few.count == Few::most) settle(few);
        const std::size_t n = few.count++;
        const std::int32_t in_run = tile.word(i) + static_cast<std::int32_t>(word);
        const std::size_t at = n * Few::block + static_cast<std::size_t>(in_run) % Few::block;
        few.spins[n] = tile.spins(i) + word;
        std::ranges::copy(Random::block(tile.runs->rows[i % 2].place, in_run), &few.blocks[2 * n]);
        few.left[at] = left;
        for (std::size_t part = 0; part < Case::parts; ++part) {
            few.cases[part][at] = hn::ExtractLane(tile.rows[i].cases.tell()[part], word);
        }
    }

    /// Decides all of them.
    HWY_NOINLINE void settle(Few& few) {
        for (std::size_t n = 0; n < few.count * Few::block; n += lanes) {
            typename Case::Parts tell;
            for (std::size_t part = 0; part < Case::parts; ++part) tell[part] = hn::Load(Words(), &few.cases[part][n]);
            const Source source = random_.source(random_.rounds(), random_.at_blocks(&few.blocks[2 * n / Few::block]));
            const V flips = further_flips(source, few.bit, hn::Load(Words(), &few.left[n]), Case::from(tell));
            hn::Store(flips, Words(), &few.left[n]);
        }
        for (std::size_t n = 0; n < few.count * Few::block; ++n) {
            *few.spins[n / Few::block] ^= std::exchange(few.left[n], 0);
        }
        few.count = 0;
    }

    /// Which of the spins left take the value that is not favoured, by bits from `first` on?
    HWY_INLINE V further_flips(const Source& source, int first, V left, const Case& cases) {
        V flips = zero();
        for (int bit = first, end; bit < 64 && !is_none(left); bit = end) {
            end = std::min(bit + rest_at_a_time, 64);
            if (bit != first) random_.prepare(packed_draws::rest + bit, packed_draws::rest + end);
            const auto now =
                decide<rest_at_a_time>(random_.rounds(), source, packed_draws::rest, bit, end, AllCases(rule_));
            flips = bitwise<a | (b & c)>(flips, left, cases.of(now.takes));
            left = bitwise<a & ~(b | c)>(left, now.first, now.later);
        }
        return flips;
    }

    static HWY_INLINE bool is_none(V bits) { return hn::AllTrue(Words(), hn::Eq(bits, zero())); }

    const PackedRule& rule_;
    const PackedTiles& tiles_;
    Random random_;
    std::conditional_t<looks_up_positions, BitsOfPositions<Case>, AllCases> bits_;
    std::array<Few, 1 + shared_streams> few_; ///< spins for which there was no stream, and those each left undecided
    std::array<Tile, 4> waiting_;             ///< and the one that is being updated
    std::size_t waiting_count_ = 0;
    std::uint64_t left_out_ = 0; ///< which rows of those that wait have spins left out, most_rows bits for each tile,
    std::uint64_t left_ = 0;     ///< and which words have spins that their stream left undecided, a byte for each tile
};

template <class Round, int neighbours>
void update_with(std::span<const PackedRuns> runs, const PackedRule& rule, const PackedTiles& tiles,
                 const PackedRandom& random) {
    if (rule.has_field)
        Updater<neighbours, true, Round>(rule, tiles, random)(runs);
    else
        Updater<neighbours, false, Round>(rule, tiles, random)(runs);
}

template <class Round>
void update_by(std::span<const PackedRuns> runs, const PackedRule& rule, const PackedTiles& tiles,
               const PackedRandom& random) {
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

void update(std::span<const PackedRuns> runs, const PackedRule& rule, const PackedTiles& tiles,
            const PackedRandom& random) {
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

void update_packed(std::span<const PackedRuns> runs, const PackedRule& rule, const PackedTiles& tiles,
                   const PackedRandom& random) {
    HWY_DYNAMIC_DISPATCH(update)(runs, rule, tiles, random);
}

} // namespace blockspin::sampling
#endif
