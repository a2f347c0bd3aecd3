// Every estimate of the analysis against exact enumeration.
#include "sampling_support.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/model/enumeration.hpp>
#include <blockspin/sampling/analysis.hpp>
#include <blockspin/stats/comparison.hpp>

#include <fmt/format.h>

#include <cmath>
#include <complex>
#include <cstdlib>
#include <numbers>

using namespace blockspin;

namespace {

sampling::Task task_on(lattice::Lattice lattice, const std::vector<std::int64_t>& size, std::vector<double> couplings) {
    sampling::Task task{.geometry = {lattice, size}, .points = {}, .parameters = {}, .seed = 1975};
    for (const double k : couplings) {
        task.points.push_back({.label = "nn = " + std::to_string(k), .couplings = {{"nn", k}}});
    }
    task.parameters.update = {"swendsen-wang", "heat-bath"};
    task.parameters.thermalization = 100;
    task.parameters.sweeps = std::getenv("BLOCKSPIN_LONG") != nullptr ? 400000 : 20000;
    task.parameters.measure_every = 1;
    return task;
}

/// <|M(k)|²>/N² by a sum over all states of a small square lattice, k = 2π/L along x.
double squared_mode(const lattice::Geometry& geometry, double coupling) {
    const auto sites = static_cast<std::size_t>(geometry.sites());
    double weights = 0.0, sum = 0.0;
    for (std::size_t state = 0; state < std::size_t{1} << sites; ++state) {
        const auto spin = [&](std::int64_t site) { return (state >> site & 1) != 0 ? 1.0 : -1.0; };
        double bonds = 0.0;
        std::complex<double> mode = 0.0;
        for (std::int64_t site = 0; site < geometry.sites(); ++site) {
            for (const auto& offset : geometry.bond_offsets())
                bonds += spin(site) * spin(*geometry.neighbour(site, offset));
            mode += spin(site) *
                    std::polar(1.0, 2 * std::numbers::pi * geometry.coordinates(site)[0] / geometry.extents()[0]);
        }
        weights += std::exp(coupling * bonds);
        sum += std::exp(coupling * bonds) * std::norm(mode);
    }
    return sum / weights / static_cast<double>(sites * sites);
}

const io::Row& row(const sampling::Analysis& analysis, const std::string& point, const std::string& quantity) {
    for (const io::Row& each : analysis.rows) {
        if (each.point == point && each.quantity == quantity && each.kind == io::Kind::sampled) return each;
    }
    throw std::out_of_range(point + " " + quantity);
}

} // namespace

BOOST_AUTO_TEST_CASE(estimates_on_four_by_four_agree_with_enumeration) {
    const auto task = task_on(lattice::Lattice::square, {4, 4}, {0.2, 0.44068679350977151, 0.55});
    const auto analysis = sampling::analyse(task, support::sampled(task));
    const auto density = model::enumerate(
        model::OperatorBasis::from_names(lattice::Lattice::square, std::vector<std::string>{"nn"}), task.geometry);
    const std::size_t comparisons = 7 * task.points.size();
    for (const model::Point& point : task.points) {
        const double k = point.coupling("nn"), n = 16.0;
        const auto exact = model::averages(density, std::vector<double>{k});
        const double k2 = 2.0; // 4 sin²(π/4)
        const double xi = std::sqrt((exact.m2 / squared_mode(task.geometry, k) - 1) / k2);
        const std::vector<std::pair<std::string, double>> expected{
            {"energy per site", -exact.sums[0] / n}, {"specific heat", k * k * exact.covariance[0] / n},
            {"|magnetization|", exact.abs_m},        {"susceptibility", n * (exact.m2 - exact.abs_m * exact.abs_m)},
            {"Binder cumulant", exact.binder()},     {"correlation length", xi},
            {"correlation length / L", xi / 4}};
        for (const auto& [quantity, value] : expected) {
            const io::Row& found = row(analysis, point.label, quantity);
            const auto comparison = stats::compare({.mean = found.value, .error = *found.error}, value);
            BOOST_TEST_CONTEXT(quantity << " at K = " << k << ": " << found.value << " +- " << *found.error
                                        << ", exact " << value) {
                BOOST_TEST(comparison.agrees(comparisons));
                BOOST_TEST(*found.error < 0.03 * std::abs(value) + 1e-3);
            }
        }
    }
    BOOST_TEST(analysis.warnings.empty());
}

