#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/rng/address.hpp>
#include <blockspin/rng/draws.hpp>

#include <limits>
#include <random>
#include <set>

using namespace blockspin;
using rng::Address;
using rng::Purpose;

namespace {

constexpr std::int32_t last_chain = (1 << 20) - 1, last_draw = (1 << 16) - 1;
constexpr std::int64_t last_step = (std::int64_t{1} << 40) - 1, last_place = (std::int64_t{1} << 44) - 1;

std::vector<Address> extremes() {
    std::vector<Address> all;
    for (const int purpose : {0, 1, 254, 255})
        for (const std::int32_t chain : {0, 1, last_chain})
            for (const std::int64_t step :
                 {std::int64_t{0}, (std::int64_t{1} << 20) - 1, std::int64_t{1} << 20, last_step})
                for (const std::int64_t place : {std::int64_t{0}, std::int64_t{1} << 32, last_place})
                    for (const std::int32_t draw : {0, 1, last_draw})
                        all.push_back({static_cast<Purpose>(purpose), chain, step, place, draw});
    return all;
}

bool names_the_field(const core::Error& error, std::string_view field) {
    return std::string_view(error.what()).find(field) != std::string_view::npos;
}

} // namespace

static_assert(rng::pack({.purpose = Purpose{0xA1},
                         .chain = 0xB2345,
                         .step = 0xC123456789,
                         .place = 0xD2345678901,
                         .draw = 0xE123}) == rng::Block{0x45678901, 0x56789D23, 0x123C1234, 0xA1B2345E});
static_assert(rng::unpack(rng::pack({Purpose::wolff, 17, 1 << 21, 12345, 3})) ==
              Address{Purpose::wolff, 17, 1 << 21, 12345, 3});

BOOST_AUTO_TEST_CASE(the_address_comes_back_from_its_counter_and_extreme_counters_all_differ) {
    std::set<rng::Block> counters;
    const auto addresses = extremes();
    for (const Address& address : addresses) {
        BOOST_TEST((rng::unpack(rng::pack(address)) == address));
        counters.insert(rng::pack(address));
    }
    BOOST_TEST(counters.size() == addresses.size());
}

BOOST_AUTO_TEST_CASE(the_address_comes_back_from_its_counter_at_random) {
    std::mt19937_64 generator(1975);
    for (int i = 0; i < 100000; ++i) {
        const auto bits = [&](int count) { return static_cast<std::int64_t>(generator() >> (64 - count)); };
        const Address address{.purpose = static_cast<Purpose>(bits(8)),
                              .chain = static_cast<std::int32_t>(bits(20)),
                              .step = bits(40),
                              .place = bits(44),
                              .draw = static_cast<std::int32_t>(bits(16))};
        if (rng::unpack(rng::pack(address)) != address) BOOST_FAIL("lost at " << i);
    }
}

BOOST_AUTO_TEST_CASE(every_counter_is_the_counter_of_its_address) {
    std::mt19937 generator(1975);
    for (int i = 0; i < 100000; ++i) {
        const rng::Block counter{static_cast<std::uint32_t>(generator()), static_cast<std::uint32_t>(generator()),
                                 static_cast<std::uint32_t>(generator()), static_cast<std::uint32_t>(generator())};
        if (rng::pack(rng::unpack(counter)) != counter) BOOST_FAIL("lost at " << i);
    }
}

BOOST_AUTO_TEST_CASE(different_purposes_never_share_a_counter) {
    // The eight highest bits of a counter are the purpose, whatever the other fields hold.
    for (const Address& address : extremes())
        BOOST_TEST(rng::pack(address)[3] >> 24 == static_cast<std::uint32_t>(address.purpose));
}

BOOST_AUTO_TEST_CASE(purposes_have_different_names) {
    std::set<std::string_view> names;
    int known = 0;
    for (int value = 0; value < 256; ++value) {
        const std::string_view name = rng::name(static_cast<Purpose>(value));
        if (name == "unknown") continue;
        ++known;
        names.insert(name);
    }
    BOOST_TEST(known >= 17);
    BOOST_TEST(names.size() == static_cast<std::size_t>(known));
}

BOOST_AUTO_TEST_CASE(a_field_that_is_too_large_is_refused_by_name) {
    const auto refused = [](const Address& address, std::string_view field) {
        BOOST_CHECK_EXCEPTION(rng::pack(address), core::InputError,
                              [&](const core::InputError& error) { return names_the_field(error, field); });
    };
    refused({.chain = last_chain + 1}, "chain");
    refused({.step = last_step + 1}, "step");
    refused({.place = last_place + 1}, "place");
    refused({.draw = last_draw + 1}, "draw");
    refused({.step = std::numeric_limits<std::int64_t>::max()}, "step");
    BOOST_CHECK_THROW(rng::uniform(rng::Key(1), {.place = last_place + 1}), core::InputError);
}

BOOST_AUTO_TEST_CASE(a_negative_field_is_a_bug) {
    for (const Address& address :
         {Address{.chain = -1}, Address{.step = -1}, Address{.place = -1}, Address{.draw = -1}})
        BOOST_CHECK_THROW(rng::pack(address), core::InternalError);
}
