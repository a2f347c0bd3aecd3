// Phase diagrams in planes of two couplings against exact critical lines and the algebra of their fixed points; the
// local potential in other dimensions.
#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/flow/critical.hpp>
#include <blockspin/flow/dyson.hpp>
#include <blockspin/flow/exponents.hpp>
#include <blockspin/flow/local_potential.hpp>
#include <blockspin/flow/migdal_kadanoff.hpp>
#include <blockspin/flow/plane.hpp>
#include <blockspin/flow/spectrum.hpp>
#include <blockspin/flow/truncated_decimation.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

using namespace blockspin;
using boost::test_tools::tolerance;

namespace {

const flow::Plane pairs{.names = {"nn", "nnn"}};
const flow::Plane directions{.names = {"nn x", "nn y"}, .axes = {0, 2}, .couplings = 4};
const flow::Window first_quadrant{{0.0, 0.0}, {0.7, 0.5}};

/// ν of a flow at its fixed point, with η = 0.
double nu(const auto& flow, const flow::FixedPoint& fixed) {
    return flow::exponents_without_eta(flow::spectrum(flow, fixed.couplings)).nu();
}

double local_potential_nu(double d, double N, int nodes) {
    const flow::LocalPotential generator(d, N, nodes);
    return nu(generator, flow::wilson_fisher(generator));
}

} // namespace

BOOST_AUTO_TEST_CASE(the_critical_line_flows_into_itself_and_through_the_fixed_point) {
    const flow::AnyMap map = flow::WilsonDecimation();
    const flow::Phase phase = flow::phase_by_sink(map);
    const auto line = flow::boundaries(phase, pairs, first_quadrant, 60, 24);
    BOOST_TEST(line.size() == 16u); // one on each ray of the first quadrant, the axes included
    for (const flow::Boundary& here : line) {
        BOOST_TEST(here.width < 1e-15);
        const flow::Spot moved = pairs.shadow(map.apply(pairs.point(here.spot)).couplings);
        const flow::Spot inner{0.9 * moved[0], 0.9 * moved[1]}, outer{1.1 * moved[0], 1.1 * moved[1]};
        const auto again = flow::boundaries(phase, pairs, inner, outer, 1);
        BOOST_REQUIRE(again.size() == 1u);
        BOOST_TEST(std::hypot(again[0].spot[0] - moved[0], again[0].spot[1] - moved[1]) < 1e-14);
    }
    const auto through = flow::boundaries(phase, pairs, {0.3, 0.1}, {0.36, 0.12}, 1); // (1/3, 1/9) lies on it
    BOOST_REQUIRE(through.size() == 1u);
    BOOST_TEST(std::abs(through[0].spot[0] - 1.0 / 3) < 1e-14);
    BOOST_TEST(std::abs(flow::boundaries(phase, pairs, {0.1, 0.0}, {0.6, 0.0}, 8)[0].spot[0] - 0.392092339) < 1e-9);
}

BOOST_AUTO_TEST_CASE(fixed_points_of_a_plane_are_found_from_the_critical_surface_where_newton_sees_none) {
    const flow::AnyMap map = flow::WilsonDecimation();
    const auto line = flow::boundaries(flow::phase_by_sink(map), pairs, first_quadrant, 16, 24);
    const auto found = flow::fixed_points(map, pairs, first_quadrant, line);
    BOOST_REQUIRE(found.size() == 2u);
    BOOST_TEST(std::abs(found[0].couplings[0]) < 1e-12);
    BOOST_TEST(std::abs(found[1].couplings[1] - 1.0 / 9) < 1e-12);
    const flow::Family axis = [](double K) { return std::vector{K, 0.0}; };
    BOOST_TEST(std::abs(flow::critical_fixed_point(map, axis, 0.3, 0.5).couplings[0] - 1.0 / 3) < 1e-12);
}

BOOST_AUTO_TEST_CASE(the_critical_trajectory_has_the_curvature_of_the_unstable_manifold) {
    const flow::AnyMap map = flow::WilsonDecimation();
    const flow::FixedPoint fixed = flow::find_fixed_point(map, std::vector{0.3, 0.1});
    const auto arms = flow::critical_trajectory(map, pairs, {{-0.1, -0.1}, {1.0, 1.0}}, fixed);
    BOOST_REQUIRE(arms.size() == 2u);
    // K(t) = K* + t v + t² w + … with K(λt) = K'(K(t)): (λ² − J) w = (2 v_K², v_K²), J = ((4/3, 1), (2/3, 0)).
    const double root = (2 + std::sqrt(10.0)) / 3, square = root * root, slope = root - 4.0 / 3; // v = (1, slope)
    const double determinant = (square - 4.0 / 3) * square - 2.0 / 3;
    const double w_K = (2 * square + 1) / determinant, w_L = ((square - 4.0 / 3) + 4.0 / 3) / determinant;
    for (const auto& arm : arms)
        for (const flow::Spot& spot : arm) {
            const double x = spot[0] - 1.0 / 3, y = spot[1] - 1.0 / 9;
            if (std::abs(x) > 0.02) continue;
            const double t = x - w_K * x * x;
            BOOST_TEST(std::abs(y - slope * t - w_L * t * t) < 40 * std::abs(x * x * x) + 1e-9);
        }
    BOOST_TEST(std::hypot(arms[0].back()[0], arms[0].back()[1]) < 1e-6); // ends in the sink of free spins
    BOOST_TEST(arms[1].back()[0] > 0.9);                                 // and leaves the window
    BOOST_TEST(flow::critical_trajectory(map, pairs, first_quadrant, {{0.0, 0.0}, 0.0, 0}).empty());
}

