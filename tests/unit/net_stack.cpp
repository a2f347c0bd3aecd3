#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/net/diagnostics.hpp>
#include <blockspin/net/exact.hpp>
#include <blockspin/net/fantasy.hpp>
#include <blockspin/net/stack.hpp>
#include <blockspin/net/update.hpp>

#include <cmath>
#include <numeric>
#include <vector>

using namespace blockspin;

namespace {

const rng::Key key(6);

net::Stack stack() {
    return {net::initial_rbm(8, 5, 1.0, key, 0, 0), net::initial_rbm(5, 3, 1.0, key, 0, 1),
            net::initial_rbm(3, 2, 1.0, key, 0, 2)};
}

net::Dataset counting_rows(std::int64_t rows, std::vector<std::int64_t> chains = {}) {
    std::vector<std::uint8_t> bits(static_cast<std::size_t>(rows));
    std::iota(bits.begin(), bits.end(), std::uint8_t{0});
    return {8, bits, std::move(chains)};
}

std::vector<std::int64_t> first_rows(std::int64_t count) {
    std::vector<std::int64_t> rows(static_cast<std::size_t>(count));
    std::iota(rows.begin(), rows.end(), 0);
    return rows;
}

} // namespace

BOOST_AUTO_TEST_CASE(initial_weights_have_the_width_asked_for_and_differ_between_trainings_and_layers) {
    const auto rbm = net::initial_rbm(100, 101, 0.01, key, 0, 0); // an odd number of weights in each row
    double squares = 0;
    for (const double w : rbm.weights.values()) squares += w * w;
    BOOST_TEST(std::abs(std::sqrt(squares / 10100) - 0.01) < 4 * 0.01 / std::sqrt(2 * 10100.0));
    BOOST_TEST((rbm != net::initial_rbm(100, 101, 0.01, key, 1, 0)));
    BOOST_TEST((rbm != net::initial_rbm(100, 101, 0.01, key, 0, 1)));
    BOOST_TEST((rbm == net::initial_rbm(100, 101, 0.01, key, 0, 0)));
}

BOOST_AUTO_TEST_CASE(receptive_fields_are_products_of_weights_to_1e_5) {
    const net::Stack machines = stack();
    BOOST_TEST((net::receptive_fields(machines, 1) == machines[0].weights));
    const auto fields = net::receptive_fields(machines, 3);
    for (int i = 0; i < 8; ++i) {
        for (int l = 0; l < 2; ++l) {
            double sum = 0;
            for (int j = 0; j < 5; ++j) {
                for (int k = 0; k < 3; ++k) {
                    sum += double{machines[0].weights(i, j)} * machines[1].weights(j, k) * machines[2].weights(k, l);
                }
            }
            BOOST_TEST(std::abs(fields(i, l) - sum) < 1e-5);
        }
    }
    BOOST_CHECK_THROW(net::receptive_fields(machines, 4), core::InternalError);
}

BOOST_AUTO_TEST_CASE(free_energies_of_rows_are_those_of_the_table_to_1e_5) {
    const auto rbm = stack().front();
    const auto table = net::free_energy_table(net::to_double(rbm));
    const auto data = counting_rows(256);
    const auto rows = first_rows(256);
    const auto watched = net::diagnose(support::world(), rbm, data, rows);
    for (std::size_t c = 0; c < table.size(); ++c) BOOST_TEST(std::abs(watched.free_energy[c] - table[c]) < 1e-5);
}

BOOST_AUTO_TEST_CASE(the_reconstruction_error_is_a_quarter_without_weights_and_0_with_strong_ties) {
    net::Rbm<float> rbm(8, 8);
    const auto data = counting_rows(40);
    const auto rows = first_rows(40);
    for (const double error : net::diagnose(support::world(), rbm, data, rows).reconstruction_error)
        BOOST_TEST(error == 0.25);
    for (int i = 0; i < 8; ++i) rbm.weights(i, i) = 10.0F;
    for (const double error : net::diagnose(support::world(), rbm, data, rows).reconstruction_error)
        BOOST_TEST(error < 1e-12);
}

BOOST_AUTO_TEST_CASE(watched_rows_are_evenly_spread) {
    const auto rows = first_rows(10);
    BOOST_TEST(net::evenly_spread(rows, 5) == (std::vector<std::int64_t>{0, 2, 4, 6, 8}),
               boost::test_tools::per_element());
    BOOST_TEST(net::evenly_spread(rows, 20) == rows, boost::test_tools::per_element());
    BOOST_TEST(net::evenly_spread({}, 20).empty());
}

