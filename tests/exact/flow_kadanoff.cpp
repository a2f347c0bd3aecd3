// Kadanoff's variational transformation: against its definition by brute force, against the published fixed points and
// exponents, and as a bound against Onsager's free energy.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/flow/critical.hpp>
#include <blockspin/flow/exponents.hpp>
#include <blockspin/flow/free_energy.hpp>
#include <blockspin/flow/hypercube_faces.hpp>
#include <blockspin/flow/kadanoff.hpp>
#include <blockspin/flow/kadanoff_optimum.hpp>
#include <blockspin/flow/kadanoff_start.hpp>
#include <blockspin/flow/trajectory.hpp>

#include "flow_support.hpp"

#include <bit>
#include <memory>

using namespace blockspin;
using boost::test_tools::tolerance;
using flow::SpinClasses;
namespace data = boost::unit_test::data;

namespace {

std::shared_ptr<const SpinClasses> symmetric(int d) {
    return std::make_shared<SpinClasses>(SpinClasses::totally_symmetric(d));
}
std::shared_ptr<const SpinClasses> full(int d) { return std::make_shared<SpinClasses>(SpinClasses::hypercubic(d)); }

flow::Family decimated(std::shared_ptr<const SpinClasses> classes) {
    return [classes](double K) { return flow::one_sublattice_decimated(*classes, K).couplings; };
}
flow::Family shared_bonds(std::shared_ptr<const SpinClasses> classes) {
    return [classes](double K) { return flow::bonds_shared(*classes, K).couplings; };
}

/// Couplings of no particular symmetry but that of the classes.
std::vector<double> some_point(const SpinClasses& classes) {
    std::vector<double> point;
    for (int a = 1; a < classes.count(); ++a) point.push_back(0.5 * std::cos(3.0 * a) / classes.size(a));
    return point;
}

/// u' by its definition, for one block configuration, as a sum over all 2^n configurations.
double by_definition(const SpinClasses& classes, double p, const std::vector<double>& u, std::uint32_t mu) {
    const int n = classes.spins();
    double sum = 0.0;
    for (std::uint32_t sigma = 0; sigma < 1u << n; ++sigma) {
        const double total = n - 2 * std::popcount(sigma), overlap = n - 2 * std::popcount(sigma ^ mu);
        sum += std::exp(n * u[classes.of(sigma)] + p * overlap - std::log(2 * std::cosh(p * total)));
    }
    return std::log(sum);
}

/// The same as a product of n matrices of 2 × 2, one per vertex: for d = 4, where the double sum is out of reach.
std::vector<double> by_product(const SpinClasses& classes, double p, const std::vector<double>& u) {
    const int n = classes.spins();
    std::vector<double> sums(std::size_t{1} << n);
    for (std::uint32_t sigma = 0; sigma < sums.size(); ++sigma)
        sums[sigma] = std::exp(n * u[classes.of(sigma)]) / (2 * std::cosh(p * (n - 2 * std::popcount(sigma))));
    for (int v = 0; v < n; ++v)
        for (std::uint32_t mu = 0; mu < sums.size(); ++mu)
            if ((mu >> v & 1u) == 0) {
                double &up = sums[mu], &down = sums[mu | 1u << v];
                const double both = std::exp(p) * up + std::exp(-p) * down;
                down = std::exp(-p) * up + std::exp(p) * down;
                up = both;
            }
    return sums;
}

} // namespace

BOOST_DATA_TEST_CASE(the_image_is_that_of_the_definition, data::make({1, 2, 3}), d) {
    for (const auto& classes : {symmetric(d), full(d)})
        for (const double p : {0.0, 0.4, 1.7}) {
            const std::vector<double> point = some_point(*classes), u = classes->values(point);
            const flow::Image image = flow::Kadanoff(classes, p).apply(point);
            const std::vector<double> values = classes->values(image.couplings);
            for (int c = 0; c < classes->count(); ++c) {
                const double expected = by_definition(*classes, p, u, classes->representative(c));
                BOOST_TEST(values[c] + image.constant == expected, tolerance(1e-13));
            }
        }
}

