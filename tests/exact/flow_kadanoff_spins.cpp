// Kadanoff's transformation of Potts spins and of spins −1, 0, 1: against its definition by brute force, against the
// Ising model, and its exponents beside the exact ones.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/flow/blume_capel.hpp>
#include <blockspin/flow/exponents.hpp>
#include <blockspin/flow/hypercube.hpp>
#include <blockspin/flow/kadanoff_optimum.hpp>
#include <blockspin/flow/kadanoff_start.hpp>
#include <blockspin/flow/state_classes.hpp>

#include "flow_support.hpp"

#include <memory>
#include <numbers>

using namespace blockspin;
using boost::test_tools::tolerance;
using flow::StateClasses;
using flow::VertexSymmetry;
namespace data = boost::unit_test::data;

namespace {

std::vector<double> some_point(const flow::CellClasses& classes) {
    std::vector<double> point;
    for (int a = 1; a < classes.count(); ++a) point.push_back(0.2 * std::cos(3.0 * a));
    return point;
}

/// The class of a configuration of four spins on a square: all symmetries are tried.
int class_of(const StateClasses& classes, const std::vector<int>& spins, std::span<const std::vector<int>> vertices,
             std::span<const std::vector<int>> states) {
    for (int c = 0; c < classes.count(); ++c)
        for (const auto& move : vertices)
            for (const auto& change : states) {
                bool same = true;
                for (int i = 0; i < 4; ++i) same = same && change[spins[move[i]]] == classes.state(c, i);
                if (same) return c;
            }
    BOOST_FAIL("every configuration belongs to a class");
    return -1;
}

const std::vector<std::vector<int>> square_group{{0, 1, 2, 3}, {1, 0, 3, 2}, {2, 3, 0, 1}, {3, 2, 1, 0},
                                                 {0, 2, 1, 3}, {2, 0, 3, 1}, {1, 3, 0, 2}, {3, 1, 2, 0}};

/// u' of class r by its definition, for spins of three states.
double by_definition(const flow::SpinKind& kind, const StateClasses& classes, std::span<const double> p,
                     const std::vector<double>& u, int r, std::span<const std::vector<int>> states) {
    const auto exponent = [&](auto&& mu, const std::vector<int>& sigma) {
        double sum = 0.0;
        for (std::size_t k = 0; k < p.size(); ++k)
            for (int i = 0; i < 4; ++i) sum += p[k] * kind.couplings[k](mu(i), sigma[i]);
        return sum;
    };
    double total = 0.0;
    for (int number = 0; number < 81; ++number) {
        const std::vector<int> sigma{number % 3, number / 3 % 3, number / 9 % 3, number / 27};
        double normaliser = 0.0;
        for (int nu = 0; nu < 3; ++nu) normaliser += std::exp(exponent([nu](int) { return nu; }, sigma));
        const double t = exponent([&](int i) { return classes.state(r, i); }, sigma);
        total += std::exp(4 * u[class_of(classes, sigma, square_group, states)] + t) / normaliser;
    }
    return std::log(total);
}

flow::Family decimated_potts(std::shared_ptr<const StateClasses> classes) {
    return [classes](double K) { return flow::potts_sublattice_decimated(*classes, K).couplings; };
}

std::shared_ptr<const StateClasses> potts_classes(int q, int d) {
    return std::make_shared<StateClasses>(flow::potts(q, d), d, VertexSymmetry::total);
}

flow::OptimalFixedPoint potts_fixed_point(int q) {
    const auto classes = potts_classes(q, 2);
    const double critical = std::log1p(std::sqrt(q));
    return flow::optimal_fixed_point(classes, decimated_potts(classes), 0.6 * critical, 1.5 * critical);
}

} // namespace

