#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/lapack.hpp>
#include <blockspin/mcrg/linearised_flow.hpp>
#include <blockspin/mcrg/tuned_rule.hpp>
#include <blockspin/rng/draws.hpp>

#include <cmath>
#include <string>
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

BOOST_AUTO_TEST_CASE(a_rule_is_tuned_where_exponents_of_successive_steps_agree) {
    // y_T and y_H after three steps at p = 0.5, 0.4 and 0.6, in this order: between the first two steps y_T crosses in
    // 0.4 … 0.5, y_H in 0.5 … 0.6; after the third they run beside those of the second.
    const double values[3][2][3] = {{{1.62, 1.58, 1.50}, {2.49, 2.47, 2.40}},
                                    {{1.56, 1.60, 1.52}, {2.51, 2.45, 2.38}},
                                    {{1.70, 1.55, 1.47}, {2.44, 2.48, 2.41}}};
    const std::vector<double> p{0.5, 0.4, 0.6};
    mcrg::Exponents exponents;
    std::vector<mcrg::Means> sectors;
    for (std::size_t rule = 0; rule < 3; ++rule) {
        for (std::size_t parity = 0; parity < 2; ++parity) {
            sectors.push_back(parity == 0 ? mcrg::Means::estimated : mcrg::Means::zero);
            for (std::size_t step = 1; step <= 3; ++step) {
                exponents.all.push_back(
                    {.sector = 2 * rule + parity,
                     .step = step,
                     .estimate = {.mean = values[rule][parity][step - 1], .error = 0.002, .n_eff = 99}});
            }
        }
    }
    const std::size_t n = exponents.all.size();
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j)
            exponents.covariance.push_back(i == j ? 4e-6 : 2e-6); // half of it in common
    }
    const auto rows = mcrg::tuned_rule("", exponents, sectors, p);
    BOOST_TEST_REQUIRE(rows.size() == 4u);
    BOOST_TEST(rows[0].quantity == "p where y_T agrees, steps 1 and 2, 1 operator");
    BOOST_TEST(rows[3].quantity == "y_H there, steps 1 and 2, 1 operator");
    const double expected[] = {0.45, 1.59, 0.5 + 0.1 / 3,
                               2.49 - 0.05 / 3}; // lines that cross at 1/2 and 1/3 of the way
    for (std::size_t r = 0; r < 4; ++r) {
        BOOST_TEST(std::abs(rows[r].value - expected[r]) < 1e-12);
        double variance = 0; // from slopes by finite differences; what all have in common moves the exponent only
        std::vector<double> gradient;
        for (std::size_t i = 0; i < n; ++i) {
            mcrg::Exponents moved = exponents;
            moved.all[i].estimate.mean += 1e-7;
            gradient.push_back((mcrg::tuned_rule("", moved, sectors, p).at(r).value - rows[r].value) / 1e-7);
        }
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t j = 0; j < n; ++j) variance += gradient[i] * gradient[j] * exponents.covariance[i * n + j];
        }
        BOOST_TEST(std::abs(*rows[r].error - std::sqrt(variance)) < 1e-5 * *rows[r].error);
    }
    for (double& value : exponents.covariance) value *= 1e4; // errors of 0.2: nowhere a crossing
    BOOST_TEST(mcrg::tuned_rule("", exponents, sectors, p).empty());
}