BOOST_AUTO_TEST_CASE(in_four_dimensions_the_image_is_that_of_the_product_over_vertices) {
    for (const auto& classes : {symmetric(4), full(4)}) {
        const std::vector<double> point = some_point(*classes);
        const flow::Image image = flow::Kadanoff(classes, 0.2).apply(point);
        const std::vector<double> values = classes->values(image.couplings);
        const std::vector<double> expected = by_product(*classes, 0.2, classes->values(point));
        double largest = 0.0;
        for (std::uint32_t mu = 0; mu < expected.size(); ++mu)
            largest = std::max(largest, std::abs(values[classes->of(mu)] + image.constant - std::log(expected[mu])));
        BOOST_TEST(largest < 1e-11);
    }
}

BOOST_DATA_TEST_CASE(jacobians_agree_with_central_differences_to_1e_7, data::make({1, 2, 3}), d) {
    for (const auto& classes : {symmetric(d), full(d)})
        support::check_jacobian(flow::Kadanoff(classes, 0.6), some_point(*classes), 1e-7);
}

BOOST_AUTO_TEST_CASE(adjoints_agree_with_central_differences_of_a_step_to_2e_7) {
    for (const auto& classes : {symmetric(3), full(2)})
        for (const double p : {0.3, 1.1}) {
            const std::vector<double> point = some_point(*classes);
            std::vector<double> gradient;
            for (std::size_t a = 0; a < point.size(); ++a) gradient.push_back(std::cos(1.0 + static_cast<double>(a)));
            const auto f = [&](double at, const std::vector<double>& from) { // with f' linear in K'
                const flow::Image image = flow::Kadanoff(classes, at).apply(from);
                double sum = image.constant;
                for (std::size_t a = 0; a < gradient.size(); ++a) sum += gradient[a] * image.couplings[a];
                return sum / classes->spins();
            };
            const flow::Adjoint adjoint = flow::Kadanoff(classes, p).adjoint(point, gradient);
            const auto at_p = [&](double x) { return f(x, point); };
            BOOST_TEST(std::abs(adjoint.parameters[0] - support::central_difference(at_p, p)) < 1e-8);
            for (std::size_t a = 0; a < point.size(); ++a) {
                const auto at_coupling = [&](double x) {
                    std::vector<double> moved = point;
                    moved[a] = x;
                    return f(p, moved);
                };
                BOOST_TEST(std::abs(adjoint.couplings[a] - support::central_difference(at_coupling, point[a])) < 2e-7);
            }
        }
}

BOOST_AUTO_TEST_CASE(the_block_transformation_is_normalised_pointwise_to_1e_14) {
    // Σ_μ T(μ|σ) over the spin of one block, the n spins of which are those of a cell: μ has them all equal.
    for (const auto& classes : {symmetric(3), full(2), symmetric(5)})
        for (const double p : {0.0, 0.4, 2.5, -0.7}) {
            const flow::RuleKernel kernel = classes->kernel(std::vector{p});
            const int all_up = 0, all_down = classes->count() - 1;
            for (int s = 0; s < classes->count(); ++s) {
                const double sum = std::exp(kernel.log(all_up, s)) + std::exp(kernel.log(all_down, s));
                BOOST_TEST(std::abs(sum / classes->size(s) - 1) < 1e-14 * std::max(1.0, 10 * p));
            }
        }
}

BOOST_AUTO_TEST_CASE(the_two_dimensional_fixed_point_is_the_published_one) {
    const auto classes = symmetric(2);
    const flow::OptimalFixedPoint best = flow::optimal_fixed_point(classes, decimated(classes), 0.2, 0.9);
    const flow::Exponents exponents = flow::exponents(best.spectrum);
    BOOST_TEST(std::abs(best.parameters[0] - 0.7659830351999) < 1e-11);
    BOOST_TEST(std::abs(best.point.couplings[1] - 0.139716631689) < 1e-12);
    BOOST_TEST(std::abs(best.point.couplings[3] + 0.006865007686) < 1e-12);
    BOOST_TEST(best.point.couplings[0] == 0.0);
    BOOST_TEST(best.point.couplings[2] == 0.0);
    BOOST_TEST(std::abs(exponents.y_T - 1.000878933859) < 1e-11);
    BOOST_TEST(std::abs(exponents.y_H - 1.875315811206) < 1e-11);
    BOOST_TEST(std::abs(exponents.nu() - 0.999121838) < 1e-9);
    BOOST_TEST(std::abs(exponents.alpha() - 0.001756324) < 1e-9);
    BOOST_TEST(std::abs(exponents.delta() - 15.04052622) < 1e-8);
    BOOST_TEST(std::abs(best.spectrum.modes[1].exponent + 0.983912417) < 1e-9);
    BOOST_TEST(best.spectrum.relevant(flow::Parity::even) == 1);
    BOOST_TEST(best.asymmetry < 1e-14);
}

