#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/rng/ars.hpp>
#include <blockspin/rng/draws.hpp>
#include <blockspin/rng/fill.hpp>

#include <Random123/ars.h>
#include <Random123/philox.h>
#include <hwy/targets.h>

#include <limits>
#include <random>

// Random123 defines these names as macros.
#undef philox4x32
#undef ars4x32

using namespace blockspin;
using rng::Block;

namespace {

constexpr int random_inputs = 100000;

Block random_block(std::mt19937& generator) {
    Block block{};
    for (std::uint32_t& word : block) word = static_cast<std::uint32_t>(generator());
    return block;
}

// What fill_words promises, by the portable code.
std::uint64_t reference_word(const rng::Key& key, rng::Address address, std::int64_t i) {
    address.place += i / 2;
    const Block block = rng::ars4x32<5>(rng::pack(address), key.ars());
    const auto half = static_cast<std::size_t>(i % 2 * 2);
    return block[half] | std::uint64_t{block[half + 1]} << 32;
}

std::vector<std::uint64_t> reference_run(const rng::Key& key, const rng::Address& address, std::size_t size) {
    std::vector<std::uint64_t> words(size);
    for (std::size_t i = 0; i < size; ++i) words[i] = reference_word(key, address, static_cast<std::int64_t>(i));
    return words;
}

// Step and draw set bits on both sides of the middle of the counter; the place crosses 2^32.
constexpr rng::Address an_address{.purpose = rng::Purpose::test,
                                  .chain = 3,
                                  .step = (std::int64_t{1} << 39) + 12345,
                                  .place = (std::int64_t{1} << 32) - 100,
                                  .draw = 7};

// Restricts dispatch to one instruction set as long as it lives.
struct OnlyTarget {
    explicit OnlyTarget(std::int64_t target) { hwy::SetSupportedTargetsForTest(target); }
    ~OnlyTarget() { hwy::SetSupportedTargetsForTest(0); }
    OnlyTarget(const OnlyTarget&) = delete;
    OnlyTarget& operator=(const OnlyTarget&) = delete;
};

} // namespace

