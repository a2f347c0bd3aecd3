// Random words for the words of a vector, as PackedRandom addresses them. Included once per instruction set after
// packed_neighbours-inl.hpp, by packed_kernel.cpp and strip_kernel.cpp.
#include <blockspin/rng/ars-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace blockspin::sampling::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR

struct Aes {};
using WideAes = Aes;

/// Random words one by one.
template <class> class RandomWords {
  public:
    explicit RandomWords(const PackedRandom& random) : random_(random) {}
    void prepare(int /*first*/, int /*end*/) {}
    struct Place {
        std::uint64_t place;
        std::size_t half;
    };
    using Source = Place;
    struct Rounds {};
    Rounds rounds() const { return {}; }
    Place at(std::uint64_t place, std::int32_t word) const {
        return {place + static_cast<std::uint64_t>(word / 2), static_cast<std::size_t>(word % 2 * 2)};
    }
    template <std::int32_t words> static Place after(const Place& place) {
        return {place.place + static_cast<std::uint64_t>(words / 2), place.half};
    }
    static constexpr std::size_t words_of_block = 1;
    static std::array<std::uint64_t, 2> block(std::uint64_t place, std::int32_t word) {
        return {place + static_cast<std::uint64_t>(word / 2), static_cast<std::uint64_t>(word % 2)};
    }
    Place at_blocks(const std::uint64_t* blocks) const { return {blocks[0], static_cast<std::size_t>(2 * blocks[1])}; }
    Source source(const Rounds& /*rounds*/, const Place& place) const { return place; }
    template <std::size_t count>
    std::array<V, count> draws(const Rounds& /*rounds*/, const Source& source, int first) const {
        std::array<V, count> draws;
        for (std::size_t i = 0; i < count; ++i) draws[i] = one(source, first + static_cast<int>(i));
        return draws;
    }

  private:
    V one(const Source& source, int draw) const {
        const std::uint64_t low = random_.low + source.place,
                            high = random_.high + draw_step * static_cast<std::uint64_t>(draw);
        const rng::Block block =
            rng::ars4x32<5>({static_cast<std::uint32_t>(low), static_cast<std::uint32_t>(low >> 32),
                             static_cast<std::uint32_t>(high), static_cast<std::uint32_t>(high >> 32)},
                            random_.key);
        return all(block[source.half] | std::uint64_t{block[source.half + 1]} << 32);
    }

    const PackedRandom& random_;
};

#else

using rng::HWY_NAMESPACE::Aes;
using rng::HWY_NAMESPACE::WideAes;

/// Random words of all words of a vector.
///
/// A round of AES acts on each byte of its input alone and adds up what comes of them (modulo 2). The place of a word
/// is in the lower half of a counter and the number of the draw in the upper one, so the first round is done once for
/// all draws at a place, and once for all places of a draw: four rounds per draw are left of five.
template <class Round> class RandomWords {
  public:
    explicit RandomWords(const PackedRandom& random) : random_(random) {
        const rng::HWY_NAMESPACE::ArsKeys keys(random.key);
        for (std::size_t round = 0; round < rounds_.keys.size(); ++round) {
            rounds_.keys[round] = hn::LoadDup128(Words(), keys.keys[round].data());
        }
    }

    /// To be called before draws first … end − 1 are made.
    void prepare(int first, int end) {
        const auto first_round_of = [&](std::uint64_t high) HWY_ATTR {
            return first_round(hn::Xor(hn::OddEven(all(high), zero()), rounds_.keys[0]), zero());
        };
        const V of_draw_0 = first_round_of(random_.high);
        for (int draw = first; draw < end; ++draw) {
            const V of_draw = first_round_of(random_.high + draw_step * static_cast<std::uint64_t>(draw));
            draws_[static_cast<std::size_t>(draw)] = hn::Xor(of_draw, of_draw_0);
        }
    }

    /// The keys of the rounds in all blocks of a vector, for those who keep them in registers.
    struct Rounds {
        std::array<V, 6> keys;
    };
    HWY_INLINE Rounds rounds() const { return rounds_; }

    /// The counters of draw 0 of a vector whose first word has this number in its run.
    using Place = V;
    HWY_INLINE Place at(std::uint64_t place, std::int32_t word) const {
        return rng::HWY_NAMESPACE::ars_counters(random_.low + place + static_cast<std::uint64_t>(word / 2),
                                                random_.high);
    }
    /// Those of the vector that begins so many words later.
    template <std::int32_t words> static HWY_INLINE Place after(Place place) {
        return hn::Add(place, hn::OddEven(zero(), all(words / 2)));
    }
    /// Random words come in blocks of two words of a run; this is the one with the word of this number. A vector may
    /// also be made of blocks from anywhere.
    static constexpr std::size_t words_of_block = 2;
    static HWY_INLINE std::array<std::uint64_t, 2> block(std::uint64_t place, std::int32_t word) {
        return {place + static_cast<std::uint64_t>(word / 2), 0};
    }
    HWY_INLINE Place at_blocks(const std::uint64_t* blocks) const {
        return hn::OddEven(all(random_.high), hn::Add(hn::Load(Words(), blocks), all(random_.low)));
    }
    /// Where all draws of a vector come from: the first round of draw 0.
    using Source = V;
    HWY_INLINE Source source(const Rounds& rounds, Place place) const {
        return first_round(hn::Xor(place, rounds.keys[0]), rounds.keys[1]);
    }
    /// Draws first … first + count − 1. Round by round, so that none waits for the round before it.
    template <std::size_t count>
    HWY_INLINE std::array<V, count> draws(const Rounds& rounds, Source source, int first) const {
        using rng::HWY_NAMESPACE::aes_round;
        std::array<V, count> states;
        for (std::size_t i = 0; i < count; ++i) {
            states[i] = hn::Xor(source, draws_[static_cast<std::size_t>(first) + i]);
        }
        for (std::size_t round = 2; round < 5; ++round) {
            for (V& state : states) state = aes_round<Round>(state, rounds.keys[round]);
        }
        for (V& state : states) state = aes_round<Round, true>(state, rounds.keys[5]);
        return states;
    }

  private:
    static HWY_INLINE V first_round(V state, V key) { return rng::HWY_NAMESPACE::aes_round<Round>(state, key); }

    const PackedRandom& random_;
    Rounds rounds_;
    /// What a draw adds to the first round of draw 0; the same in all blocks.
    std::array<V, packed_draws::per_colour> draws_;
};

#endif

} // namespace blockspin::sampling::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
