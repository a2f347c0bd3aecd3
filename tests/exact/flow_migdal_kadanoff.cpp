// Maps of the nearest-neighbour coupling and the field: known fixed points and exponents, and every map that is exact
// somewhere against what it is exact for.
#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/flow/bound.hpp>
#include <blockspin/flow/critical.hpp>
#include <blockspin/flow/decimation.hpp>
#include <blockspin/flow/exponents.hpp>
#include <blockspin/flow/fixed_point.hpp>
#include <blockspin/flow/free_energy.hpp>
#include <blockspin/flow/migdal_kadanoff.hpp>
#include <blockspin/flow/spectrum.hpp>
#include <blockspin/flow/trajectory.hpp>

#include <boost/test/data/test_case.hpp>

#include "flow_support.hpp"

using namespace blockspin;
using boost::test_tools::tolerance;
namespace data = boost::unit_test::data;

namespace {

/// ln of the largest eigenvalue of the transfer matrix of the Ising chain.
double chain(double K, double h) {
    return K + std::log(std::cosh(h) + std::sqrt(std::pow(std::sinh(h), 2) + std::exp(-4 * K)));
}

const auto nearest_neighbours = [](double K) { return std::vector{K, 0.0}; };

/// ln Z per site of the diamond hierarchical lattice after `levels` levels, by brute force over all configurations.
double diamond_by_enumeration(double K, double H, int levels, std::size_t& bonds) {
    std::vector<std::pair<int, int>> edges{{0, 1}};
    int sites = 2;
    for (int level = 0; level < levels; ++level) {
        std::vector<std::pair<int, int>> finer;
        for (const auto& [i, j] : edges)
            for (int branch = 0; branch < 2; ++branch, ++sites) {
                finer.emplace_back(i, sites);
                finer.emplace_back(sites, j);
            }
        edges = finer;
    }
    bonds = edges.size();
    double Z = 0.0;
    for (unsigned mask = 0; mask < 1u << sites; ++mask) {
        double exponent = 0.0;
        const auto spin = [mask](int i) { return (mask >> i & 1u) != 0 ? -1.0 : 1.0; };
        for (const auto& [i, j] : edges) exponent += K * spin(i) * spin(j) + H * (spin(i) + spin(j));
        Z += std::exp(exponent);
    }
    return std::log(Z);
}

} // namespace

BOOST_AUTO_TEST_CASE(decimation_of_the_chain_follows_nelson_and_fisher) {
    const double K = 0.7, h = 0.3;
    const flow::Image image = flow::Decimation(2).apply(std::vector{K, h});
    BOOST_TEST(std::abs(image.couplings[0] - 0.365733972305) < 1e-12);
    BOOST_TEST(std::abs(image.couplings[1] - 0.563872575328) < 1e-12);
    BOOST_TEST(std::exp(4 * image.couplings[0]) ==
                   std::cosh(2 * K + h) * std::cosh(2 * K - h) / std::pow(std::cosh(h), 2),
               tolerance(1e-14));
}

BOOST_DATA_TEST_CASE(the_sum_of_constants_is_the_free_energy_of_the_chain, data::make({2, 3, 5}), b) {
    for (const double K : {-0.8, 0.0, 0.3, 2.5})
        for (const double h : {0.0, 0.4, -1.1}) {
            const flow::FreeEnergy f = flow::free_energy(flow::Decimation(b), std::vector{K, h});
            BOOST_TEST(f.value == chain(K, h), tolerance(1e-13));
            BOOST_TEST(f.truncation < 1e-14);
        }
}