BOOST_AUTO_TEST_CASE(the_three_dimensional_fixed_point_is_the_published_one) {
    const auto classes = symmetric(3);
    const flow::OptimalFixedPoint best = flow::optimal_fixed_point(classes, decimated(classes), 0.05, 0.5);
    const flow::Exponents exponents = flow::exponents(best.spectrum);
    BOOST_TEST(std::abs(best.parameters[0] - 0.4034361185012) < 1e-11);
    BOOST_TEST(std::abs(exponents.y_T - 1.589830903441) < 1e-11);
    BOOST_TEST(std::abs(exponents.y_H - 2.464636269623) < 1e-11);
    BOOST_TEST(std::abs(exponents.nu() - 0.628997712) < 1e-9);
    BOOST_TEST(std::abs(exponents.alpha() - 0.113006865) < 1e-9);
    BOOST_TEST(std::abs(exponents.delta() - 4.60366687) < 1e-8);
}

BOOST_AUTO_TEST_CASE(in_the_full_space_the_published_point_is_unstable_to_the_difference_of_the_two_pair_couplings) {
    const auto classes = full(2);
    const flow::OptimalFixedPoint best = flow::optimal_fixed_point(classes, decimated(classes), 0.2, 0.9);
    BOOST_TEST(best.asymmetry < 1e-12);
    BOOST_TEST(std::abs(best.parameters[0] - 0.7659830351999) < 1e-11);
    BOOST_TEST(best.spectrum.relevant(flow::Parity::even) == 2);
    const flow::Mode& second = best.spectrum.modes[1];
    BOOST_TEST(std::abs(second.eigenvalue.real() - 1.151345681589) < 1e-11);
    BOOST_TEST(std::abs(second.left[1] * 2.0 + second.left[2] * 4.0) > 0.1); // not the sum of all six pairs
    BOOST_TEST(std::abs(second.right[1] * 4.0 + second.right[2] * 2.0) < 1e-10);
}

BOOST_AUTO_TEST_CASE(nearest_neighbours_split_over_their_squares_flow_to_another_branch) {
    const auto classes = full(2);
    const flow::Kadanoff map(classes, 0.7613);
    const flow::FixedPoint point = flow::critical_fixed_point(map, shared_bonds(classes), 0.2, 0.9);
    const flow::Exponents exponents = flow::exponents(flow::spectrum(map, point.couplings));
    BOOST_TEST(std::abs(point.couplings[1] - 0.159004) < 5e-7);
    BOOST_TEST(std::abs(point.couplings[2] - 0.107245) < 5e-7);
    BOOST_TEST(std::abs(exponents.y_T - 1.01958) < 5e-6);
    BOOST_TEST(std::abs(exponents.y_H - 1.87782) < 5e-6);

    // f is stationary at another p of that branch.
    const flow::OptimalFixedPoint best = flow::optimal_fixed_point(classes, shared_bonds(classes), 0.2, 0.9);
    const flow::Exponents stationary = flow::exponents(best.spectrum);
    BOOST_TEST(std::abs(best.parameters[0] - 0.760988541722) < 1e-11);
    BOOST_TEST(std::abs(stationary.y_T - 1.017535) < 5e-7);
    BOOST_TEST(std::abs(stationary.y_H - 1.877736) < 5e-7);
    BOOST_TEST(best.governs);
    BOOST_TEST(best.asymmetry > 0.05);
    BOOST_TEST(best.spectrum.relevant(flow::Parity::even) == 1);
    const flow::Kadanoff there(classes, best.parameters);
    BOOST_TEST(std::abs(flow::slopes_of_free_energy(there, best.point.couplings)[0]) < 1e-12);
}

