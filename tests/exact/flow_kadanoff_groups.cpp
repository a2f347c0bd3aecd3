// Kadanoff's bound with larger groups of spins: its definition, its gradient, its side, its published figures.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/flow/kadanoff_groups.hpp>
#include <blockspin/flow/kadanoff_optimum.hpp>
#include <blockspin/flow/kadanoff_start.hpp>
#include <blockspin/model/onsager.hpp>
#include <blockspin/rng/draws.hpp>

#include "flow_support.hpp"

#include <array>
#include <bit>

using namespace blockspin;
using flow::SpinGroup;
namespace data = boost::unit_test::data;

namespace {

double uniform(int system, int number) {
    return 2 * rng::uniform(rng::Key(1975), {rng::Purpose::test, 0, system, number, 0}) - 1;
}

std::vector<double> random_parameters(const SpinGroup& group, int steps, int system, double largest_v) {
    std::vector<double> parameters;
    for (int step = 0; step < steps; ++step) {
        parameters.push_back(0.8 + 0.7 * uniform(system, static_cast<int>(parameters.size())));
        for (int m = 0; m < group.moved_terms(); ++m)
            parameters.push_back(largest_v * uniform(system, static_cast<int>(parameters.size())));
    }
    return parameters;
}

double spin(unsigned state, int i) { return (state >> i & 1u) != 0 ? -1.0 : 1.0; }
double log_2cosh(double x) { return std::log(2 * std::cosh(x)); }

/// Sum over a 2 × 2 square of spins with its corner at (x, y), of `width` columns.
double square(unsigned state, int x, int y, int width) {
    const int corner = x + width * y;
    return spin(state, corner) + spin(state, corner + 1) + spin(state, corner + width) +
           spin(state, corner + width + 1);
}

/// The bound of two steps with groups of 2 columns and 4 rows, nothing moved but u and the normaliser, as it is
/// written.
long double by_definition(long double K, long double p_first, long double p_second) {
    constexpr int states = 256, images = 64;
    const auto mean = [](unsigned state, long double p) {
        long double sum = 0.0;
        for (int y = 0; y < 3; ++y) sum += std::log(2 * std::cosh(p * square(state, 0, y, 2))) / 3;
        return sum;
    };
    const auto coupled = [](unsigned state, unsigned image) { // Σ μσ, block (⌈x/2⌉, ⌈y/2⌉) of 2 × 3
        long double sum = 0.0;
        for (int y = 0; y < 4; ++y)
            for (int x = 0; x < 2; ++x) sum += spin(state, x + 2 * y) * spin(image, x + 2 * ((y + 1) / 2));
        return sum;
    };
    const auto image = [&](long double p, const std::function<long double(unsigned)>& u) {
        std::array<long double, images> result{};
        for (unsigned mu = 0; mu < images; ++mu) {
            long double sum = 0.0;
            for (unsigned state = 0; state < states; ++state)
                sum += std::exp(u(state) - 2 * mean(state, p) + p * coupled(state, mu));
            result[mu] = std::log(sum);
        }
        return result;
    };
    const auto first = image(p_first, [&](unsigned state) { return 8 * mean(state, K); });
    const auto windows = [](const std::array<long double, images>& u) {
        return [&u](unsigned state) { return 2 * (u[state & 63u] + u[state >> 2]); };
    };
    const auto second = image(p_second, windows(first));
    long double ceiling = 0.0;
    for (unsigned state = 0; state < states; ++state) ceiling += std::exp(windows(second)(state));
    return 0.5L / 16 * std::log(ceiling) / 8;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_bound_is_that_of_its_definition) {
    const SpinGroup group(2, 4);
    std::vector<double> parameters(2 * (1 + static_cast<std::size_t>(group.moved_terms())), 0.0);
    parameters[0] = 0.7;
    parameters[parameters.size() / 2] = 0.9;
    const double K = 0.42, p = 0.7, q = 0.9;
    const auto off =
        static_cast<double>(std::abs(flow::group_bound(group, K, parameters, {}) - by_definition(K, p, q)));
    const double rounding = flow::group_bound_rounding(group, K, parameters);
    BOOST_TEST(off < rounding);
    BOOST_TEST(rounding < 1e-13);
}

BOOST_AUTO_TEST_CASE(a_group_of_one_cell_is_kadanoffs_transformation) {
    const auto classes = std::make_shared<const flow::SpinClasses>(flow::SpinClasses::totally_symmetric(2));
    const std::vector<double> p{0.7, 0.8, 0.75, 1.3};
    const double expected = flow::bound_of_sequence(classes, flow::one_sublattice_decimated(*classes, 0.44), p, {});
    BOOST_TEST(flow::group_bound(SpinGroup(2, 2), 0.44, p, {}) == expected, boost::test_tools::tolerance(1e-13));
}

BOOST_AUTO_TEST_CASE(the_block_transformation_is_normalised_pointwise_to_1e_14) {
    // Σ_μ Π_i e^{p μ_i σ_i} / 2cosh(p Σ_□ σ) over the squares of blocks, σ on a 4 × 4 torus.
    for (const double p : {0.1, 0.77, 3.0}) {
        for (unsigned state = 0; state < 1u << 16; state += 7) {
            double sum = 1.0;
            for (const int corner : {0, 2, 8, 10}) {
                const double s = square(state, corner % 4, corner / 4, 4);
                sum *= (std::exp(p * s) + std::exp(-p * s)) / std::exp(log_2cosh(p * s));
            }
            BOOST_REQUIRE_SMALL(sum - 1, 1e-14);
        }
    }
}

BOOST_AUTO_TEST_CASE(gradients_agree_with_central_differences_to_1e_10) {
    for (const auto& [width, height] : {std::pair{2, 2}, {2, 4}, {4, 2}, {4, 4}}) {
        const SpinGroup group(width, height);
        std::vector<double> at = random_parameters(group, 2, width * height, 0.1);
        std::vector<double> gradient(at.size(), 0.0);
        flow::group_bound(group, 0.43, at, gradient);
        for (std::size_t i = 0; i < at.size(); i += 1 + i % 7) {
            const double slope = support::central_difference(
                [&](double x) {
                    std::vector<double> moved = at;
                    moved[i] = x;
                    return flow::group_bound(group, 0.43, moved, {});
                },
                at[i]);
            BOOST_TEST(std::abs(gradient[i] - slope) < 1e-10);
        }
    }
}

BOOST_AUTO_TEST_CASE(no_violation_at_random_couplings_of_both_signs_and_random_parameters) {
    const SpinGroup small(2, 4), large(4, 4);
    double least = 1.0;
    for (int system = 0; system < 300; ++system) {
        const SpinGroup& group = system % 20 == 0 ? large : small;
        const double K = uniform(system, 99999), f = model::onsager(K).free_energy;
        least = std::min(least, flow::group_bound(group, K, random_parameters(group, 3, system, 0.2), {}) - f);
    }
    BOOST_TEST(least > 0.0);
    BOOST_TEST(least < 0.1);
}

// Relative to Onsager's f(K_c); independently computed values.
BOOST_DATA_TEST_CASE(gaps_at_the_critical_point,
                     data::make({2, 2, 4}) ^ data::make({2, 4, 4}) ^ data::make({4.333e-3, 2.966e-3, 1.868e-3}), width,
                     height, gap) {
    const double K = model::square_critical_coupling, f = model::onsager(K).free_energy;
    const auto best = flow::optimal_group_bound(SpinGroup(width, height), K);
    BOOST_TEST(best.bound.value / f - 1 == gap, boost::test_tools::tolerance(1e-3));
    BOOST_TEST(best.bound.value / f - 1 > 0);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_meant_is_refused) {
    BOOST_CHECK_THROW(SpinGroup(3, 4), core::InputError);
    BOOST_CHECK_THROW(SpinGroup(4, 6), core::InputError);
    BOOST_CHECK_THROW(flow::group_bound(SpinGroup(2, 4), 0.4, std::vector<double>(3, 0.5), {}), core::InputError);
}