BOOST_DATA_TEST_CASE(jacobians_agree_with_central_differences_to_1e_7, data::make({2, 3}), b) {
    for (const auto& point : {std::vector{0.3, 0.2}, std::vector{0.9, 0.0}, std::vector{-0.4, -0.7}}) {
        support::check_jacobian(flow::Decimation(b), point, 1e-7);
        for (const double d : {1.0, 2.0, 2.5, 3.0}) {
            support::check_jacobian(flow::MigdalKadanoff(b, d), point, 1e-7);
            support::check_jacobian(flow::HierarchicalLattice(b, d), point, 1e-7);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_gradient_of_the_free_energy_agrees_with_central_differences) {
    const flow::MigdalKadanoff map(2, 2.0);
    const std::vector point{0.35, 0.1};
    const auto gradient = flow::free_energy_gradient(map, point, 60);
    for (std::size_t a : {0u, 1u}) {
        const auto f = [&](double shift) {
            auto moved = point;
            moved[a] += shift;
            return flow::free_energy(map, moved).value;
        };
        BOOST_TEST(gradient[a] == (f(1e-5) - f(-1e-5)) / 2e-5, tolerance(1e-8));
    }
}

BOOST_AUTO_TEST_CASE(bond_moving_has_the_fixed_points_of_migdal) {
    const std::array known{std::array{2.0, 0.304688931718, 0.747235718929},
                           std::array{3.0, 0.065266294981, 0.939128931894}};
    for (const auto& [d, K, y] : known) {
        const flow::MigdalKadanoff map(2, d);
        const flow::FixedPoint bracketed = flow::bracket_fixed_point(map, 0, 0.01, 1.0);
        const flow::FixedPoint newton = flow::find_fixed_point(map, std::vector{K + 0.02, 0.0});
        BOOST_TEST(std::abs(bracketed.couplings[0] - K) < 1e-12);
        BOOST_TEST(std::abs(newton.couplings[0] - K) < 1e-12);
        BOOST_TEST(newton.couplings[1] == 0.0);
        BOOST_TEST(newton.residual < 2e-13);
        BOOST_TEST(std::abs(flow::exponents(flow::spectrum(map, newton.couplings)).y_T - y) < 1e-12);
        const flow::CriticalPoint critical = flow::critical_point(map, nearest_neighbours, 0.01, 1.0);
        BOOST_TEST(std::abs(critical.value - K) < 1e-12);
        BOOST_TEST(critical.low_sink[0] == 0.0);
        BOOST_TEST(critical.high_sink[0] > 1e10);
    }
}

BOOST_AUTO_TEST_CASE(decimating_first_moves_the_fixed_point_and_keeps_the_exponents) {
    const std::array known{std::array{2.0, 0.609377863436}, std::array{3.0, 0.261065179924}};
    for (const auto& [d, K] : known) {
        const flow::HierarchicalLattice first(2, d);
        const flow::MigdalKadanoff last(2, d);
        const flow::FixedPoint point = flow::critical_fixed_point(first, nearest_neighbours, 0.01, 2.0);
        const flow::FixedPoint other = flow::critical_fixed_point(last, nearest_neighbours, 0.01, 2.0);
        BOOST_TEST(std::abs(point.couplings[0] - K) < 1e-12);
        const flow::Exponents a = flow::exponents(flow::spectrum(first, point.couplings));
        const flow::Exponents b = flow::exponents(flow::spectrum(last, other.couplings));
        BOOST_TEST(a.y_T == b.y_T, tolerance(1e-12));
        BOOST_TEST(a.y_H == b.y_H, tolerance(1e-12));
    }
}

BOOST_AUTO_TEST_CASE(decimation_is_exact_on_the_diamond_lattice) {
    for (const auto& [K, H] : {std::pair{0.5, 0.0}, std::pair{0.8, 0.15}}) {
        std::size_t bonds = 0;
        const double exact = diamond_by_enumeration(K, H, 2, bonds);
        const flow::HierarchicalLattice map(2, 2.0);
        const flow::Trajectory flow = flow::follow(map, std::vector{K, H}, 2);
        const double per_bond = map.cell().sites_per_bond() * (flow.constants[0] / 4 + flow.constants[1] / 16);
        const double k = flow.couplings[2][0], h = flow.couplings[2][1];
        const double last_bond = std::log(std::exp(k + 2 * h) + std::exp(k - 2 * h) + 2 * std::exp(-k));
        BOOST_TEST(static_cast<double>(bonds) * per_bond + last_bond == exact, tolerance(1e-13));
    }
}

BOOST_AUTO_TEST_CASE(in_one_dimension_both_orders_are_the_decimation_of_the_chain) {
    const std::vector point{0.6, 0.25}; // bonds carry half of a site's field at each end
    const double exact = chain(0.6, 0.5);
    for (const int b : {2, 4}) {
        BOOST_TEST(flow::free_energy(flow::MigdalKadanoff(b, 1.0), point).value == exact, tolerance(1e-13));
        BOOST_TEST(flow::free_energy(flow::HierarchicalLattice(b, 1.0), point).value == exact, tolerance(1e-13));
        BOOST_TEST(flow::upper_bound(flow::MigdalKadanoff(b, 1.0), {point}).value == exact, tolerance(1e-13));
    }
}

BOOST_AUTO_TEST_CASE(bond_moving_bounds_the_square_lattice_from_above_at_every_coupling) {
    for (const int b : {2, 3})
        for (double K = -1.5; K < 1.6; K += 0.05) {
            const flow::InfiniteAtMost bound = flow::upper_bound(flow::MigdalKadanoff(b, 2.0), {{K, 0.0}});
            BOOST_TEST(bound.value >= support::onsager(K) - 1e-13);
            BOOST_TEST(bound.value <= support::onsager(K) + 0.5); // each block leaves (b - 1)² spins free
        }
}

BOOST_AUTO_TEST_CASE(no_bound_is_given_where_there_is_no_lattice) {
    BOOST_CHECK_THROW(flow::upper_bound(flow::MigdalKadanoff(2, 2.5), {{0.1, 0.0}}), core::InputError);
    BOOST_CHECK_THROW(flow::MigdalKadanoff(1, 2.0), core::InputError);
    BOOST_CHECK_THROW(flow::MigdalKadanoff(2, 0.5), core::InputError);
    BOOST_CHECK_THROW(flow::HierarchicalLattice(0, 2.0), core::InputError);
    BOOST_CHECK_THROW(flow::Decimation(1), core::InputError);
}