BOOST_AUTO_TEST_CASE(the_image_is_that_of_the_definition) {
    const std::vector<std::vector<int>> field_on_0{{0, 1, 2}, {0, 2, 1}}, none{{0, 1, 2}};
    const auto check = [](const flow::SpinKind& kind, const std::vector<double>& p, const auto& states) {
        const auto classes = std::make_shared<StateClasses>(kind, 2, VertexSymmetry::hypercubic);
        const std::vector<double> point = some_point(*classes);
        const flow::Image image = flow::Kadanoff(classes, p).apply(point);
        const std::vector<double> values = classes->values(image.couplings);
        for (int r = 0; r < classes->count(); ++r)
            BOOST_TEST(values[r] + image.constant ==
                           by_definition(kind, *classes, p, classes->values(point), r, states),
                       tolerance(1e-13));
    };
    check(flow::potts(3, 2), {1.3}, field_on_0);
    check(flow::spin_one(2), {0.8, 0.5, -1.3}, none);
}

BOOST_AUTO_TEST_CASE(the_block_transformation_is_normalised_pointwise_to_1e_14) {
    // Σ_μ T(μ|σ) over the spin of one block, the four spins of which are those of a cell: μ has them all equal.
    const auto check = [](const flow::SpinKind& kind, const std::vector<double>& p) {
        const StateClasses classes(kind, 2, VertexSymmetry::hypercubic);
        const flow::RuleKernel kernel = classes.kernel(p);
        std::vector<int> uniform; // for each state of a spin, the class of a cell that is full of it
        for (int mu = 0; mu < classes.states(); ++mu) {
            for (int c = 0; c < classes.count(); ++c) {
                bool same = true;
                for (int i = 1; i < 4; ++i) same = same && classes.state(c, i) == classes.state(c, 0);
                const bool is_field_state = mu == 0 || kind.symmetries.empty();
                const int shown = classes.state(c, 0);
                if (same && (is_field_state ? shown == mu : shown != 0)) uniform.push_back(c);
            }
        }
        BOOST_REQUIRE(std::ssize(uniform) == classes.states());
        for (int s = 0; s < classes.count(); ++s) {
            double sum = 0.0;
            for (const int r : uniform) sum += std::exp(kernel.log(r, s));
            BOOST_TEST(std::abs(sum / classes.size(s) - 1) < 1e-14 * (1 + 10 * std::abs(p[0])));
        }
    };
    for (const double p : {0.0, 0.7, 1.53, -0.9})
        for (const int q : {2, 3, 5, 10}) check(flow::potts(q, 2), {p});
    for (const double p : {0.0, 0.8, -0.4}) check(flow::spin_one(2), {p, 0.5 * p - 0.1, -1.3});
}