BOOST_AUTO_TEST_CASE(the_slope_in_p_is_that_of_the_free_energy_of_the_fixed_point) {
    const auto classes = full(2);
    const flow::Kadanoff map(classes, 0.7); // y_T = 0.71 there: f is singular only beyond its second derivative
    const flow::FixedPoint point = flow::critical_fixed_point(map, decimated(classes), 0.2, 0.9);
    const auto f = [&](double p) { return flow::free_energy(flow::Kadanoff(classes, p), point.couplings).value; };
    const double h = 1e-5, slope = (f(0.7 + h) - f(0.7 - h)) / (2 * h);
    BOOST_TEST(flow::slopes_of_free_energy(map, point.couplings)[0] == 3 * slope, tolerance(1e-6)); // Σ_n 4^{-n} = 1/3
}

BOOST_AUTO_TEST_CASE(in_three_dimensions_shared_bonds_flow_to_the_published_fixed_point) {
    const auto classes = full(3);
    const flow::OptimalFixedPoint best = flow::optimal_fixed_point(classes, shared_bonds(classes), 0.1, 0.5);
    BOOST_TEST(std::abs(best.parameters[0] - 0.4034361185012) < 1e-11);
    BOOST_TEST(best.asymmetry < 1e-12);
    BOOST_TEST(best.spectrum.relevant(flow::Parity::even) == 1);
    BOOST_TEST(std::abs(flow::exponents(best.spectrum).y_T - 1.589830903441) < 1e-11);
}

BOOST_AUTO_TEST_CASE(a_slow_approach_along_the_critical_surface_is_followed_to_its_end) {
    const auto classes = full(3);
    const flow::Kadanoff map(classes, 0.41); // the second even eigenvalue is 0.973
    const flow::FixedPoint slow = flow::critical_fixed_point(map, shared_bonds(classes), 0.1, 0.5);
    const flow::FixedPoint straight = flow::critical_fixed_point(map, decimated(classes), 0.05, 0.5);
    for (std::size_t a = 0; a < slow.couplings.size(); ++a)
        BOOST_TEST(std::abs(slow.couplings[a] - straight.couplings[a]) < 1e-9);
}

BOOST_DATA_TEST_CASE(in_four_and_five_dimensions_the_exponents_are_near_those_of_mean_field,
                     data::make({4, 5}) ^ data::make({0.04, 0.07}), d, near) {
    // At and above four dimensions y_T = 2 and y_H = 3 and, there dangerously irrelevant, d / 2 and 3d / 4 at a
    // discrete step of a finite cell.
    const auto classes = symmetric(d);
    const flow::OptimalFixedPoint best =
        flow::optimal_fixed_point(classes, decimated(classes), 0.4 / (1 << d), 3.6 / (1 << d));
    const flow::Exponents exponents = flow::exponents(best.spectrum);
    BOOST_TEST(std::abs(exponents.y_T - 0.5 * d) < near);
    BOOST_TEST(std::abs(exponents.y_H - (d == 4 ? 3.0 : 3.5)) < near);
    BOOST_TEST(best.spectrum.relevant(flow::Parity::even) == 1);
}

BOOST_AUTO_TEST_CASE(in_five_dimensions_the_image_is_that_of_a_sum_over_the_number_of_spins_down) {
    const auto classes = symmetric(5);
    std::vector<double> point;
    for (int a = 1; a < classes->count(); ++a) point.push_back(a <= 4 ? 0.02 / a / classes->size(a) : 0.0);
    const std::vector<double> u = classes->values(point);
    const double p = 0.16;
    const flow::Image image = flow::Kadanoff(classes, p).apply(point);
    const std::vector<double> values = classes->values(image.couplings);
    for (const int down : {0, 1, 7, 16, 32}) {
        double sum = 0.0; // over spins down among those where μ is down, and among the others
        for (int i = 0; i <= down; ++i)
            for (int j = 0; j <= 32 - down; ++j)
                sum +=
                    std::exp(std::lgamma(down + 1) - std::lgamma(i + 1) - std::lgamma(down - i + 1) +
                             std::lgamma(33 - down) - std::lgamma(j + 1) - std::lgamma(33 - down - j) + 32 * u[i + j] +
                             p * (32 - 2 * (down - i) - 2 * j) - std::log(2 * std::cosh(p * (32 - 2 * (i + j)))));
        BOOST_TEST(values[down] + image.constant == std::log(sum), tolerance(1e-11));
    }
}

