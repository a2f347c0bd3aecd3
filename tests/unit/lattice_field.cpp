#include "support/world.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/lattice/field.hpp>

#include <numeric>
#include <set>
#include <string>

#include <boost/test/unit_test.hpp>

using namespace blockspin;
using namespace blockspin::lattice;

static_assert(Storable<double> && Storable<std::int8_t> && Storable<std::array<float, 3>>);
static_assert(!Storable<bool> && !Storable<std::string> && !Storable<std::vector<int>> && !Storable<int&>);

namespace {

const Layout narrow{.extent = {4, 3, 2, 1}, .ghosts = {2, 1, 0, 0}};

} // namespace

BOOST_AUTO_TEST_CASE(a_field_begins_with_zeros_everywhere) {
    const Field<double> field(narrow);
    BOOST_TEST(field.values().size() == 8U * 5U * 2U);
    BOOST_TEST(std::ranges::count(field.values(), 0.0) == 80);
}

BOOST_AUTO_TEST_CASE(every_point_has_a_place_of_its_own_at_the_documented_strides) {
    const Field<int> field(narrow);
    BOOST_TEST(field.stride(0) == 1);
    BOOST_TEST(field.stride(1) == 8);
    BOOST_TEST(field.stride(2) == 40);
    std::set<std::size_t> places;
    for_each_row(with_ghosts(narrow), [&](Coordinates at) {
        for (std::int32_t i = 0; i < 8; ++i, ++at[0]) {
            const auto expected = (at[0] + 2) + 8 * (at[1] + 1) + 40 * at[2];
            BOOST_TEST(field.position(at) == static_cast<std::size_t>(expected));
            places.insert(field.position(at));
        }
    });
    BOOST_TEST(places.size() == field.values().size());
}

BOOST_AUTO_TEST_CASE(rows_are_views_of_the_points_they_name) {
    Field<int> field(narrow);
    std::iota(field.values().begin(), field.values().end(), 0);
    BOOST_TEST(field.row(1, 1).size() == 4U);
    BOOST_TEST((&field.row(1, 1)[0] == &field[{0, 1, 1, 0}]));
    BOOST_TEST(field.row_with_ghosts(-1, 0).size() == 8U);
    BOOST_TEST(field.row_with_ghosts(-1, 0)[0] == 0);
    BOOST_TEST((&field.row_with_ghosts(2, 1)[7] == &field[{5, 2, 1, 0}]));
    const Field<int>& constant = field;
    BOOST_TEST((&constant.row(1, 1)[0] == &field[{0, 1, 1, 0}]));
}

BOOST_AUTO_TEST_CASE(a_box_comes_back_from_a_buffer_as_it_left) {
    Field<int> field(narrow);
    std::iota(field.values().begin(), field.values().end(), 1);
    std::vector<int> buffer(24 + 1, -1);
    BOOST_TEST(gather(field, interior(narrow), std::span(buffer)).size() == 1U);
    BOOST_TEST(buffer[0] == (field[{0, 0, 0, 0}]));
    BOOST_TEST(buffer[23] == (field[{3, 2, 1, 0}]));
    Field<int> other(narrow);
    BOOST_TEST(scatter(std::span<const int>(buffer), other, interior(narrow)).size() == 1U);
    for_each_row(interior(narrow), [&](const Coordinates& first) {
        const auto [x, y, z, w] = first;
        BOOST_TEST(std::ranges::equal(other.row(y, z, w), field.row(y, z, w)));
    });
    BOOST_TEST(std::ranges::count(other.values(), 0) == 80 - 24);
}

BOOST_AUTO_TEST_CASE(a_buffer_that_is_too_small_is_a_broken_invariant) {
    Field<int> field(narrow);
    std::vector<int> buffer(23);
    BOOST_CHECK_THROW(gather(field, interior(narrow), std::span(buffer)), core::InternalError);
    BOOST_CHECK_THROW(scatter(std::span<const int>(buffer), field, interior(narrow)), core::InternalError);
}

BOOST_AUTO_TEST_CASE(a_box_contains_its_points_and_no_others) {
    const Box box{.offset = {-1, 2, 0, 0}, .extent = {3, 2, 1, 1}};
    BOOST_TEST(sites(box) == 6);
    BOOST_TEST(contains(box, {-1, 2, 0, 0}));
    BOOST_TEST(contains(box, {1, 3, 0, 0}));
    BOOST_TEST(!contains(box, {2, 3, 0, 0}));
    BOOST_TEST(!contains(box, {0, 1, 0, 0}));
    BOOST_TEST(!contains(box, {0, 2, 0, 1}));
}
