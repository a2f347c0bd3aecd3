// The row state as a lower bound, and the certified tensor renormalization as an upper bound, against Onsager's f.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <blockspin/bounds/cylinders.hpp>
#include <blockspin/bounds/operator_ledger.hpp>
#include <blockspin/bounds/row_state.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/model/onsager.hpp>

using namespace blockspin;
namespace data = boost::unit_test::data;

namespace {

const double critical = model::square_critical_coupling;

bounds::SquareLayers square(double K, double h = 0.0) { return {.layers = {{K, K, h}}}; }

/// Relative distance of a bound from Onsager's f.
double gap(double bound, double K) { return bound / model::onsager(K).free_energy - 1; }

} // namespace

BOOST_DATA_TEST_CASE(a_row_state_is_never_above,
                     data::make({0.0, 0.05, 0.2, 0.35, 0.43, critical, 0.46, 0.6, 1.2, 4.0}), K) {
    double before = -1.0;
    for (const int chi : {1, 2, 4, 8}) {
        const double found = gap(bounds::row_state_bound(square(K), chi).value, K);
        BOOST_TEST(found <= 1e-13);
        BOOST_TEST(found >= before - 1e-10); // no worse than with fewer states
        before = found;
    }
    BOOST_TEST(before > -1e-6);
}

BOOST_AUTO_TEST_CASE(row_states_at_the_critical_point) {
    const auto at = [](int chi) { return -gap(bounds::row_state_bound(square(critical), chi).value, critical); };
    BOOST_TEST(at(2) == 1.56e-4, boost::test_tools::tolerance(0.01));
    BOOST_TEST(at(4) == 1.08e-5, boost::test_tools::tolerance(0.01));
    BOOST_TEST(at(8) < 6e-7);
    BOOST_TEST(at(24) < 1e-8);
}

// Layers without a bond between them are square lattices, each with couplings of its own in a row and across.
BOOST_AUTO_TEST_CASE(layers_follow_their_definition) {
    const bounds::SquareLayers::Layer one{0.3, 0.45, 0.0}, other{0.2, 0.25, 0.1};
    const auto low = [](std::vector<bounds::SquareLayers::Layer> layers, double between) {
        return bounds::row_state_bound({.layers = std::move(layers), .between = between}, 8).value;
    };
    BOOST_TEST(low({one, other}, 0.0) == low({one}, 0.0) + low({other}, 0.0), boost::test_tools::tolerance(1e-7));
    BOOST_TEST(low({one, other}, 0.2) == low({other, one}, 0.2), boost::test_tools::tolerance(1e-12));
    // Two layers that are bound to each other very strongly are one with the sum of couplings and fields.
    const double strong = 20.0;
    BOOST_TEST(low({one, other}, strong) - strong == low({{0.5, 0.7, 0.1}}, 0.0), boost::test_tools::tolerance(1e-12));
    // Rings from above.
    for (const bounds::SquareLayers::Layer& each : {one, other}) {
        const bounds::SquareCouplings couplings{.ring = each.along, .axis = each.across, .field = each.field};
        const double high = bounds::perron_root(bounds::straight_cylinder(14, couplings)).high / 14;
        BOOST_TEST(low({each}, 0.0) <= high);
        BOOST_TEST(low({each}, 0.0) == high, boost::test_tools::tolerance(3e-4));
    }
}


BOOST_DATA_TEST_CASE(a_tensor_bound_is_never_below, data::make({-0.5, 0.2, critical, 1.0}), K) {
    const double found = gap(bounds::operator_ledger_bound(K, 0.0, {16, 4, 8, 60}).value, K);
    BOOST_TEST(found >= -1e-13);
    BOOST_TEST(found < 9e-4);
}

BOOST_AUTO_TEST_CASE(tensor_bounds_at_the_critical_point) {
    const double found = gap(bounds::operator_ledger_bound(critical, 0.0, {64, 6, 12, 220}).value, critical);
    BOOST_TEST(found > 0.0);
    BOOST_TEST(found < 1e-4);
}

BOOST_DATA_TEST_CASE(bounds_with_a_field_enclose_each_other, data::make({0.2, 0.44}) * data::make({0.01, 0.3}), K, h) {
    const double low = bounds::row_state_bound(square(K, h), 8).value;
    const double ledger = bounds::operator_ledger_bound(K, h, {16, 4, 8, 60}).value;
    const double ring = bounds::perron_root(bounds::diagonal_cylinder(12, {}, K, h)).high / 12;
    BOOST_TEST(low <= ledger);
    BOOST_TEST(low <= ring);
    BOOST_TEST(ring - low < 1e-3);
    BOOST_TEST(ledger - low < 1e-3);
}

BOOST_AUTO_TEST_CASE(what_they_do_not_cover_is_refused) {
    BOOST_CHECK_THROW(bounds::row_state_bound(square(-0.1), 4), core::InputError);
    BOOST_CHECK_THROW(bounds::row_state_bound(square(0.1), 0), core::InputError);
    BOOST_CHECK_THROW(bounds::row_state_bound({}, 4), core::InputError);
    BOOST_CHECK_THROW(bounds::row_state_bound({.layers = {{0.1, 0.1, -0.1}}}, 4), core::InputError);
    BOOST_CHECK_THROW(bounds::row_state_bound({.layers = {7, {0.1, 0.1, 0.0}}}, 4), core::InputError);
    BOOST_CHECK_THROW(bounds::operator_ledger_bound(0.1, 0.0, {12, 4, 8, 60}), core::InputError);
}
