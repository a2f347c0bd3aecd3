// The row state as a lower bound, and the certified tensor renormalization as an upper bound, against Onsager's f.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <blockspin/bounds/cylinders.hpp>
#include <blockspin/bounds/operator_ledger.hpp>
#include <blockspin/bounds/row_state.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/flow/kadanoff_groups.hpp>
#include <blockspin/model/onsager.hpp>

#include <algorithm>
#include <cstdlib>
#include <random>

using namespace blockspin;
namespace data = boost::unit_test::data;

namespace {

const double critical = model::square_critical_coupling;

bounds::SquareLayers square(double K, double h = 0.0) { return {.layers = {{K, K, h}}}; }

/// Relative distance of a bound from Onsager's f.
double gap(double bound, double K) { return bound / model::onsager(K).free_energy - 1; }

/// Uniform between 0 and 1.
class Uniform {
  public:
    explicit Uniform(std::uint64_t seed) : engine_(seed) {}
    double operator()() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
    int below(int count) { return static_cast<int>((*this)() * count); }

  private:
    std::mt19937_64 engine_;
};

bool is_long() { return std::getenv("BLOCKSPIN_LONG") != nullptr; }

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

// Long tier: both sides at the critical point, −1e-8 … +2.5e-5 relative to f.
BOOST_AUTO_TEST_CASE(the_tightest_bracket_at_the_critical_point) {
    if (!is_long()) return;
    const double low = gap(bounds::row_state_bound(square(critical), 24).value, critical);
    const double high =
        gap(bounds::operator_ledger_bound(critical, 0.0, {.levels = 7, .bond = 20, .states = 210}).value, critical);
    BOOST_TEST(low <= 0.0);
    BOOST_TEST(low > -1e-8);
    BOOST_TEST(high >= 0.0);
    BOOST_TEST(high < 2.5e-5);
}

BOOST_AUTO_TEST_CASE(tensor_bounds_at_the_critical_point) {
    const double found =
        gap(bounds::operator_ledger_bound(critical, 0.0, {.levels = 6, .bond = 10, .states = 60}).value, critical);
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

// 600 random systems of either sign, half of them near criticality: row states from below; groups of spins with random
// parameters, p of either sign and terms that are moved, and tensors of random shape from above.
BOOST_AUTO_TEST_CASE(onsagers_free_energy_is_never_violated) {
    Uniform uniform(1944);
    const flow::SpinGroup small(2, 2), tall(2, 4);
    double low = -1.0, groups = -1.0, tensors = -1.0, closest = 1.0;
    for (int system = 0; system < 600; ++system) {
        const double size = system % 2 == 0 ? uniform() : critical + 0.05 * (uniform() - 0.5);
        const double K = system % 4 < 2 ? size : -size, f = model::onsager(K).free_energy;
        const double row = bounds::row_state_bound(square(std::abs(K)), 1 + uniform.below(6)).value;
        low = std::max(low, row - f);
        closest = std::min(closest, f - row);
        const flow::SpinGroup& group = system % 2 == 0 ? small : tall;
        std::vector<double> parameters;
        for (int step = 0; step < 1 + system % 4; ++step) {
            parameters.push_back(3.0 * uniform() - 1.0);
            for (int m = 0; m < group.moved_terms(); ++m) parameters.push_back(0.4 * uniform() - 0.2);
        }
        groups = std::max(groups, f - flow::group_bound(group, K, parameters, {}));
        if (!is_long() && system % 12 != 0) continue;
        const bounds::LedgerShape shape{
            .ring = 8 * uniform.below(5), .levels = 3 + uniform.below(3), .bond = 4 + uniform.below(4), .states = 8};
        tensors = std::max(tensors, f - bounds::operator_ledger_bound(K, 0.0, shape).value);
    }
    BOOST_TEST(low <= 1e-12);
    BOOST_TEST(groups <= 1e-12);
    BOOST_TEST(tensors <= 1e-12);
    BOOST_TEST(closest < 1e-9);
}

// 500 random stacks of up to three layers with couplings and fields of their own, against rings of four columns, which
// are enumerated and hold their root for certain.
BOOST_AUTO_TEST_CASE(a_stack_is_never_above_its_ring) {
    Uniform uniform(500);
    constexpr int ring = 4;
    double worst = -1.0, closest = 1.0;
    for (int system = 0; system < 500; ++system) {
        bounds::SquareLayers stack{.layers = {}, .between = uniform()};
        const int layers = 1 + system % 3;
        bounds::LayerTransfer transfer(ring * layers, 1);
        std::vector<std::pair<std::pair<int, int>, double>> bonds;
        std::vector<double> fields;
        for (int z = 0; z < layers; ++z) {
            stack.layers.push_back({uniform(), uniform(), system % 2 == 0 ? 0.0 : uniform()});
            for (int i = 0; i < ring; ++i) {
                const int here = z * ring + i;
                transfer.replace(here, {{here, stack.layers.back().across}});
                bonds.push_back({{here, z * ring + (i + 1) % ring}, stack.layers.back().along});
                if (z > 0) bonds.push_back({{here, here - ring}, stack.between});
                fields.push_back(stack.layers.back().field);
            }
        }
        transfer.weigh(bonds, fields);
        const double high = bounds::perron_root(transfer).high / ring;
        const double low = bounds::row_state_bound(stack, 1 + uniform.below(4), 40).value;
        worst = std::max(worst, low - high);
        closest = std::min(closest, high - low);
    }
    BOOST_TEST(worst <= 1e-12);
    BOOST_TEST(closest < 1e-6);
}

BOOST_AUTO_TEST_CASE(what_they_do_not_cover_is_refused) {
    BOOST_CHECK_THROW(bounds::row_state_bound(square(-0.1), 4), core::InputError);
    BOOST_CHECK_THROW(bounds::row_state_bound(square(0.1), 0), core::InputError);
    BOOST_CHECK_THROW(bounds::row_state_bound({}, 4), core::InputError);
    BOOST_CHECK_THROW(bounds::row_state_bound({.layers = {{0.1, 0.1, -0.1}}}, 4), core::InputError);
    BOOST_CHECK_THROW(bounds::row_state_bound({.layers = {7, {0.1, 0.1, 0.0}}}, 4), core::InputError);
    BOOST_CHECK_THROW(bounds::operator_ledger_bound(0.1, 0.0, {12, 4, 8, 60}), core::InputError);
    BOOST_CHECK_THROW(bounds::operator_ledger_bound(0.1, 0.0, {-8, 4, 8, 60}), core::InputError);
}