BOOST_DATA_TEST_CASE(faces_give_the_image_of_the_classes, data::make({2, 3, 4}), d) {
    const auto classes = full(d);
    std::vector<double> point;
    for (int a = 1; a < classes->count(); ++a)
        point.push_back(classes->bits(a) % 2 == 0 ? 0.3 * std::cos(3.0 * a) / classes->size(a) : 0.0);
    const std::vector<double> u = classes->values(point);
    const int face = 1 << (d - 1);
    const auto class_of = [&](std::uint32_t a, std::uint32_t b) { return classes->of(a | b << face); };
    const mpi::Communicator self = mpi::Communicator::self();
    flow::FaceFlow flow(self, d, 0.9 / d);
    flow::FaceFlow::Values faces = flow.values([&](std::uint32_t a, std::uint32_t b) { return u[class_of(a, b)]; });
    const double constant = flow.apply(faces);
    const flow::Image image = flow::Kadanoff(classes, 0.9 / d).apply(point);
    const std::vector<double> expected = classes->values(image.couplings);
    double worst = std::abs(constant - image.constant - expected[0]);
    const auto all = static_cast<std::uint32_t>(flow.classes().rows().configurations());
    double configurations = 0.0;
    for (std::uint32_t a = 0; a < all; ++a)
        for (std::uint32_t b = 0; b < all; ++b) {
            const int c = flow.classes().of(a, b);
            worst = std::max(worst,
                             std::abs(faces[static_cast<std::size_t>(c)] - (expected[class_of(a, b)] - expected[0])));
            configurations += 1.0 / flow.classes().size(c);
        }
    BOOST_TEST(worst < 1e-11);
    BOOST_TEST(flow.classes().count() == (std::array{4, 14, 222}[static_cast<std::size_t>(d - 2)]));
    BOOST_TEST(configurations == flow.classes().count(), tolerance(1e-12));
    const flow::FaceFlow::Values bonds = flow.bonds_shared(0.7);
    const std::vector<double> shared = classes->values(flow::bonds_shared(*classes, 0.7).couplings);
    for (std::uint32_t a = 0; a < all; ++a)
        BOOST_TEST(std::abs(bonds[static_cast<std::size_t>(flow.classes().of(a, 1))] - shared[class_of(a, 1)]) < 1e-14);
}

BOOST_AUTO_TEST_CASE(faces_in_five_dimensions_give_the_image_of_the_totally_symmetric_space) {
    const auto classes = symmetric(5);
    const flow::Start start = flow::one_sublattice_decimated(*classes, 0.11);
    const std::vector<double> u = classes->values(start.couplings);
    const mpi::Communicator self = mpi::Communicator::self();
    flow::FaceFlow flow(self, 5, 0.16);
    BOOST_TEST(flow.classes().rows().count() == 222);
    BOOST_TEST(flow.classes().count() == 616126); // as of Boolean functions of five variables, negation among them
    flow::FaceFlow::Values faces = flow.values([&](std::uint32_t a, std::uint32_t b) {
        return u[static_cast<std::size_t>(std::popcount(a) + std::popcount(b))];
    });
    flow.apply(faces);
    const std::vector<double> expected =
        classes->values(flow::Kadanoff(classes, 0.16).apply(start.couplings).couplings);
    const flow::FaceFlow::Shells shells = flow.shells(faces);
    BOOST_TEST(shells.spread < 1e-11);
    for (std::size_t k = 0; k < expected.size(); ++k)
        BOOST_TEST(std::abs(shells.means[k] - (expected[k] - expected[0])) < 1e-9); // through couplings of 32 spins
}

BOOST_AUTO_TEST_CASE(faces_find_the_transition_of_shared_bonds) {
    const double p = 0.4034361185012;
    const auto classes = symmetric(3);
    const flow::Kadanoff map(classes, p);
    const flow::CriticalPoint sinks = flow::critical_point(map, decimated(classes), 0.05, 0.5);
    const flow::FixedPoint point = flow::critical_fixed_point(map, decimated(classes), 0.05, 0.5);
    const auto strength = [&](const std::vector<double>& couplings) {
        const std::vector<double> values = classes->values(couplings);
        return values.front() - values[values.size() / 2];
    };
    const mpi::Communicator self = mpi::Communicator::self();
    const flow::FullTransition found = flow::full_transition(
        flow::FaceFlow(self, 3, p), {strength(sinks.low_sink), strength(point.couplings), strength(sinks.high_sink)},
        0.1, 0.5, 1e-12);
    BOOST_TEST(std::abs(found.K - 0.239236196468) < 2e-12);
    BOOST_TEST(std::abs(found.y_T - 1.589830903441) < 0.1); // the asymmetry fades slowly, by 0.97 in a step
    BOOST_TEST(found.y_T_change > 0.0);
    BOOST_CHECK_THROW(
        flow::full_transition(flow::FaceFlow(self, 3, p),
                              {strength(sinks.low_sink), strength(point.couplings), strength(sinks.high_sink)}, 0.1,
                              0.15, 1e-6),
        core::InputError);
    BOOST_CHECK_THROW(flow::FaceFlow(self, 6, p), core::InputError);
    BOOST_CHECK_THROW(flow::FaceFlow(self, 3, -1.0), core::InputError);
}

