// The bounds that hold for any couplings by enumeration of small tori; brackets on every lattice.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <blockspin/bounds/bracket.hpp>
#include <blockspin/bounds/cylinders.hpp>
#include <blockspin/bounds/operator_ledger.hpp>
#include <blockspin/bounds/simple_bounds.hpp>
#include <blockspin/model/enumeration.hpp>
#include <blockspin/model/onsager.hpp>

#include <cmath>
#include <cstdlib>
#include <map>
#include <random>

using namespace blockspin;
namespace data = boost::unit_test::data;

namespace {

struct Torus {
    std::string lattice;
    std::vector<std::int64_t> size;
    std::vector<std::string> operators;
    std::vector<int> block;
    std::vector<int> trial; ///< extents of a block that is next to none twice
};

std::ostream& operator<<(std::ostream& out, const Torus& torus) { return out << torus.lattice; }

const std::vector<Torus> tori{{"chain", {8}, {"nn", "nnn", "field"}, {4}, {4}},
                              {"square", {4, 4}, {"nn", "nnn", "3nn", "plaquette", "field"}, {2, 2}, {2, 2}},
                              {"triangular", {3, 6}, {"nn", "triangle", "field"}, {}, {1, 2}},
                              {"honeycomb", {4, 4}, {"nn", "field"}, {2, 2}, {2, 2}},
                              {"cubic", {2, 2, 4}, {"nn", "nnn", "field"}, {2, 2, 2}, {1, 1, 2}},
                              {"hypercubic", {2, 2, 2, 2}, {"nn", "field"}, {2, 2, 2, 2}, {1, 1, 1, 1}}};

lattice::Geometry geometry(const std::string& lattice, const std::vector<std::int64_t>& size) {
    return {lattice::lattice_from_name(lattice), size};
}

bounds::Bracket bracket(const std::string& lattice, const std::vector<std::int64_t>& size,
                        io::KeyedValues<double> couplings, const bounds::BoundsParameters& parameters) {
    return bounds::bracket(
        bounds::interactions(geometry(lattice, size), {.label = "", .couplings = std::move(couplings)}), parameters);
}

} // namespace

// 600 random systems, couplings of both signs.
BOOST_AUTO_TEST_CASE(no_violation_by_enumeration) {
    std::mt19937_64 engine(20);
    const auto uniform = [&] { return 1.6 * static_cast<double>(engine() >> 11) * 0x1p-53 - 0.8; };
    double worst_low = -1.0, worst_high = -1.0;
    for (const Torus& torus : tori) {
        const lattice::Geometry on = geometry(torus.lattice, torus.size);
        const auto basis = model::OperatorBasis::from_names(on.lattice(), torus.operators);
        const model::DensityOfStates density = model::enumerate(basis, on);
        for (int system = 0; system < 100; ++system) {
            model::Point point;
            std::vector<double> K;
            for (const model::Operator& op : basis) {
                K.push_back(uniform());
                point.couplings.set(op.name() == "h" ? "field" : op.name(), K.back());
            }
            const double f = model::averages(density, K).ln_z / static_cast<double>(on.sites());
            const bounds::Interactions interactions = bounds::interactions(on, point);
            worst_low = std::max({worst_low, bounds::mean_field_bound(interactions) - f,
                                  bounds::block_state_bound(interactions, torus.trial) - f});
            if (!torus.block.empty())
                worst_high = std::max(worst_high, f - bounds::block_bound(interactions, torus.block));
        }
    }
    BOOST_TEST(worst_low <= 1e-12);
    BOOST_TEST(worst_high <= 1e-12);
    BOOST_TEST(worst_low > -2.0);
}

// 600 random systems: every cheap candidate of every method that a lattice has, against each other.
BOOST_AUTO_TEST_CASE(no_lower_bound_is_above_an_upper_one) {
    std::mt19937_64 engine(6);
    const auto uniform = [&] { return 1.6 * static_cast<double>(engine() >> 11) * 0x1p-53 - 0.8; };
    std::map<std::string, int> seen;
    double worst = -1.0;
    for (const Torus& torus : tori) {
        for (int system = 0; system < 100; ++system) {
            model::Point point{.label = "", .couplings = {{"nn", uniform()}}};
            if (system % 3 == 1) point.couplings.set("field", uniform());
            if (torus.lattice == "square" && system % 4 == 2) point.couplings.set("nnn", uniform());
            if (torus.lattice == "square" && system % 4 == 3) point.couplings.set("plaquette", uniform());
            if (torus.lattice == "cubic" && system % 4 == 1) point.couplings.set("cube", uniform());
            double low = -1e9, high = 1e9;
            for (const bounds::Candidate& candidate :
                 bounds::candidates(bounds::interactions(geometry(torus.lattice, torus.size), point), {})) {
                if (candidate.seconds > (system < 25 ? 3e-2 : 2e-3)) break;
                for (const bounds::Entry& entry : candidate.evaluate()) {
                    if (!std::isfinite(entry.value)) continue; // a weight below the smallest number certifies nothing
                    ++seen[entry.method];
                    if (entry.side == flow::Side::low) low = std::max(low, entry.value);
                    if (entry.side == flow::Side::high) high = std::min(high, entry.value);
                }
            }
            worst = std::max(worst, low - high);
        }
    }
    BOOST_TEST(worst <= 1e-12);
    for (const char* method : {"mean-field", "block", "columns", "cylinder", "slab", "row-state", "kadanoff"})
        BOOST_TEST_CONTEXT(method) BOOST_TEST(seen[method] >= 8);
}