BOOST_AUTO_TEST_CASE(values_and_couplings_are_each_others_inverse_and_even_couplings_ignore_the_field) {
    for (const auto& kind : {flow::potts(4, 2), flow::spin_one(2)}) {
        const StateClasses classes(kind, 2, VertexSymmetry::hypercubic);
        const std::vector<double> point = some_point(classes), back = classes.expansion(classes.values(point));
        BOOST_TEST(std::abs(back[0]) < 1e-14);
        for (std::size_t a = 0; a < point.size(); ++a) BOOST_TEST(std::abs(back[a + 1] - point[a]) < 1e-14);
    }
    const auto couplings = flow::names(StateClasses(flow::potts(2, 1), 1, VertexSymmetry::total).couplings());
    const std::vector<std::string> expected{"{10}", "[11]"}; // 01 and 10; 11 beside its mean with 00
    BOOST_TEST(couplings == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(jacobians_agree_with_central_differences_to_1e_7) {
    const auto spins = std::make_shared<StateClasses>(flow::spin_one(2), 2, VertexSymmetry::total);
    support::check_jacobian(flow::Kadanoff(spins, {0.8, 0.5, -1.3}), some_point(*spins), 1e-7);
    const auto potts = potts_classes(5, 2);
    support::check_jacobian(flow::Kadanoff(potts, 1.4), some_point(*potts), 1e-7);
}

// The bound as what T learns from: all parameters of all steps.
BOOST_AUTO_TEST_CASE(gradients_of_a_bound_agree_with_central_differences_to_1e_9) {
    const auto check = [](const std::shared_ptr<const flow::CellClasses>& classes, const flow::Start& start,
                          std::vector<double> parameters) {
        std::vector<double> gradient(parameters.size(), 0.0);
        const double bound = flow::bound_of_sequence(classes, start, parameters, gradient);
        BOOST_TEST(bound == flow::bound_of_sequence(classes, start, parameters, {}));
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            const auto at = [&](double x) {
                std::vector<double> moved = parameters;
                moved[i] = x;
                return flow::bound_of_sequence(classes, start, moved, {});
            };
            BOOST_TEST(std::abs(gradient[i] - support::central_difference(at, parameters[i])) < 1e-9);
        }
    };
    const auto ising = std::make_shared<flow::SpinClasses>(flow::SpinClasses::hypercubic(3));
    check(ising, flow::bonds_shared(*ising, 0.22), {0.3, 0.5, -0.4, 1.2});
    const auto flat = std::make_shared<flow::SpinClasses>(flow::SpinClasses::totally_symmetric(2));
    check(flat, flow::one_sublattice_decimated(*flat, 0.42, 0.1), {0.8, 0.7, 0.9});
    const auto potts = potts_classes(4, 2);
    check(potts, flow::potts_sublattice_decimated(*potts, 1.05), {1.4, 1.6, 0.9});
    const auto one = std::make_shared<StateClasses>(flow::spin_one(2), 2, VertexSymmetry::total);
    check(one, flow::blume_capel_sublattice_decimated(*one, 0.8, 0.3),
          {0.9, -0.1, -0.8, 1.1, 0.2, -0.9, 0.7, 0.0, 0.3});
}

BOOST_AUTO_TEST_CASE(with_two_states_it_is_the_ising_model) {
    const flow::OptimalFixedPoint best = potts_fixed_point(2);
    const flow::Exponents exponents = flow::exponents(best.spectrum);
    BOOST_TEST(std::abs(best.parameters[0] - 2 * 0.7659830351999) < 1e-11); // δ = (1 + μσ)/2
    BOOST_TEST(std::abs(exponents.y_T - 1.000878933859) < 1e-11);
    BOOST_TEST(std::abs(exponents.y_H - 1.875315811206) < 1e-11);
    const auto classes = potts_classes(2, 2);
    const flow::CriticalPoint critical =
        flow::critical_point(flow::Kadanoff(classes, best.parameters), decimated_potts(classes), 0.6, 1.4);
    BOOST_TEST(std::abs(critical.value - 2 * 0.457635272185) < 3e-12);
}

BOOST_DATA_TEST_CASE(exponents_of_three_and_four_states_are_near_the_exact_ones,
                     data::make({3, 4}) ^ data::make({0.003, 0.17}) ^ data::make({0.006, 0.006}), q, near_T, near_H) {
    // den Nijs 1979, Nienhuis 1982. Four states have a marginal field, which this flow does not see.
    const double u = 2 * std::numbers::inv_pi * std::acos(std::sqrt(q) / 2);
    const flow::Exponents exponents = flow::exponents(potts_fixed_point(q).spectrum);
    BOOST_TEST(std::abs(exponents.y_T - 3 * (1 - u) / (2 - u)) < near_T);
    BOOST_TEST(std::abs(exponents.y_H - (3 - u) * (5 - u) / (4 * (2 - u))) < near_H);
}

BOOST_AUTO_TEST_CASE(y_T_grows_with_the_number_of_states_and_K_c_stays_above_the_exact_one_by_less_than_4_percent) {
    double before = 1.0;
    for (int q = 2; q <= 10; ++q) {
        const auto classes = potts_classes(q, 2);
        const double exact = std::log1p(std::sqrt(q)); // Potts 1952
        const flow::OptimalFixedPoint best =
            flow::optimal_fixed_point(classes, decimated_potts(classes), 0.6 * exact, 1.5 * exact);
        const flow::CriticalPoint critical = flow::critical_point(flow::Kadanoff(classes, best.parameters),
                                                                  decimated_potts(classes), 0.6 * exact, 1.5 * exact);
        BOOST_TEST(flow::exponents(best.spectrum).y_T > before);
        BOOST_TEST(best.spectrum.relevant(flow::Parity::even) == 1);
        BOOST_TEST(critical.value > exact);
        BOOST_TEST(critical.value < 1.04 * exact);
        before = flow::exponents(best.spectrum).y_T;
    }
}

BOOST_AUTO_TEST_CASE(three_states_in_three_dimensions_have_one_relevant_field) {
    const auto classes = potts_classes(3, 3);
    const flow::OptimalFixedPoint best = flow::optimal_fixed_point(classes, decimated_potts(classes), 0.1, 0.8);
    BOOST_TEST(best.spectrum.relevant(flow::Parity::even) == 1);
    BOOST_TEST(flow::exponents(best.spectrum).y_T >
               1.59); // more than the Ising model's: the transition is of first order
    BOOST_TEST(std::abs(flow::slopes_of_free_energy(flow::Kadanoff(classes, best.parameters),
                                                    best.point.couplings)[0]) < 1e-10);
}

BOOST_AUTO_TEST_CASE(the_critical_point_of_spin_one_is_in_the_class_of_the_ising_model) {
    const auto classes = std::make_shared<StateClasses>(flow::spin_one(2), 2, VertexSymmetry::total);
    const auto family = [&](double K) { return flow::blume_capel_sublattice_decimated(*classes, K, 0.0).couplings; };
    const flow::OptimalFixedPoint best = flow::optimal_fixed_point(classes, family, 0.3, 2.0);
    BOOST_TEST(best.spectrum.relevant(flow::Parity::even) == 1);
    BOOST_TEST(std::abs(flow::exponents(best.spectrum).y_T - 1.0) < 0.035);
    BOOST_TEST(std::abs(flow::exponents(best.spectrum).y_H - 1.875) < 0.01);
    const flow::Kadanoff map(classes, best.parameters);
    for (const double slope : flow::slopes_of_free_energy(map, best.point.couplings))
        BOOST_TEST(std::abs(slope) < 1e-10);
}

BOOST_AUTO_TEST_CASE(the_tricritical_point_of_the_blume_capel_model_has_nearly_the_exact_exponents) {
    // Exact: Friedan, Qiu and Shenker 1984. Where: D/J = 1.9658, K = 1.645 by Monte Carlo (Silva, Caparica and Plascak,
    // Phys. Rev. E 73 (2006) 036702).
    const flow::Tricritical found =
        flow::tricritical_point(std::make_shared<const StateClasses>(flow::spin_one(2), 2, VertexSymmetry::total));
    const flow::Spectrum& modes = found.optimum.spectrum;
    BOOST_TEST(modes.relevant(flow::Parity::even) == 2);
    BOOST_TEST(std::abs(modes.leading(flow::Parity::even).exponent - 9.0 / 5) < 0.004);
    BOOST_TEST(std::abs(modes.modes[1].exponent - 4.0 / 5) < 0.002);
    BOOST_TEST(std::abs(modes.leading(flow::Parity::odd).exponent - 77.0 / 40) < 0.003);
    BOOST_TEST(found.model.inaccuracy < 1e-9);
    BOOST_TEST(std::abs(found.model.parameters[1] / found.model.parameters[0] - 1.9658) < 0.02);
    BOOST_TEST(std::abs(found.model.parameters[0] - 1.645) < 0.2);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_meant_is_refused) {
    BOOST_CHECK_THROW(flow::potts(11, 2), core::InputError);
    BOOST_CHECK_THROW(flow::spin_one(4), core::InputError);
    BOOST_CHECK_THROW(StateClasses(flow::potts(5, 3), 3, VertexSymmetry::total), core::InputError);
    BOOST_CHECK_THROW(flow::Kadanoff(potts_classes(3, 2), std::vector{1.0, 2.0}), core::InputError);
}