BOOST_AUTO_TEST_CASE(chains_of_the_data_are_series_of_their_own) {
    const auto data = counting_rows(60, {20, 40});
    const auto rows = first_rows(60);
    std::vector<double> values(60); // constant in each chain: their difference must not look like autocorrelation
    for (std::size_t i = 0; i < 60; ++i) values[i] = i < 20 ? 1.0 : 4.0;
    BOOST_TEST(net::mean_over_rows(data, rows, values).mean == 3.0);
    const std::vector<std::int64_t> one{5};
    BOOST_TEST(net::mean_over_rows(data, one, std::vector<double>{2.0}).error == 0.0);
}

BOOST_AUTO_TEST_CASE(chains_that_start_from_data_start_evenly_along_it) {
    net::FantasyChains chains(support::world(), 4, 8);
    const auto data = counting_rows(40);
    chains.start_from(data, first_rows(40));
    std::vector<std::uint8_t> bits;
    net::append_packed(chains.units(), bits);
    BOOST_TEST(bits == (std::vector<std::uint8_t>{0, 10, 20, 30}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_update_is_momentum_gradient_and_decay_of_weights_only) {
    net::Rbm<double> rbm(1, 2), change(1, 2);
    net::Gradient<double> gradient(1, 2);
    rbm.weights(0, 0) = 2.0;
    rbm.weights(0, 1) = -1.0;
    rbm.visible_bias[0] = 3.0;
    change.weights(0, 0) = 0.5;
    change.visible_bias[0] = 1.0;
    gradient.weights(0, 0) = 1.0;
    gradient.hidden_bias[1] = 0.25;
    net::update(net::LearningRule{.rate = 0.1, .momentum = 0.5, .l1 = 0.3, .l2 = 0.2}, gradient, change, rbm);
    BOOST_TEST(std::abs(rbm.weights(0, 0) - (2.0 + 0.25 + 0.1 * (1.0 - 0.3 - 0.4))) < 1e-15);
    BOOST_TEST(std::abs(rbm.weights(0, 1) - (-1.0 + 0.1 * (0.3 + 0.2))) < 1e-15);
    BOOST_TEST(rbm.visible_bias[0] == 3.5);
    BOOST_TEST(rbm.hidden_bias[1] == 0.025);
    BOOST_TEST(change.visible_bias[0] == 0.5);
}

BOOST_AUTO_TEST_CASE(nesterov_momentum_goes_on_from_where_the_step_ends) {
    net::Rbm<double> rbm(1, 1), change(1, 1);
    net::Gradient<double> gradient(1, 1);
    rbm.weights(0, 0) = 2.0;
    change.weights(0, 0) = 0.5;
    gradient.weights(0, 0) = 1.0;
    net::update(net::LearningRule{.rate = 0.1, .momentum = 0.5, .nesterov = true}, gradient, change, rbm);
    BOOST_TEST(std::abs(change.weights(0, 0) - (0.5 * 0.5 + 0.1)) < 1e-15);
    BOOST_TEST(std::abs(rbm.weights(0, 0) - (2.0 + 0.5 * 0.35 + 0.1)) < 1e-15);
}

// Momentum 0.9 on the gradient −x of a parabola: Nesterov's comes to rest sooner, as theory says.
BOOST_AUTO_TEST_CASE(nesterov_momentum_damps_oscillations) {
    const auto distance = [](bool nesterov) {
        net::Rbm<double> rbm(1, 1), change(1, 1), gradient(1, 1);
        rbm.weights(0, 0) = 1.0;
        for (int step = 0; step < 100; ++step) {
            gradient.weights(0, 0) = -rbm.weights(0, 0);
            net::update(net::LearningRule{.rate = 0.5, .momentum = 0.9, .nesterov = nesterov}, gradient, change, rbm);
        }
        return std::abs(rbm.weights(0, 0)) + std::abs(change.weights(0, 0));
    };
    BOOST_TEST(distance(true) < 1e-3 * distance(false));
}

BOOST_AUTO_TEST_CASE(weights_of_a_hidden_unit_are_scaled_back_to_the_largest_norm) {
    net::Rbm<double> rbm(2, 2), change(2, 2);
    const net::Gradient<double> gradient(2, 2);
    rbm.weights = linalg::Matrix<double>(2, 2, std::vector<double>{3.0, 0.3, 4.0, 0.4}); // norms 5 and 0.5
    rbm.hidden_bias = {10.0, 10.0};
    net::update(net::LearningRule{.max_norm = 2.0}, gradient, change, rbm);
    BOOST_TEST(std::abs(rbm.weights(0, 0) - 1.2) < 1e-15);
    BOOST_TEST(std::abs(rbm.weights(1, 0) - 1.6) < 1e-15);
    BOOST_TEST((rbm.weights(0, 1) == 0.3 && rbm.weights(1, 1) == 0.4 && rbm.hidden_bias[0] == 10.0));
}
