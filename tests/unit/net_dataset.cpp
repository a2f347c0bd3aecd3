#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/net/dataset.hpp>

#include <algorithm>
#include <numeric>
#include <vector>

using namespace blockspin;

namespace {

std::vector<std::uint8_t> bytes(std::size_t count) {
    std::vector<std::uint8_t> result(count);
    for (std::size_t i = 0; i < count; ++i) result[i] = static_cast<std::uint8_t>(37 * i + 11);
    return result;
}

} // namespace

BOOST_AUTO_TEST_CASE(bits_are_little_endian_and_a_row_begins_on_a_byte) {
    const net::Dataset data(10, {0b00000101, 0b10, 0b10000000, 0b01});
    BOOST_TEST(data.rows() == 2);
    BOOST_TEST(data.spins(0) == (std::vector<std::int8_t>{1, -1, 1, -1, -1, -1, -1, -1, -1, 1}),
               boost::test_tools::per_element());
    BOOST_TEST(data.spins(1) == (std::vector<std::int8_t>{-1, -1, -1, -1, -1, -1, -1, 1, 1, -1}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(packing_undoes_unpacking) {
    const auto bits = bytes(12 * 2);
    const net::Dataset data(16, bits);
    std::vector<std::int64_t> rows(12);
    std::iota(rows.begin(), rows.end(), 0);
    linalg::Matrix<float> units(12, 16);
    data.unpack(rows, units);
    std::vector<std::uint8_t> packed;
    net::append_packed(units.view().row_block(0, 5), packed);
    net::append_packed(units.view().row_block(5, 7), packed);
    BOOST_TEST(packed == bits, boost::test_tools::per_element());
    for (std::int64_t row = 0; row < 12; ++row) {
        const auto spins = data.spins(row);
        BOOST_TEST(std::ranges::equal(spins, units.row(static_cast<int>(row))));
    }
}

BOOST_AUTO_TEST_CASE(data_that_are_empty_or_of_the_wrong_length_are_refused) {
    BOOST_CHECK_THROW(net::Dataset(9, {}), core::InputError);
    BOOST_CHECK_THROW(net::Dataset(0, bytes(4)), core::InputError);
    BOOST_CHECK_THROW(net::Dataset(9, bytes(5)), core::InputError);
    BOOST_CHECK_THROW(net::Dataset(9, bytes(6), {2}), core::InputError);
    BOOST_CHECK_THROW(net::Dataset(9, bytes(6), {4, -1}), core::InputError);
    BOOST_CHECK_NO_THROW(net::Dataset(9, bytes(6), {2, 1}));
}

BOOST_AUTO_TEST_CASE(a_row_is_held_out_or_trained_on_and_never_both) {
    const std::vector<std::int64_t> chains{7, 20, 1, 12};
    const net::Dataset data(8, bytes(40), chains);
    for (const double fraction : {0.0, 0.1, 0.25, 0.5, 0.9}) {
        const net::Split parts = net::split(data, fraction);
        std::vector<std::int64_t> all(parts.training);
        all.insert(all.end(), parts.held_out.begin(), parts.held_out.end());
        std::ranges::sort(all);
        BOOST_TEST(all.size() == 40u);
        BOOST_TEST((std::ranges::adjacent_find(all) == all.end()));
        BOOST_TEST((all.front() == 0 && all.back() == 39));
    }
}

BOOST_AUTO_TEST_CASE(what_is_held_out_is_the_end_of_every_chain) {
    const net::Split parts = net::split(net::Dataset(8, bytes(30), {10, 20}), 0.2);
    BOOST_TEST(parts.held_out == (std::vector<std::int64_t>{8, 9, 26, 27, 28, 29}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_split_that_leaves_a_part_empty_is_refused) {
    BOOST_CHECK_THROW(net::split(net::Dataset(8, bytes(4)), 0.1), core::InputError);
    BOOST_CHECK_THROW(net::split(net::Dataset(8, bytes(4)), 0.95), core::InputError);
    BOOST_CHECK_NO_THROW(net::split(net::Dataset(8, bytes(4)), 0.0));
}
