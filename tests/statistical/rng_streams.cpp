// Every way in which the code walks through addresses is a stream of random words, and must look like one.
#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/rng/draws.hpp>
#include <blockspin/rng/fill.hpp>

#include <boost/math/distributions/chi_squared.hpp>

#include <bit>
#include <cstdlib>
#include <functional>

using namespace blockspin;

namespace {

using Words = std::vector<std::uint64_t>;

std::int64_t word_count() { return std::getenv("BLOCKSPIN_LONG") != nullptr ? 16000000 : 1000000; }

std::uint64_t seed() { return 1975 + static_cast<std::uint64_t>(support::world().rank()); }

// Distance of a chi-squared from either end of its distribution, as a probability.
double p_value(double chi_squared, double degrees) {
    const boost::math::chi_squared distribution(degrees);
    return 2 * std::min(cdf(distribution, chi_squared), cdf(complement(distribution, chi_squared)));
}

// Number of ones in each of the 64 bit lanes of word(0) … word(n − 1), eight lanes at a time in the bytes of a word.
template <class F> std::array<std::int64_t, 64> ones_per_lane(std::size_t n, F word) {
    std::array<std::int64_t, 64> ones{};
    for (std::size_t i = 0; i < n;) {
        std::array<std::uint64_t, 8> bytes{};
        for (const std::size_t end = std::min(n, i + 255); i < end; ++i) {
            const std::uint64_t w = word(i);
            for (std::size_t bit = 0; bit < 8; ++bit) bytes[bit] += w >> bit & 0x0101010101010101;
        }
        for (std::size_t lane = 0; lane < 64; ++lane)
            ones[lane] += static_cast<std::int64_t>(bytes[lane % 8] >> (lane - lane % 8) & 0xFF);
    }
    return ones;
}

// Of the sum over the lanes of the squared deviation of the number of ones from n/2, in units of its variance.
template <class F> double lane_p_value(std::size_t n, F word) {
    double sum = 0;
    for (const std::int64_t count : ones_per_lane(n, word)) {
        const double excess = 2 * static_cast<double>(count) - static_cast<double>(n);
        sum += excess * excess / static_cast<double>(n);
    }
    return p_value(sum, 64);
}

// Frequencies of the pairs of neighbouring bytes in each word against 1/65536.
double byte_pair_p_value(const Words& words) {
    std::vector<std::int64_t> counts(65536);
    for (const std::uint64_t word : words)
        for (int shift = 0; shift < 64; shift += 16) ++counts[word >> shift & 0xFFFF];
    const double expected = 4 * static_cast<double>(words.size()) / 65536;
    double sum = 0;
    for (const std::int64_t count : counts) sum += std::pow(static_cast<double>(count) - expected, 2) / expected;
    return p_value(sum, 65535);
}

// The least p-value of 1 equidistribution, 5 serial and 31 cross-lane tests, and 1 of byte pairs.
constexpr int tests_per_stream = 38;
double least_p_value(const Words& words) {
    double least = lane_p_value(words.size(), [&](std::size_t i) { return words[i]; });
    for (const std::size_t lag : {1, 2, 3, 8, 64})
        least =
            std::min(least, lane_p_value(words.size() - lag, [&](std::size_t i) { return words[i] ^ words[i + lag]; }));
    for (int turn = 1; turn < 32; ++turn) {
        const auto crossed = [&](std::size_t i) { return words[i] ^ std::rotl(words[i], turn); };
        least = std::min(least, lane_p_value(words.size(), crossed));
    }
    return std::min(least, byte_pair_p_value(words));
}

// All tests of all streams on both ranks together fail by chance with probability 1e-3. At a million words that
// accepts a lane whose share of ones is off by at most 0.006.
constexpr int streams = 9, tested_ranks = 2;
constexpr double significance = 1e-3 / (streams * tests_per_stream * tested_ranks);

Words walk(const std::function<std::uint64_t(std::int64_t)>& word) {
    Words words(static_cast<std::size_t>(word_count()));
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = word(static_cast<std::int64_t>(i));
    return words;
}

std::uint64_t ars_word(const rng::Key& key, const rng::Address& address) {
    std::uint64_t word = 0;
    rng::fill_words(key, address, {&word, 1});
    return word;
}

} // namespace