BOOST_AUTO_TEST_CASE(the_critical_line_of_infinitesimal_anisotropic_steps_is_self_dual) {
    const flow::AnyMap map = flow::Integrated(flow::AnisotropicInfinitesimalMigdalKadanoff<2>());
    const flow::Phase phase = flow::phase_by_directions(map, directions);
    for (const double ratio : {0.2, 0.5, 1.0, 3.0}) {
        const auto found = flow::boundaries(phase, directions, {0.01, 0.01 * ratio}, {2.0, 2.0 * ratio}, 4);
        BOOST_REQUIRE(found.size() == 1u);
        BOOST_TEST(std::sinh(2 * found[0].spot[0]) * std::sinh(2 * found[0].spot[1]) == 1.0, tolerance(1e-9));
    }
    // Finite steps are not: their line passes through the fixed points of both orders of moving and decimating.
    const flow::AnyMap finite = flow::AnisotropicMigdalKadanoff<2>(2);
    const auto found =
        flow::boundaries(flow::phase_by_directions(finite, directions), directions, {0.01, 0.005}, {1.0, 0.5}, 4);
    BOOST_REQUIRE(found.size() == 1u);
    BOOST_TEST(std::abs(found[0].spot[0] - 0.609377863436) < 1e-12);
}

BOOST_AUTO_TEST_CASE(streamlines_and_trajectories_show_the_map) {
    const flow::AnyMap map = flow::WilsonDecimation();
    const auto moves = flow::displacements(map, pairs, first_quadrant, 3);
    BOOST_REQUIRE(moves.size() == 9u);
    BOOST_TEST(moves[5][0] == 2 * 0.7 * 0.7 + 0.25 - 0.7, tolerance(1e-14)); // (0.7, 0.25)
    BOOST_TEST(moves[5][1] == 0.7 * 0.7 - 0.25, tolerance(1e-14));
    const auto line = flow::trajectory(map, pairs, first_quadrant, {0.3, 0.0});
    BOOST_TEST(line[1][0] == 0.18, tolerance(1e-14));
    BOOST_TEST(std::hypot(line.back()[0], line.back()[1]) < 1e-6);
}

BOOST_AUTO_TEST_CASE(the_local_potential_is_exact_for_many_components_and_reaches_two_dimensions_nearly) {
    for (const double d : {2.25, 2.5, 3.0, 3.5}) // ν = 1/(d − 2) + O(1/N)
        BOOST_TEST(std::abs(local_potential_nu(d, 1000.0, 32) * (d - 2) - 1) < 4e-3);
    // ν of one component grows towards two dimensions; how far the digits hold.
    BOOST_TEST(local_potential_nu(2.5, 1.0, 32) == local_potential_nu(2.5, 1.0, 44), tolerance(1e-8));
    BOOST_TEST(local_potential_nu(2.25, 1.0, 32) == local_potential_nu(2.25, 1.0, 44), tolerance(1e-5));
    BOOST_TEST(std::abs(local_potential_nu(2.1, 1.0, 44) - 2.08) < 0.05);
    BOOST_TEST(std::abs(local_potential_nu(3.9, 1.0, 32) - (0.5 + 0.1 / 12)) < 1e-3); // ν = 1/2 + ε/12 + …
}

BOOST_AUTO_TEST_CASE(dysons_model_and_the_local_potential_have_different_exponents) {
    const flow::Dyson dyson(3.0);
    const flow::Family ising = [&dyson](double K) { return dyson.ising(K); };
    const double hierarchical = nu(dyson, flow::critical_fixed_point(dyson, ising, 1.0, 1.4));
    const double local = local_potential_nu(3.0, 1.0, 32);
    BOOST_TEST(fmt::format("{:.11f}", hierarchical) == "0.64957036508");
    BOOST_TEST(fmt::format("{:.9f}", local) == "0.649561774");
    // Each is known far better than they differ: with fewer couplings they change by less than 1e-9.
    const flow::Dyson shorter(3.0, 72);
    const flow::Family again = [&shorter](double K) { return shorter.ising(K); };
    const double change = std::abs(nu(shorter, flow::critical_fixed_point(shorter, again, 1.0, 1.4)) - hierarchical) +
                          std::abs(local_potential_nu(3.0, 1.0, 28) - local);
    BOOST_TEST(change < 1e-9);
    BOOST_TEST(hierarchical - local > 8e-6);
}