// Known answers that Random123 publishes with its source, beside those in philox.hpp.
static_assert(rng::philox4x32({~0U, ~0U, ~0U, ~0U}, {~0U, ~0U}) ==
              Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
static_assert(rng::philox4x32<7>({0, 0, 0, 0}, {0, 0}) == Block{0x5f6fb709, 0x0d893f64, 0x4f121f81, 0x4f730a48});
// FIPS 197, figure 7, and the first round of its appendix B.
static_assert(rng::aes::s_box[0x00] == 0x63 && rng::aes::s_box[0x53] == 0xed && rng::aes::s_box[0xff] == 0x16);
static_assert(rng::aes::mix_columns(rng::aes::substitute({0x19, 0x3d, 0xe3, 0xbe, 0xa0, 0xf4, 0xe2, 0x2b, 0x9a, 0xc6,
                                                          0x8d, 0x2a, 0xe9, 0xf8, 0x48, 0x08})) ==
              rng::aes::State{0x04, 0x66, 0x81, 0xe5, 0xe0, 0xcb, 0x19, 0x9a, 0x48, 0xf8, 0xd3, 0x7a, 0x28, 0x06, 0x26,
                              0x4c});

BOOST_AUTO_TEST_CASE(philox_is_that_of_random123) {
    std::mt19937 generator(1975);
    for (int i = 0; i < random_inputs; ++i) {
        const Block counter = random_block(generator), key = random_block(generator);
        const r123::Philox4x32::ctr_type theirs =
            r123::Philox4x32()({{counter[0], counter[1], counter[2], counter[3]}}, {{key[0], key[1]}});
        const Block ours = rng::philox4x32(counter, {key[0], key[1]});
        if (!std::ranges::equal(ours, theirs.v)) BOOST_FAIL("differs at input " << i);
    }
}

#if R123_USE_AES_NI
template <int rounds> void compare_ars() {
    std::mt19937 generator(1975 + rounds);
    for (int i = 0; i < random_inputs; ++i) {
        const Block counter = random_block(generator), key = random_block(generator);
        const auto theirs = r123::ARS4x32_R<rounds>()({{counter[0], counter[1], counter[2], counter[3]}},
                                                      {{key[0], key[1], key[2], key[3]}});
        if (!std::ranges::equal(rng::ars4x32<rounds>(counter, key), theirs.v))
            BOOST_FAIL("differs at input " << i << " with " << rounds << " rounds");
    }
}

BOOST_AUTO_TEST_CASE(portable_ars_is_that_of_random123_on_hardware_for_any_number_of_rounds) {
    compare_ars<1>();
    compare_ars<5>();
    compare_ars<7>();
    compare_ars<10>();
}
#endif

BOOST_AUTO_TEST_CASE(bits_are_philox_at_the_counter_of_the_address) {
    const rng::Key key(0x123456789abcdef0);
    BOOST_TEST((rng::bits(key, an_address) == rng::philox4x32(rng::pack(an_address), {0x9abcdef0, 0x12345678})));
}

BOOST_AUTO_TEST_CASE(every_instruction_set_gives_the_bits_of_the_portable_code) {
    const rng::Key key(1975);
    const auto expected = reference_run(key, an_address, 1003);
    const auto targets = hwy::SupportedAndGeneratedTargets();
    BOOST_TEST(!targets.empty());
    for (const std::int64_t target : targets) {
        const OnlyTarget only(target);
        BOOST_TEST_CONTEXT(hwy::TargetName(target)) {
            BOOST_TEST(rng::simd_target() == hwy::TargetName(target));
            for (std::size_t size = 0; size <= expected.size(); size += size < 70 ? 1 : 311) {
                std::vector<std::uint64_t> words(size + 1, 42);
                rng::fill_words(key, an_address, std::span(words).first(size));
                BOOST_TEST(std::equal(words.begin(), words.end() - 1, expected.begin()));
                BOOST_TEST(words.back() == 42U);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_run_may_be_cut_anywhere) {
    const rng::Key key(1975);
    constexpr std::size_t size = 200;
    const auto whole = reference_run(key, an_address, size);
    for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
        const OnlyTarget only(target);
        for (std::size_t first = 0; first <= size; ++first) {
            for (const std::size_t count : {0, 1, 2, 3, 15, 16, 17, 63, 100}) {
                if (first + count > size) continue;
                std::vector<std::uint64_t> piece(count);
                rng::fill_words(key, an_address, piece, static_cast<std::int64_t>(first));
                if (!std::equal(piece.begin(), piece.end(), whole.begin() + static_cast<std::ptrdiff_t>(first)))
                    BOOST_FAIL(hwy::TargetName(target) << ": words " << first << " + " << count);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_run_that_starts_later_is_the_rest_of_one_that_starts_earlier) {
    const rng::Key key(1975);
    rng::Address later = an_address;
    later.place += 10;
    std::array<std::uint64_t, 8> from_here{}, from_there{};
    rng::fill_words(key, an_address, from_here, 20);
    rng::fill_words(key, later, from_there);
    BOOST_TEST(from_here == from_there);
}

BOOST_AUTO_TEST_CASE(a_run_that_leaves_the_range_of_places_is_refused_before_anything_is_written) {
    const rng::Key key(1975);
    constexpr std::int64_t places = std::int64_t{1} << 44;
    std::array<std::uint64_t, 5> words{};
    BOOST_CHECK_NO_THROW(rng::fill_words(key, {.place = places - 2}, std::span(words).first(4)));
    words = {};
    BOOST_CHECK_THROW(rng::fill_words(key, {.place = places - 2}, words), core::InputError);
    BOOST_CHECK_THROW(rng::fill_words(key, {}, words, 2 * places - 4), core::InputError);
    BOOST_CHECK_THROW(rng::fill_words(key, {}, words, std::numeric_limits<std::int64_t>::max()), core::InputError);
    BOOST_CHECK_THROW(rng::fill_words(key, {}, words, -1), core::InternalError);
    BOOST_CHECK_THROW(rng::fill_words(key, {.place = -1}, words, 2), core::InternalError);
    BOOST_TEST((words == std::array<std::uint64_t, 5>{}));
}

BOOST_AUTO_TEST_CASE(different_seeds_have_different_keys) {
    constexpr rng::Key one(1), same(1), two(2), high(std::uint64_t{1} << 32);
    static_assert(one.philox() == same.philox() && one.ars() == same.ars());
    static_assert(one.philox() != two.philox() && one.ars() != two.ars());
    static_assert(one.philox() != high.philox() && one.ars() != high.ars());
    std::array<std::uint64_t, 4> first{}, second{};
    rng::fill_words(one, {}, first);
    rng::fill_words(two, {}, second);
    for (const std::uint64_t word : first) BOOST_TEST(std::ranges::count(second, word) == 0);
}