// Reference: U4 of the square torus at K_c by transfer matrices (model::torus_magnetisation).
BOOST_AUTO_TEST_CASE(binder_cumulants_at_the_critical_point_are_those_of_the_transfer_matrix) {
    const std::vector<std::pair<std::int64_t, double>> reference{
        {4, 0.617199318412}, {8, 0.613045384943}, {10, 0.612340533994}};
    for (const auto& [length, value] : reference) {
        const auto task = task_on(lattice::Lattice::square, {length, length}, {0.44068679350977151});
        const auto analysis = sampling::analyse(task, support::sampled(task));
        const io::Row& found = row(analysis, task.points[0].label, "Binder cumulant");
        BOOST_TEST_CONTEXT("L = " << length << ": " << found.value << " +- " << *found.error) {
            BOOST_TEST(stats::compare({.mean = found.value, .error = *found.error}, value).agrees(reference.size()));
            BOOST_TEST(*found.error < 2e-3);
        }
    }
}

BOOST_AUTO_TEST_CASE(runs_that_are_too_short_are_warned_of) {
    auto task = task_on(lattice::Lattice::square, {32, 32}, {0.44068679350977151});
    task.parameters.update = {"heat-bath"};
    task.parameters.sweeps = 400;
    task.parameters.thermalization = 0;
    const auto warnings = sampling::analyse(task, support::sampled(task)).warnings;
    BOOST_REQUIRE_EQUAL(warnings.size(), 1U);
    BOOST_TEST(warnings[0].find("too short for its autocorrelation time") != std::string::npos);
    BOOST_TEST(warnings[0].find("thermalization is shorter") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(single_clusters_from_a_hot_start_are_warned_of) {
    auto task = task_on(lattice::Lattice::square, {16, 16}, {0.3});
    task.parameters.update = {"wolff"};
    task.parameters.sweeps = 400;
    const auto warned = [&](std::int64_t thermalization, const char* start) {
        task.parameters.thermalization = thermalization;
        task.parameters.start = start;
        return fmt::format("{}", fmt::join(sampling::analyse(task, support::sampled(task)).warnings, " "))
                   .find("start cold") != std::string::npos;
    };
    BOOST_TEST(warned(15, "hot"));
    BOOST_TEST(!warned(16, "hot"));
    BOOST_TEST(!warned(15, "cold"));
}

BOOST_AUTO_TEST_CASE(chains_that_disagree_are_warned_of) {
    const auto task = task_on(lattice::Lattice::square, {4, 4}, {0.3});
    const auto good = support::sampled(task);
    sampling::Measured measured(task.replicas());
    std::vector<std::int64_t> bonds, spins;
    const auto length = static_cast<std::size_t>(task.parameters.sweeps);
    std::vector<std::vector<double>> e, m;
    for (std::int64_t r = 0; r < task.replicas(); ++r) {
        e.push_back(good.column("bond_sum", r));
        m.push_back(good.column("spin_sum", r));
    }
    for (std::size_t i = 0; i < length; ++i) {
        for (std::size_t r = 0; r < e.size(); ++r) {
            bonds.push_back(static_cast<std::int64_t>(e[r][i]) + (r == 0 && i % 4 == 0 ? 4 : 0));
            spins.push_back(static_cast<std::int64_t>(m[r][i]));
        }
    }
    measured.add("bond_sum", 1, bonds);
    measured.add("spin_sum", 1, spins);
    const auto warnings = sampling::analyse(task, measured).warnings;
    BOOST_REQUIRE_EQUAL(warnings.size(), 1U);
    BOOST_TEST(warnings[0].find("the energy differs between chains") != std::string::npos);
}
