#include "support/autoregressive.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/stats/gamma_method.hpp>

#include <limits>

using namespace blockspin;
using stats::Record;
using support::autoregressive;

BOOST_AUTO_TEST_CASE(a_constant_series_has_no_error) {
    const std::vector<double> series(1000, 0.1);
    const stats::Estimate estimate = stats::gamma_method(Record{series});
    BOOST_TEST((estimate == stats::Estimate{0.1, 0.0, 0.5, 1000.0}));
}

BOOST_AUTO_TEST_CASE(an_alternating_series_is_taken_as_uncorrelated) {
    std::vector<double> series(1000);
    for (std::size_t i = 0; i < series.size(); ++i) series[i] = i % 2 == 0 ? 1 : -1;
    const stats::Estimate estimate = stats::gamma_method(Record{series});
    BOOST_TEST(estimate.mean == 0.0);
    BOOST_TEST(estimate.error == 1 / std::sqrt(1000.0), boost::test_tools::tolerance(1e-12));
    BOOST_TEST(estimate.n_eff == 1000.0);
}

BOOST_AUTO_TEST_CASE(independent_measurements_have_the_textbook_error) {
    const std::vector<double> series = autoregressive(100000, 0.5, 1);
    const stats::Estimate estimate = stats::gamma_method(Record{series});
    BOOST_TEST(estimate.error == 1 / std::sqrt(1e5), boost::test_tools::tolerance(0.02));
    BOOST_TEST(estimate.n_eff == 1e5, boost::test_tools::tolerance(0.04));
}

BOOST_AUTO_TEST_CASE(the_order_of_chains_does_not_matter) {
    const auto a = autoregressive(3000, 4, 11), b = autoregressive(1000, 4, 12), c = autoregressive(2000, 4, 13);
    const auto forward = stats::gamma_analysis(Record{a, b, c});
    const auto backward = stats::gamma_analysis(Record{c, a, b});
    BOOST_TEST(forward.estimate.mean == backward.estimate.mean, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(forward.estimate.error == backward.estimate.error, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(forward.replica_p_value == backward.replica_p_value, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(forward.window == backward.window);
}

BOOST_AUTO_TEST_CASE(a_linear_function_of_means_is_the_mean_of_the_linear_series) {
    const auto a = autoregressive(2000, 3, 21), b = autoregressive(2000, 8, 22);
    std::vector<double> combined(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) combined[i] = 3 * a[i] - 2 * b[i];
    const auto direct = stats::gamma_analysis(Record{combined});
    const std::vector<Record> observables{{a}, {b}};
    const auto derived = stats::gamma_analysis(observables, [](auto mean) { return 3 * mean[0] - 2 * mean[1]; });
    BOOST_TEST(derived.estimate.mean == direct.estimate.mean, boost::test_tools::tolerance(1e-10));
    BOOST_TEST(derived.estimate.error == direct.estimate.error, boost::test_tools::tolerance(1e-10));
    BOOST_TEST(derived.error_of_error == direct.error_of_error, boost::test_tools::tolerance(1e-10));
}

BOOST_AUTO_TEST_CASE(several_chains_remove_the_bias_of_a_square_exactly) {
    const std::vector<double> a{1, 2, 3, 6}, b{5, 0, 2, 1}; // means 3 and 2
    const std::vector<Record> observables{{a, b}};
    const auto square = stats::gamma_method(observables, [](auto mean) { return mean[0] * mean[0]; });
    BOOST_TEST(square.mean == 6.0, boost::test_tools::tolerance(1e-14)); // the product of the two means
}

BOOST_AUTO_TEST_CASE(chains_that_disagree_are_noticed) {
    auto a = autoregressive(4000, 2, 31);
    const auto b = autoregressive(4000, 2, 32);
    BOOST_TEST(stats::gamma_analysis(Record{a, b}).replica_p_value > 0.01);
    for (double& x : a) x += 0.5;
    BOOST_TEST(stats::gamma_analysis(Record{a, b}).replica_p_value < 1e-4);
    BOOST_TEST(stats::gamma_analysis(Record{a}).replica_p_value == 1.0);
}

BOOST_AUTO_TEST_CASE(a_series_of_ten_autocorrelation_times_is_called_too_short) {
    int flagged = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        const auto series = autoregressive(1000, 100, 100 + seed);
        flagged += stats::gamma_method(Record{series}).too_short();
    }
    BOOST_TEST(flagged >= 190);
    const auto series = autoregressive(20000, 100, 99);
    BOOST_TEST(!stats::gamma_method(Record{series}).too_short());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_analysed_is_refused) {
    const std::vector<double> good{1, 2, 3}, longer{1, 2, 3, 4}, one{1}, none;
    const std::vector<double> nan{1, std::numeric_limits<double>::quiet_NaN(), 3};
    const std::vector<double> infinite{1, std::numeric_limits<double>::infinity()};
    BOOST_CHECK_THROW(stats::gamma_method(Record{good, nan}), core::DataError);
    BOOST_CHECK_THROW(stats::gamma_method(Record{infinite}), core::DataError);
    BOOST_CHECK_THROW(stats::gamma_method(Record{good, none}), core::InputError);
    BOOST_CHECK_THROW(stats::gamma_method(Record{one}), core::InputError);
    BOOST_CHECK_THROW(stats::gamma_method(Record{}), core::InputError);
    const std::vector<Record> unequal{{good}, {longer}};
    const auto first = [](std::span<const double> mean) { return mean[0]; };
    BOOST_CHECK_THROW(stats::gamma_method(unequal, first), core::InputError);
    BOOST_CHECK_THROW(stats::gamma_method(std::vector<Record>{}, first), core::InputError);
}
