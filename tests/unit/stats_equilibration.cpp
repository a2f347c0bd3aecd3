#include "support/autoregressive.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/stats/equilibration.hpp>
#include <blockspin/stats/gamma_method.hpp>

using namespace blockspin;
using stats::Record;
using support::autoregressive;

namespace {

std::vector<double> relaxing(double start, double decay, std::uint64_t seed) {
    std::vector<double> series = autoregressive(5000, 2, seed);
    for (std::size_t i = 0; i < series.size(); ++i) series[i] += start * std::exp(-static_cast<double>(i) / decay);
    return series;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_relaxing_start_is_dropped) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto series = relaxing(20, 50, seed); // falls to one standard deviation after 150, to a tenth after 265
        const auto [drop, reached] = stats::equilibration(Record{series});
        BOOST_TEST(reached);
        BOOST_TEST(drop >= 120);
        BOOST_TEST(drop <= 600);
    }
}

BOOST_AUTO_TEST_CASE(opposite_starts_do_not_hide_each_other) {
    const auto hot = relaxing(20, 50, 101), cold = relaxing(-20, 50, 102);
    const auto [drop, reached] = stats::equilibration(Record{hot, cold});
    BOOST_TEST(reached);
    BOOST_TEST(drop >= 120);
    BOOST_TEST(drop <= 600);
}

BOOST_AUTO_TEST_CASE(a_stationary_series_keeps_nearly_everything) {
    std::vector<std::int64_t> drops;
    for (std::uint64_t seed = 0; seed < 101; ++seed) {
        const auto series = autoregressive(5000, 2, 1000 + seed);
        drops.push_back(stats::equilibration(Record{series}).drop);
    }
    std::ranges::nth_element(drops, drops.begin() + 50);
    BOOST_TEST(drops[50] <= 250); // 5 %
}

BOOST_AUTO_TEST_CASE(a_drift_to_the_end_is_not_equilibrium) {
    std::vector<double> series = autoregressive(1000, 1, 3);
    for (std::size_t i = 0; i < series.size(); ++i) series[i] += 0.05 * static_cast<double>(i);
    BOOST_TEST(!stats::equilibration(Record{series}).reached);
}

BOOST_AUTO_TEST_CASE(a_short_series_is_never_equilibrated) {
    const std::vector<double> series(19, 1.0), constant(20, 1.0);
    BOOST_TEST(!stats::equilibration(Record{series}).reached);
    BOOST_TEST(stats::equilibration(Record{constant}).reached);
    BOOST_TEST(stats::equilibration(Record{constant}).drop == 0);
}

BOOST_AUTO_TEST_CASE(the_transient_is_cut_from_every_chain) {
    const std::vector<double> a{1, 2, 3, 4}, b{5, 6, 7};
    const Record rest = stats::without_transient(Record{a, b}, 2);
    BOOST_TEST(rest[0].size() == 2u);
    BOOST_TEST(rest[1].front() == 7.0);
    BOOST_CHECK_THROW(stats::without_transient(Record{a, b}, 3), core::InputError);
    BOOST_CHECK_THROW(stats::without_transient(Record{a, b}, -1), core::InputError);
}