// The ledger bounds the norm of the layers of a finite ring; that of 8 or 16 spins is certified by itself. 120 random
// systems, 600 in the long tier.
BOOST_AUTO_TEST_CASE(a_ledger_is_never_below_the_ring_it_is_of) {
    std::mt19937_64 engine(8);
    const auto uniform = [&] { return 2.0 * static_cast<double>(engine() >> 11) * 0x1p-53 - 1.0; };
    double least = 1.0, truncated = 0.0;
    for (int system = 0; system < (std::getenv("BLOCKSPIN_LONG") != nullptr ? 600 : 120); ++system) {
        const double K = uniform(), h = system % 2 == 0 ? 0.0 : uniform();
        const int L = system % 3 == 0 ? 16 : 8;
        const double ring = bounds::perron_root(bounds::diagonal_cylinder(L, {}, K, h)).low / L;
        const double gap = bounds::operator_ledger_bound(K, h, {L, 3 + system % 2, 4, 16}).value - ring;
        least = std::min(least, gap);
        truncated = std::max(truncated, gap);
    }
    BOOST_TEST(least >= -1e-12);
    BOOST_TEST(truncated > 1e-4); // bonds of 4 lose something: the ledger is used
}

// What is left of the trace beside Ritz values is bounded closely enough not to matter.
BOOST_AUTO_TEST_CASE(a_ledger_is_tight_at_the_critical_point) {
    const double K = model::square_critical_coupling, f = model::onsager(K).free_energy;
    const double small = bounds::operator_ledger_bound(K, 0.0, {64, 6, 8, 60}).value / f - 1;
    BOOST_TEST(small > 0.0);
    BOOST_TEST(small < 2.22e-4);
}

BOOST_DATA_TEST_CASE(a_bracket_holds_onsagers_free_energy,
                     data::make({-1.0, -0.44068679350977147, -0.2, 0.0, 0.1, 0.3, 0.4, 0.44068679350977147, 0.5, 0.8}),
                     K) {
    bounds::BoundsParameters parameters;
    parameters.seconds = 0.25;
    const bounds::Bracket found = bracket("square", {8, 8}, {{"nn", K}}, parameters);
    const double f = model::onsager(K).free_energy;
    for (const bounds::Entry& entry : found.entries) {
        BOOST_TEST_CONTEXT(entry.method)
        BOOST_TEST((entry.side == flow::Side::low ? entry.value <= f + 1e-13 : entry.value >= f - 1e-13));
    }
    BOOST_TEST(*found.high - *found.low < 1e-3 * f);
}

BOOST_DATA_TEST_CASE(every_lattice_has_both_sides,
                     data::make(tori) * data::make({0.15, -0.15}) * data::make({0.0, 0.1}), torus, K, h) {
    bounds::BoundsParameters parameters;
    parameters.seconds = 0.2;
    const bounds::Bracket found = bracket(torus.lattice, torus.size, {{"nn", K}, {"field", h}}, parameters);
    BOOST_REQUIRE((found.low && found.high));
    BOOST_TEST(*found.low <= *found.high);
    BOOST_TEST(*found.high - *found.low < (torus.lattice == "hypercubic" ? 0.06 : 0.02));
}

BOOST_AUTO_TEST_CASE(next_nearest_neighbours_on_the_square_lattice) {
    bounds::BoundsParameters parameters;
    parameters.seconds = 0.25;
    const bounds::Bracket found = bracket("square", {8, 8}, {{"nn", 0.3}, {"nnn", -0.1}, {"field", 0.05}}, parameters);
    BOOST_TEST(*found.low <= *found.high);
    BOOST_TEST(*found.high - *found.low < 1e-2);
}

