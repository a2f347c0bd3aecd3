#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/stats/comparison.hpp>

#include <limits>
#include <random>

using namespace blockspin;
using boost::test_tools::tolerance;

BOOST_AUTO_TEST_CASE(p_values_match_the_tables) {
    BOOST_TEST(stats::two_sided_p_value(1) == 0.31731050786291415, tolerance(1e-13));
    BOOST_TEST(stats::two_sided_p_value(-3) == 0.0026997960632601866, tolerance(1e-13));
    BOOST_TEST(stats::chi_squared_p_value(3.0, 2) == std::exp(-1.5), tolerance(1e-13));
    BOOST_TEST(stats::chi_squared_p_value(4.0, 1) == stats::two_sided_p_value(2), tolerance(1e-13));
}

BOOST_AUTO_TEST_CASE(the_family_wise_threshold_is_sidaks) {
    BOOST_TEST(stats::two_sided_p_value(stats::family_wise_sigma(1)) == 1e-3, tolerance(1e-12));
    for (const std::size_t m : {2, 10, 1000, 1000000}) {
        const double alarm = stats::two_sided_p_value(stats::family_wise_sigma(m, 0.05));
        BOOST_TEST(-std::expm1(static_cast<double>(m) * std::log1p(-alarm)) == 0.05, tolerance(1e-11));
    }
    BOOST_CHECK_THROW(stats::family_wise_sigma(0), core::InputError);
    BOOST_CHECK_THROW(stats::family_wise_sigma(1, 1.0), core::InputError);
    BOOST_CHECK_THROW(stats::family_wise_sigma(1, std::nan("")), core::InputError);
}

BOOST_AUTO_TEST_CASE(errors_add_in_quadrature) {
    const auto comparison = stats::compare({1.0, 0.3, 0.5, 100}, {2.0, 0.4, 0.5, 100});
    BOOST_TEST(comparison.difference == -1.0);
    BOOST_TEST(comparison.error == 0.5, tolerance(1e-15));
    BOOST_TEST(comparison.sigmas() == 2.0, tolerance(1e-15));
    BOOST_TEST(comparison.agrees(1));
    BOOST_TEST(!comparison.agrees(1, 0.1));
    BOOST_TEST(stats::compare({1.5, 0, 0.5, 1}, 1.5).sigmas() == 0.0);
    BOOST_TEST(stats::compare({1.5, 0, 0.5, 1}, 1.0).sigmas() == std::numeric_limits<double>::infinity());
}

BOOST_AUTO_TEST_CASE(a_value_that_is_not_a_number_never_agrees) {
    BOOST_TEST(!stats::compare({std::nan(""), 1, 0.5, 100}, 0.0).agrees(1));
    BOOST_TEST(!stats::compare({0, std::nan(""), 0.5, 100}, 1.0).agrees(1));
}

BOOST_AUTO_TEST_CASE(goodness_of_fit_is_pearsons) {
    const std::vector<std::int64_t> counts{44, 56};
    const std::vector<double> fair{0.5, 0.5};
    const auto fit = stats::goodness_of_fit(counts, fair);
    BOOST_TEST(fit.chi_squared == 2 * 36 / 50.0, tolerance(1e-14));
    BOOST_TEST(fit.degrees == 1.0);
    BOOST_TEST(fit.p_value == stats::two_sided_p_value(1.2), tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(rare_cells_are_joined_and_impossible_ones_refute) {
    const std::vector<double> probabilities{0.02, 0.02, 0.02, 0.94, 0};
    const auto fit = stats::goodness_of_fit(std::vector<std::int64_t>{1, 2, 3, 94, 0}, probabilities);
    BOOST_TEST(fit.degrees == 1.0);
    BOOST_TEST(fit.chi_squared == 0.0);
    BOOST_TEST(stats::goodness_of_fit(std::vector<std::int64_t>{1, 2, 3, 93, 1}, probabilities).p_value == 0.0);
    BOOST_CHECK_THROW(stats::goodness_of_fit(std::vector<std::int64_t>{1, 2}, probabilities), core::InputError);
    BOOST_CHECK_THROW(stats::goodness_of_fit(std::vector<std::int64_t>{1}, std::vector{0.5}), core::InputError);
}

BOOST_AUTO_TEST_CASE(p_values_of_fair_dice_are_uniform) {
    std::mt19937_64 engine(1975);
    const std::vector<double> fair(8, 0.125);
    std::vector<std::int64_t> deciles(10, 0);
    for (int experiment = 0; experiment < 2000; ++experiment) {
        std::vector<std::int64_t> counts(8, 0);
        for (int draw = 0; draw < 800; ++draw) ++counts[engine() >> 61];
        ++deciles[static_cast<std::size_t>(std::min(9.0, 10 * stats::goodness_of_fit(counts, fair).p_value))];
    }
    BOOST_TEST(stats::goodness_of_fit(deciles, std::vector<double>(10, 0.1)).p_value > 1e-3);
}