BOOST_AUTO_TEST_CASE(broken_permutations_have_the_exponent_of_the_full_space) {
    const auto classes = symmetric(2);
    const flow::OptimalFixedPoint best = flow::optimal_fixed_point(classes, decimated(classes), 0.2, 0.9);
    const double exponent =
        flow::exponent_of_broken_permutations(classes->values(best.point.couplings), best.parameters[0]);
    BOOST_TEST(std::exp2(exponent) == 1.151345681589, tolerance(1e-11));
    for (const int d : {3, 4}) { // beside the spectrum of the full space
        const auto small = symmetric(d);
        const flow::OptimalFixedPoint point =
            flow::optimal_fixed_point(small, decimated(small), 0.4 / (1 << d), 3.6 / (1 << d));
        const std::vector<double> u = small->values(point.point.couplings);
        const auto large = full(d);
        std::vector<double> all =
            large->expansion(large->per_class([&](std::uint32_t mask) { return u[std::popcount(mask)]; }));
        for (int a = 1; a < large->count(); ++a)
            if (large->bits(a) % 2 == 1) all[static_cast<std::size_t>(a)] = 0.0;
        const flow::Spectrum modes = flow::spectrum(flow::Kadanoff(large, point.parameters), std::span(all).subspan(1));
        const double wanted = flow::exponent_of_broken_permutations(u, point.parameters[0]);
        double nearest = 1.0;
        for (const flow::Mode& mode : modes.modes)
            if (mode.sector == flow::Parity::even) nearest = std::min(nearest, std::abs(mode.exponent - wanted));
        BOOST_TEST(nearest < 1e-9);
    }
}

BOOST_AUTO_TEST_CASE(critical_couplings_follow_from_each_start) {
    const auto square = symmetric(2);
    const flow::Kadanoff flat(square, 0.7659830351999);
    BOOST_TEST(std::abs(flow::critical_point(flat, decimated(square), 0.2, 0.9).value - 0.457635272185) < 1e-12);
    const auto general = full(2);
    const flow::Kadanoff wide(general, 0.7659830351999);
    BOOST_TEST(std::abs(flow::critical_point(wide, decimated(general), 0.2, 0.9).value - 0.457635272185) < 1e-12);
    BOOST_TEST(std::abs(flow::critical_point(wide, shared_bonds(general), 0.2, 0.9).value - 0.484832929518) < 1e-12);
    const auto cube = full(3);
    const flow::Kadanoff solid(cube, 0.4034361185012);
    BOOST_TEST(std::abs(flow::critical_point(solid, shared_bonds(cube), 0.1, 0.5).value - 0.239236196468) < 1e-12);
}

BOOST_AUTO_TEST_CASE(errors_of_the_free_energy_are_those_known_at_fixed_and_at_optimised_p) {
    struct Known {
        double K, f, fixed, optimised, digits;
    };
    const double critical = 0.5 * std::log1p(std::sqrt(2.0));
    const auto classes = symmetric(2);
    for (const auto& [K, f, fixed, optimised, digits] : {Known{0.4, .8793638207749482, 1.94e-2, 5.20e-3, 5e-5},
                                                         Known{critical, .929695398341610, 5.95e-3, 4.33e-3, 5e-6},
                                                         Known{0.6, 1.210132388288413, 7.2e-4, 1.5e-4, 5e-6}}) {
        const flow::Start start = flow::one_sublattice_decimated(*classes, K);
        const flow::Kadanoff map(classes, 0.7659830351999);
        const double at_fixed = 0.5 * (start.constant + flow::free_energy(map, start.couplings).value);
        const flow::OptimalBound best = flow::optimal_bound(classes, start);
        BOOST_TEST(std::abs(at_fixed / f - 1 - fixed) < digits);
        BOOST_TEST(std::abs(best.bound.value / f - 1 - optimised) < digits);
        BOOST_TEST(flow::upper_bound(map, start).value <= at_fixed + 1e-14);
        BOOST_TEST(best.bound.value < flow::upper_bound(map, start).value);
    }
}