// Four spins and more: f between the bounds of blocks and Kadanoff's, a third as far apart as those of single spins.
BOOST_AUTO_TEST_CASE(other_terms_have_brackets_too) {
    const auto width = [](const std::string& lattice, const std::vector<std::int64_t>& size,
                          io::KeyedValues<double> couplings, double seconds) {
        bounds::BoundsParameters parameters;
        parameters.seconds = seconds;
        const bounds::Bracket found = bracket(lattice, size, std::move(couplings), parameters);
        BOOST_REQUIRE((found.low && found.high));
        return (*found.high - *found.low) / *found.high;
    };
    BOOST_TEST(width("chain", {8}, {{"nn", 0.4}, {"nnn", -0.3}}, 0.5) < 0.05);
    BOOST_TEST(width("square", {8, 8}, {{"nn", 0.2}, {"plaquette", 0.1}}, 1.2) < 0.06);
    BOOST_TEST(width("cubic", {4, 4, 4}, {{"nn", 0.1}, {"cube", 0.05}, {"field", 0.1}}, 0.3) < 0.04);
    BOOST_TEST(width("square", {16, 16}, {{"nn", 0.2}, {"9nn", 0.01}}, 0.1) < 0.1); // as far as (4, 0)
    BOOST_TEST(width("triangular", {6, 6}, {{"nn", 0.1}, {"triangle", 0.05}}, 0.1) < 0.04);
}

BOOST_AUTO_TEST_CASE(accuracy_ends_the_search_and_budgets_are_kept) {
    bounds::BoundsParameters parameters;
    parameters.seconds = 2.0;
    parameters.accuracy = 1e-2;
    const bounds::Bracket coarse = bracket("square", {8, 8}, {{"nn", 0.3}}, parameters);
    parameters.accuracy.reset();
    const bounds::Bracket fine = bracket("square", {8, 8}, {{"nn", 0.3}}, parameters);
    BOOST_TEST(coarse.seconds < fine.seconds);
    BOOST_TEST(fine.seconds <= 2.0);
    BOOST_TEST(*coarse.high - *coarse.low < 1e-2 * *coarse.high);
    BOOST_TEST(*fine.high - *fine.low < *coarse.high - *coarse.low);
}

// What a search tries, with invented bounds in place of those that the candidates would give.
BOOST_AUTO_TEST_CASE(a_budget_goes_to_the_larger_of_two_that_do_not_both_fit) {
    const auto at = bounds::interactions(geometry("square", {8, 8}), {.label = "", .couplings = {{"nn", 0.4}}});
    bounds::BoundsParameters parameters;
    parameters.methods = {"tensor"};
    const std::vector<bounds::Candidate> tensors = bounds::candidates(at, parameters.methods);
    const auto tried = [&] {
        std::vector<double> result;
        double width = 1.0;
        for (bounds::Search search(at, parameters); !search.done(); width *= 0.5) {
            result.push_back(search.next().seconds);
            search.enter({{flow::Side::low, "tensor", "", "", 1.0 - width}, {flow::Side::high, "tensor", "", "", 1.0}});
        }
        return result;
    };
    const double a = tensors[0].seconds, b = tensors[1].seconds, c = tensors[2].seconds;
    parameters.seconds = a + b + c;
    BOOST_TEST(tried() == (std::vector{a, b, c}), boost::test_tools::per_element());
    parameters.seconds = a + 0.5 * b + c;
    BOOST_TEST(tried() == (std::vector{a, c}), boost::test_tools::per_element());
    parameters.accuracy = 1e-9;
    BOOST_TEST(tried() == (std::vector{a, b}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_method_rests_until_the_bracket_is_narrower) {
    const auto at = bounds::interactions(geometry("square", {8, 8}), {.label = "", .couplings = {{"nn", 0.4}}});
    bounds::BoundsParameters parameters;
    parameters.methods = {"row-state", "tensor"};
    parameters.seconds = 1e3;
    std::vector<int> states; // that were tried before each tensor
    int number = 0;
    for (bounds::Search search(at, parameters); !search.done();) {
        const std::string method = search.next().method;
        if (method == "tensor") { // 1 above at first, then 1e-3
            states.push_back(number);
            search.enter({{flow::Side::high, method, "", "", states.size() == 1 ? 3.0 : 2.001}});
        } else { // 1e-2, 1e-3, … below
            search.enter({{flow::Side::low, method, "", "", 2.0 - std::pow(10.0, -2 - number++)}});
        }
    }
    // Four are cheaper than the first tensor, whose bracket needs no other one. That of the second is worth two more,
    // the last of which gains 9e-7; the third tensor gains nothing.
    BOOST_TEST(states == (std::vector{4, 4, 6}), boost::test_tools::per_element());
    BOOST_TEST(number == 6);
}

BOOST_AUTO_TEST_CASE(a_method_that_does_not_hold_says_so) {
    const model::Point point{.label = "", .couplings = {{"nn", 0.2}, {"field", 0.1}}};
    const auto on_cubes = bounds::interactions(geometry("cubic", {4, 4, 4}), point);
    BOOST_TEST(bounds::refusal(on_cubes, "row-state").find("square lattice") != std::string::npos);
    BOOST_TEST(bounds::refusal(on_cubes, "cylinder").empty());
    const model::Point far{.label = "", .couplings = {{"nn", 0.2}, {"3nn", 0.1}}};
    BOOST_TEST(bounds::refusal(on_cubes, "kadanoff").empty());
    BOOST_TEST(bounds::refusal(bounds::interactions(geometry("square", {4, 4}), far), "kadanoff").find("hypercube") !=
               std::string::npos);
}
