// Reweighted curves against exact ones: enumeration of small lattices, Kaufman's torus.
#include "sampling_support.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/model/enumeration.hpp>
#include <blockspin/model/kaufman.hpp>
#include <blockspin/sampling/reweighting.hpp>
#include <blockspin/stats/comparison.hpp>

using namespace blockspin;

namespace {

sampling::Task task_on(const std::vector<std::int64_t>& size, const std::string& coupling, std::vector<double> values) {
    sampling::Task task{.geometry = {lattice::Lattice::square, size}, .points = {}, .parameters = {}, .seed = 1989};
    for (const double value : values) {
        model::Point point{.label = "", .couplings = {{"nn", 0.3}}};
        point.couplings.set(coupling, value);
        task.points.push_back(point);
    }
    task.parameters.update = {"heat-bath"};
    task.parameters.thermalization = 200;
    task.parameters.sweeps = 20000;
    task.parameters.measure_every = 2;
    return task;
}

struct Checked {
    std::string what;
    stats::Estimate estimate;
    double exact;
};

void check(const std::vector<Checked>& all, double largest_relative_error) {
    for (const Checked& each : all) {
        BOOST_TEST_CONTEXT(each.what << ": " << each.estimate.mean << " +- " << each.estimate.error << ", exact "
                                     << each.exact) {
            BOOST_TEST(stats::compare(each.estimate, each.exact).agrees(all.size()));
            BOOST_TEST(each.estimate.error < largest_relative_error * std::abs(each.exact));
        }
    }
}

void check_against_enumeration(const sampling::Task& task, const std::string& coupling,
                               const std::vector<double>& between) {
    const auto measured = support::sampled(task);
    const auto families = sampling::families(task.points);
    BOOST_REQUIRE_EQUAL(families.size(), 1U);
    const sampling::ReweightedFamily family(task, families[0], measured);
    BOOST_REQUIRE(family.histogram().is_connected());
    const auto basis = model::OperatorBasis::from_names(lattice::Lattice::square, std::vector<std::string>{"h", "nn"});
    const auto density = model::enumerate(basis, task.geometry);
    const double n = static_cast<double>(task.geometry.sites());
    std::vector<Checked> all;
    for (const double value : between) {
        std::vector<double> couplings{0.0, 0.3}; // canonical order: h, nn
        couplings[coupling == "nn" ? 1 : 0] = value;
        const auto exact = model::averages(density, couplings);
        const auto estimates = family.histogram().estimate([&](const stats::Reweighting& set) {
            const auto at = family.at(set, value);
            return std::vector<double>{at.energy, at.specific_heat, at.abs_magnetization, at.susceptibility, at.binder};
        });
        const std::string where = coupling + " = " + std::to_string(value) + ", ";
        const double k = couplings[1];
        all.push_back({where + "energy", estimates[0], -exact.sums[1] / n});
        all.push_back({where + "specific heat", estimates[1], k * k * exact.covariance[3] / n});
        all.push_back({where + "|m|", estimates[2], exact.abs_m});
        all.push_back({where + "susceptibility", estimates[3], n * (exact.m2 - exact.abs_m * exact.abs_m)});
        all.push_back({where + "Binder cumulant", estimates[4], exact.binder()});
    }
    check(all, 0.03);
}

} // namespace

BOOST_AUTO_TEST_CASE(curves_along_the_coupling_are_those_of_enumeration) {
    check_against_enumeration(task_on({4, 4}, "nn", {0.3, 0.4, 0.5}), "nn", {0.3, 0.33, 0.37, 0.45, 0.49});
}

BOOST_AUTO_TEST_CASE(curves_along_the_field_are_those_of_enumeration) {
    check_against_enumeration(task_on({4, 4}, "field", {0.05, 0.15, 0.3}), "field", {0.05, 0.1, 0.2, 0.28});
}

BOOST_AUTO_TEST_CASE(the_maximum_of_the_specific_heat_is_where_kaufman_has_it) {
    auto task = task_on({16, 16}, "nn", {0.40, 0.42, 0.44});
    task.parameters.update = {"swendsen-wang"};
    task.parameters.sweeps = 8000;
    double place = 0.40, largest = 0.0;
    for (double k = 0.40; k <= 0.44; k += 1e-5) {
        const double c = model::kaufman(16, 16, k).specific_heat;
        if (c > largest) {
            largest = c;
            place = k;
        }
    }
    sampling::Analysis analysis;
    sampling::add_reweighted(task, support::sampled(task), analysis);
    std::vector<Checked> all;
    for (const io::Row& row : analysis.rows) {
        const stats::Estimate estimate{.mean = row.value, .error = row.error.value_or(0)};
        if (row.quantity == "nn of the largest specific heat") all.push_back({row.quantity, estimate, place});
        if (row.quantity == "largest specific heat") all.push_back({row.quantity, estimate, largest});
    }
    BOOST_REQUIRE_EQUAL(all.size(), 2U);
    check(all, 0.02);
    BOOST_TEST(analysis.tables.size() == 13U);
    for (const auto& table : analysis.tables) BOOST_TEST(table.values.size() == 101U, table.name);
}

BOOST_AUTO_TEST_CASE(points_that_do_not_overlap_give_no_curve_but_a_note) {
    auto task = task_on({16, 16}, "nn", {0.2, 0.6});
    task.parameters.sweeps = 1000;
    sampling::Analysis analysis;
    sampling::add_reweighted(task, support::sampled(task), analysis);
    BOOST_TEST(analysis.tables.empty());
    BOOST_REQUIRE_EQUAL(analysis.rows.size(), 1U);
    BOOST_TEST(analysis.rows[0].value < 1e-3);
    BOOST_TEST(analysis.rows[0].note.find("no curves") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_scan_of_two_couplings_is_reweighted_along_the_one_with_more_values) {
    std::vector<model::Point> points;
    for (const double k : {0.4, 0.3, 0.35}) {
        for (const double h : {0.0, 0.1}) points.push_back({.label = "", .couplings = {{"nn", k}, {"field", h}}});
    }
    const auto families = sampling::families(points);
    BOOST_REQUIRE_EQUAL(families.size(), 2U);
    BOOST_TEST(families[0].coupling == "nn");
    BOOST_TEST(families[0].others == "field = 0");
    BOOST_TEST(families[0].points == (std::vector<std::size_t>{2, 4, 0}), boost::test_tools::per_element());
    BOOST_TEST(families[1].points == (std::vector<std::size_t>{3, 5, 1}), boost::test_tools::per_element());
}
