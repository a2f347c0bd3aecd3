#include "support/autoregressive.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/stats/jackknife.hpp>

using namespace blockspin;
using stats::Record;
using support::autoregressive;

namespace {

const auto mean_itself = [](std::span<const double> mean) { return mean[0]; };
const auto variance = [](std::span<const double> mean) { return mean[1] - mean[0] * mean[0]; };

std::vector<double> squares(const std::vector<double>& series) {
    std::vector<double> result;
    for (const double x : series) result.push_back(x * x);
    return result;
}

/// Squared error of the mean from the scatter of means of `count` equal blocks.
double squared_error_of_blocks(const std::vector<double>& series, std::size_t count) {
    std::vector<double> means(count, 0.0);
    const std::size_t length = series.size() / count;
    for (std::size_t i = 0; i < series.size(); ++i) means[i / length] += series[i] / static_cast<double>(length);
    const double centre = std::accumulate(means.begin(), means.end(), 0.0) / static_cast<double>(count);
    double sum = 0;
    for (const double x : means) sum += (x - centre) * (x - centre);
    return sum / static_cast<double>(count * (count - 1));
}

/// White noise over blocks of 10, so that 1000 of them make 100 blocks: its tau_int is 1/2 by construction.
std::vector<double> thousand_alternating() {
    std::vector<double> series(1000);
    for (std::size_t i = 0; i < series.size(); ++i) {
        series[i] = (i % 2 == 0 ? 1.0 : -1.0) * (2 + std::sin(static_cast<double>(i / 10)));
    }
    for (std::size_t i = 0; i < series.size(); i += 10) series[i] += std::cos(static_cast<double>(i * i));
    return series;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_error_of_a_mean_is_the_scatter_of_block_means) {
    const auto series = thousand_alternating(); // tau_int <= 1/2: blocks of cbrt(1000) = 10
    const stats::Estimate estimate = stats::jackknife(std::vector<Record>{{series}}, mean_itself);
    BOOST_TEST(estimate.tau_int == 0.5);
    BOOST_TEST(estimate.error * estimate.error == squared_error_of_blocks(series, 100),
               boost::test_tools::tolerance(1e-10));
}

BOOST_AUTO_TEST_CASE(the_bias_of_a_square_is_removed_by_the_scatter_of_block_means) {
    const auto series = thousand_alternating();
    const std::vector<Record> observables{{series}};
    const auto square = [](std::span<const double> mean) { return mean[0] * mean[0]; };
    const double kept = stats::jackknife(observables, square, stats::Bias::kept).mean;
    const double corrected = stats::jackknife(observables, square).mean;
    BOOST_TEST(kept - corrected == squared_error_of_blocks(series, 100), boost::test_tools::tolerance(1e-8));
}

BOOST_AUTO_TEST_CASE(the_mean_needs_no_correction_even_with_unequal_blocks) {
    const auto a = autoregressive(997, 3, 1), b = autoregressive(311, 3, 2), c = autoregressive(5, 3, 3);
    const std::vector<Record> observables{{a, b, c}};
    const auto corrected = stats::jackknife(observables, mean_itself);
    const auto kept = stats::jackknife(observables, mean_itself, stats::Bias::kept);
    BOOST_TEST(corrected.mean == kept.mean, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(corrected.error == stats::gamma_method(observables[0]).error, boost::test_tools::tolerance(0.3));
}

BOOST_AUTO_TEST_CASE(the_order_of_chains_does_not_matter) {
    const auto a = autoregressive(3000, 4, 11), b = autoregressive(1000, 4, 12);
    const auto a2 = squares(a), b2 = squares(b);
    const auto forward = stats::jackknife(std::vector<Record>{{a, b}, {a2, b2}}, variance);
    const auto backward = stats::jackknife(std::vector<Record>{{b, a}, {b2, a2}}, variance);
    BOOST_TEST(forward.mean == backward.mean, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(forward.error == backward.error, boost::test_tools::tolerance(1e-10));
}

BOOST_AUTO_TEST_CASE(linearly_dependent_quantities_have_a_singular_covariance) {
    const auto series = autoregressive(5000, 2, 7);
    const auto second = squares(series);
    const stats::Derived both =
        stats::jackknife(std::vector<Record>{{series}, {second}}, [](std::span<const double> mean) {
            return std::vector{mean[0] + mean[1], 2 * mean[0] + 2 * mean[1], 5.0};
        });
    const double unit = both.covariance_of(0, 0);
    BOOST_TEST(both.covariance_of(0, 1) == 2 * unit, boost::test_tools::tolerance(1e-10));
    BOOST_TEST(both.covariance_of(1, 0) == both.covariance_of(0, 1));
    BOOST_TEST(both.covariance_of(1, 1) == 4 * unit, boost::test_tools::tolerance(1e-10));
    BOOST_TEST(both.estimates[2].error == 0.0);
    BOOST_TEST(both.estimates[0].error * both.estimates[0].error == unit, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(jackknife_and_gamma_method_give_the_same_error_of_a_variance) {
    const auto series = autoregressive(100000, 5, 17);
    const auto second = squares(series);
    const std::vector<Record> observables{{series}, {second}};
    const auto by_blocks = stats::jackknife(observables, variance);
    const auto by_gamma = stats::gamma_method(observables, variance);
    BOOST_TEST(by_blocks.error == by_gamma.error, boost::test_tools::tolerance(0.1));
    BOOST_TEST(std::abs(by_blocks.mean - by_gamma.mean) < 0.05 * by_gamma.error);
}

BOOST_AUTO_TEST_CASE(a_constant_observable_has_no_error) {
    const std::vector<double> series(100, 0.3);
    const auto estimate = stats::jackknife(std::vector<Record>{{series}}, mean_itself);
    BOOST_TEST((estimate == stats::Estimate{0.3, 0.0, 0.5, 100.0}));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_analysed_is_refused) {
    const std::vector<double> one{1.0}, nan{1.0, std::nan("")};
    BOOST_CHECK_THROW(stats::jackknife(std::vector<Record>{{one}}, mean_itself), core::InputError);
    BOOST_CHECK_THROW(stats::jackknife(std::vector<Record>{{nan}}, mean_itself), core::DataError);
}
