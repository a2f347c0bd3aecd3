#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/lapack.hpp>
#include <blockspin/mcrg/linearised_flow.hpp>
#include <blockspin/rng/draws.hpp>

#include <cmath>
#include <vector>

using namespace blockspin;

namespace {

/// Independent Gaussian sums S and S' = slope S + noise, each repeated: two operators in two chains, one step.
mcrg::FlowSeries gaussian(std::size_t length, std::size_t repetitions, double slope, mcrg::Means means) {
    mcrg::SectorSeries sector{.sums = {{{}, {}}, {{}, {}}}, .means = means, .eigenvalues = 2};
    const double offset = means == mcrg::Means::estimated ? 1000 : 0;
    for (std::size_t i = 0; i < length; ++i) {
        for (std::int32_t a = 0; a < 2; ++a) {
            const auto [x, y] = rng::normal(rng::Key(4), {.place = static_cast<std::int64_t>(i), .draw = a});
            auto& fine = sector.sums[0][static_cast<std::size_t>(a)];
            auto& coarse = sector.sums[1][static_cast<std::size_t>(a)];
            fine.insert(fine.end(), repetitions, offset + x);
            coarse.insert(coarse.end(), repetitions, offset + slope * x + 0.5 * y);
        }
    }
    return {.chains = 2, .sectors = {sector}};
}

} // namespace

BOOST_AUTO_TEST_CASE(a_linearised_flow_solves_its_equations) {
    mcrg::Correlators correlators{{2, 2}, {2, 2}};
    correlators.coarse(0, 0) = 2;
    correlators.coarse(1, 1) = 4;
    correlators.coarse(0, 1) = correlators.coarse(1, 0) = 1;
    correlators.cross(0, 0) = 5;
    correlators.cross(0, 1) = 3;
    correlators.cross(1, 1) = 12;
    const auto one = mcrg::linearised_flow(correlators, 1), two = mcrg::linearised_flow(correlators, 2);
    BOOST_TEST(one.rows() == 1);
    BOOST_TEST(one(0, 0) == 2.5);
    for (int a = 0; a < 2; ++a) {
        for (int b = 0; b < 2; ++b) {
            const double product = correlators.coarse(a, 0) * two(0, b) + correlators.coarse(a, 1) * two(1, b);
            BOOST_TEST(std::abs(product - correlators.cross(a, b)) < 1e-14);
        }
    }
    correlators.coarse(1, 1) = 0.5; // the second operator is half the first
    BOOST_CHECK_THROW(mcrg::linearised_flow(correlators, 2), linalg::NumericalError);
}

BOOST_AUTO_TEST_CASE(exponents_of_gaussian_sums_agree_with_their_exact_value) {
    const double exact = std::log2(2 / (2 * 2 + 0.25)); // T = slope / (slope^2 + noise^2)
    for (const auto means : {mcrg::Means::estimated, mcrg::Means::zero}) {
        for (const auto& exponent : mcrg::exponents(gaussian(4000, 1, 2, means), 2).all) {
            BOOST_TEST(exponent.is_real);
            BOOST_TEST(exponent.estimate.error < 0.008);
            BOOST_TEST(std::abs(exponent.estimate.mean - exact) < 0.03);
        }
    }
}

BOOST_AUTO_TEST_CASE(measurements_that_repeat_do_not_make_the_error_smaller) {
    const auto once = mcrg::exponents(gaussian(4000, 1, 2, mcrg::Means::estimated), 2).all.front().estimate;
    const auto repeated = mcrg::exponents(gaussian(4000, 8, 2, mcrg::Means::estimated), 2).all.front().estimate;
    BOOST_TEST(std::abs(repeated.mean - once.mean) < 0.1 * once.error);
    BOOST_TEST(std::abs(repeated.error / once.error - 1) < 0.15);
    BOOST_TEST(std::abs(repeated.tau_int - 4) < 1);
    BOOST_TEST(std::abs(once.tau_int - 0.5) < 0.1);
}

BOOST_AUTO_TEST_CASE(exponents_come_by_step_operators_and_rank_with_their_covariance) {
    const auto found = mcrg::exponents(gaussian(4000, 1, 2, mcrg::Means::estimated), 2);
    BOOST_TEST(found.all.size() == 3u);
    for (std::size_t i = 0; i < 3; ++i) {
        BOOST_TEST((found.all[i].step == 1 && found.all[i].operators == 1 + (i + 1) / 2 && found.all[i].rank == i / 2));
        BOOST_TEST(std::abs(found.covariance[4 * i] - std::pow(found.all[i].estimate.error, 2)) < 1e-12);
    }
    BOOST_TEST(found.all[1].estimate.mean > found.all[2].estimate.mean);
    BOOST_TEST(found.covariance[1] == found.covariance[3]);
}

BOOST_AUTO_TEST_CASE(bins_of_measurements_change_neither_value_nor_error) {
    // 40 000 measurements in 2000 bins; every one repeated 16 times, so that bins of 20 are not independent.
    const auto once = mcrg::exponents(gaussian(2500, 1, 2, mcrg::Means::estimated), 2).all.front().estimate;
    const auto binned = mcrg::exponents(gaussian(2500, 16, 2, mcrg::Means::estimated), 2).all.front().estimate;
    BOOST_TEST(std::abs(binned.mean - once.mean) < 0.1 * once.error);
    BOOST_TEST(std::abs(binned.error / once.error - 1) < 0.2);
    BOOST_TEST(std::abs(binned.tau_int - 8) < 2);
}

BOOST_AUTO_TEST_CASE(an_eigenvalue_that_is_not_positive_is_marked) {
    BOOST_TEST(!mcrg::exponents(gaussian(1000, 1, -2, mcrg::Means::zero), 2).all.front().is_real);
}

BOOST_AUTO_TEST_CASE(a_flow_that_vanishes_is_refused) {
    const mcrg::SectorSeries sector{.sums = {{{1, 1, -1, -1}}, {{1, -1, 1, -1}}}, .means = mcrg::Means::zero};
    const mcrg::FlowSeries series{.sectors = {sector}};
    BOOST_CHECK_THROW(mcrg::exponents(series, 2), core::InputError);
}