BOOST_AUTO_TEST_CASE(the_bound_is_never_below_onsager_at_any_coupling_parameter_or_start) {
    const auto classes = full(2);
    for (double K = -1.2; K < 1.25; K += 0.1) {
        const double exact = support::onsager(K);
        for (const double p : {0.0, 0.3, 0.76, 1.5, 20.0}) {
            const flow::Kadanoff map(classes, p);
            BOOST_TEST(flow::upper_bound(map, flow::one_sublattice_decimated(*classes, K)).value >= exact - 1e-13);
            BOOST_TEST(flow::upper_bound(map, flow::bonds_shared(*classes, K)).value >= exact - 1e-13);
        }
        const double best = flow::optimal_bound(classes, flow::one_sublattice_decimated(*classes, K)).bound.value;
        BOOST_TEST(best >= exact - 1e-13);
        BOOST_TEST(best <= exact * 1.0065);
    }
}

BOOST_AUTO_TEST_CASE(in_one_dimension_the_best_bound_is_the_exact_free_energy) {
    const auto classes = symmetric(1);
    for (const double K : {0.1, 0.5, 1.0}) {
        const flow::OptimalBound best = flow::optimal_bound(classes, flow::one_sublattice_decimated(*classes, K));
        BOOST_TEST(best.bound.value >= std::log(2 * std::cosh(K)) - 1e-15);
        BOOST_TEST(best.bound.value <= std::log(2 * std::cosh(K)) + 2e-9);
    }
}

BOOST_AUTO_TEST_CASE(more_optimised_steps_never_loosen_the_bound) {
    const auto classes = symmetric(3);
    const flow::Start start = flow::one_sublattice_decimated(*classes, 0.16);
    double before = flow::Kadanoff(classes, 0.0).ceiling(start.couplings);
    before = 0.5 * (start.constant + before);
    for (const int steps : {1, 2, 4, 8}) {
        const double bound = flow::optimal_bound(classes, start, steps).bound.value;
        BOOST_TEST(bound <= before + 1e-14);
        before = bound;
    }
}

BOOST_AUTO_TEST_CASE(symmetries_survive_a_long_flow_exactly) {
    const auto classes = full(3);
    const flow::Trajectory flow =
        flow::follow(flow::Kadanoff(classes, 0.41), flow::one_sublattice_decimated(*classes, 0.3).couplings, 200);
    BOOST_TEST(flow::asymmetry(*classes, flow.couplings.back()) < 1e-14);
    BOOST_TEST(flow::is_even(classes->couplings(), flow.couplings.back()));
    // One spin in eight down breaks three bonds; two down break six, or four if they are neighbours: 2 · 2 · 0.075
    // apart.
    BOOST_TEST(flow::asymmetry(*classes, flow::bonds_shared(*classes, 0.3).couplings) >= 0.3);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_meant_is_refused) {
    const auto classes = symmetric(2);
    BOOST_CHECK_THROW(flow::Kadanoff(classes, std::vector{0.1, 0.2}), core::InputError);
    BOOST_CHECK_THROW(flow::Kadanoff(classes, std::nan("")), core::InputError);
    BOOST_CHECK_THROW(flow::bonds_shared(*classes, 0.4), core::InputError);
    BOOST_CHECK_THROW(flow::optimal_bound(classes, flow::one_sublattice_decimated(*classes, 0.4), 0), core::InputError);
    BOOST_CHECK_THROW(flow::optimal_bound(classes, flow::one_sublattice_decimated(*classes, 1e308)), core::InputError);
    BOOST_CHECK_THROW(flow::upper_bound(flow::Kadanoff(classes, 1.0), {{0.1}}), core::InputError);
    BOOST_CHECK_THROW(flow::optimal_fixed_point(symmetric(1), decimated(symmetric(1)), 0.2, 2.0), core::InputError);
}
