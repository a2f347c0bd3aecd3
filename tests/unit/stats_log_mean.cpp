#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/stats/log_mean.hpp>

#include <cmath>
#include <random>
#include <vector>

using namespace blockspin;

BOOST_AUTO_TEST_CASE(equal_weights_have_their_own_logarithm_and_no_error) {
    for (const double x : {-1e5, 0.0, 3.25, 1e5}) {
        const auto estimate = stats::log_mean_exp(std::vector<double>(7, x));
        BOOST_TEST(estimate.mean == x);
        BOOST_TEST(estimate.error < 1e-14);
        BOOST_TEST(std::abs(estimate.n_eff - 7) < 1e-14);
    }
}

BOOST_AUTO_TEST_CASE(two_weights_are_worked_out_by_hand) {
    const auto estimate = stats::log_mean_exp(std::vector<double>{std::log(1.0), std::log(3.0)});
    BOOST_TEST(std::abs(estimate.mean - std::log(2.0)) < 1e-15);
    BOOST_TEST(std::abs(estimate.error - std::log(3.0) / 2) < 1e-15); // sqrt(1/2 · 2 · (ln 3 / 2)²)
    BOOST_TEST(std::abs(estimate.n_eff - 1.6) < 1e-15);
}

BOOST_AUTO_TEST_CASE(one_weight_that_outweighs_all_has_an_error_that_says_so) {
    const auto estimate = stats::log_mean_exp(std::vector<double>{0, 0, 0, 0, 0, 0, 0, 0, 0, 200});
    BOOST_TEST(std::abs(estimate.mean - (200 - std::log(10.0))) < 1e-12);
    BOOST_TEST(estimate.error > 100);
    BOOST_TEST(estimate.n_eff < 1 + 1e-12);
}

BOOST_AUTO_TEST_CASE(the_error_is_the_scatter_of_repetitions_to_5_percent) {
    std::mt19937_64 engine(1);
    std::normal_distribution<double> normal(0.0, 0.5);
    constexpr int repetitions = 4000, weights = 100;
    double sum = 0, squares = 0, errors = 0;
    for (int r = 0; r < repetitions; ++r) {
        std::vector<double> logs(weights);
        for (double& x : logs) x = normal(engine);
        const auto estimate = stats::log_mean_exp(logs);
        sum += estimate.mean;
        squares += estimate.mean * estimate.mean;
        errors += estimate.error;
    }
    const double mean = sum / repetitions, scatter = std::sqrt(squares / repetitions - mean * mean);
    BOOST_TEST(std::abs(errors / repetitions / scatter - 1) < 0.05); // the scatter is known to 1.1 %
    BOOST_TEST(std::abs(mean - 0.125) < 0.005);                      // E e^x = e^{σ²/2}, less error²/2 = 0.0014
}

BOOST_AUTO_TEST_CASE(weights_without_an_error_or_a_value_are_refused) {
    BOOST_CHECK_THROW(stats::log_mean_exp(std::vector<double>{1.0}), core::InputError);
    BOOST_CHECK_THROW(stats::log_mean_exp(std::vector<double>{1.0, HUGE_VAL}), core::DataError);
    BOOST_CHECK_THROW(stats::log_mean_exp(std::vector<double>{1.0, std::nan("")}), core::DataError);
}
