// fill_words as a machine without vector instructions compiles it.
#define HWY_COMPILE_ONLY_SCALAR
#include "../src/rng/fill.cpp"

#include <boost/test/unit_test.hpp>

using namespace blockspin;

BOOST_AUTO_TEST_CASE(without_vector_instructions_the_bits_are_the_same) {
    BOOST_TEST(rng::simd_target() == "SCALAR");
    const rng::Key key(1975);
    const rng::Address first{.purpose = rng::Purpose::wolff, .chain = 9, .step = std::int64_t{1} << 30, .place = 77};
    for (const std::int64_t skip : {0, 1, 6}) {
        std::array<std::uint64_t, 33> words{};
        rng::fill_words(key, first, words, skip);
        for (std::size_t i = 0; i < words.size(); ++i) {
            const std::int64_t position = skip + static_cast<std::int64_t>(i);
            rng::Address address = first;
            address.place += position / 2;
            const rng::Block block = rng::ars4x32<5>(rng::pack(address), key.ars());
            const auto half = static_cast<std::size_t>(position % 2 * 2);
            BOOST_TEST(words[i] == (block[half] | std::uint64_t{block[half + 1]} << 32));
        }
    }
}