BOOST_AUTO_TEST_CASE(ars_along_places_is_random) {
    Words words(static_cast<std::size_t>(word_count()));
    rng::fill_words(rng::Key(seed()), {}, words);
    BOOST_TEST(least_p_value(words) > significance);
}

BOOST_AUTO_TEST_CASE(ars_along_steps_is_random) {
    const rng::Key key(seed());
    BOOST_TEST(least_p_value(walk([&](auto i) { return ars_word(key, {.step = i}); })) > significance);
}

BOOST_AUTO_TEST_CASE(ars_along_chains_and_draws_is_random) {
    const rng::Key key(seed());
    const auto word = [&](std::int64_t i) {
        return ars_word(
            key, {.chain = static_cast<std::int32_t>(i / 64 % (1 << 20)), .draw = static_cast<std::int32_t>(i % 64)});
    };
    BOOST_TEST(least_p_value(walk(word)) > significance);
}

BOOST_AUTO_TEST_CASE(ars_along_places_and_draws_as_updates_of_many_spins_walk_is_random) {
    // Word by word the lanes of one site; then the second word of its block against the first, lane by lane.
    const rng::Key key(seed());
    Words first, crossed;
    for (std::int64_t i = 0; i < word_count(); ++i) {
        std::array<std::uint64_t, 2> block{};
        rng::fill_words(
            key, {.purpose = rng::Purpose::lane_heat_bath, .place = i / 8, .draw = static_cast<std::int32_t>(i % 8)},
            block);
        first.push_back(block[0]);
        crossed.push_back(block[0] ^ block[1]);
    }
    BOOST_TEST(least_p_value(first) > significance);
    BOOST_TEST(least_p_value(crossed) > significance);
}

BOOST_AUTO_TEST_CASE(ars_along_seeds_is_random) {
    const auto first = static_cast<std::int64_t>(seed() << 32);
    const auto word = [&](std::int64_t i) { return ars_word(rng::Key(static_cast<std::uint64_t>(first + i)), {}); };
    BOOST_TEST(least_p_value(walk(word)) > significance);
}

BOOST_AUTO_TEST_CASE(philox_along_places_is_random) {
    const rng::Key key(seed());
    BOOST_TEST(least_p_value(walk([&](auto i) { return rng::word64(key, {.place = i}); })) > significance);
}

BOOST_AUTO_TEST_CASE(philox_along_steps_is_random) {
    const rng::Key key(seed());
    BOOST_TEST(least_p_value(walk([&](auto i) { return rng::word64(key, {.step = i}); })) > significance);
}

BOOST_AUTO_TEST_CASE(philox_along_seeds_is_random) {
    const auto first = static_cast<std::int64_t>(seed() << 32);
    const auto word = [&](std::int64_t i) { return rng::word64(rng::Key(static_cast<std::uint64_t>(first + i)), {}); };
    BOOST_TEST(least_p_value(walk(word)) > significance);
}

BOOST_AUTO_TEST_CASE(these_tests_reject_a_linear_congruential_generator_and_one_biased_lane) {
    std::uint64_t state = seed();
    const auto congruential = [&](std::int64_t) { return state = 6364136223846793005 * state + 1442695040888963407; };
    BOOST_TEST(least_p_value(walk(congruential)) < significance);
    const rng::Key key(seed());
    const auto biased = [&](std::int64_t i) {
        const rng::Block block = rng::bits(key, {.place = i});
        const std::uint64_t word = block[0] | std::uint64_t{block[1]} << 32;
        return block[2] % 64 == 0 ? word | std::uint64_t{1} << 17 : word; // ones in lane 17: 0.508
    };
    BOOST_TEST(least_p_value(walk(biased)) < significance);
}
