// Ladders and the exchange of walkers on them.
#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/tempering/exchange.hpp>
#include <blockspin/tempering/ladder.hpp>
#include <blockspin/tempering/parameters.hpp>

#include <array>
#include <cmath>
#include <vector>

using namespace blockspin;

BOOST_AUTO_TEST_CASE(walkers_are_exchanged_as_often_as_the_weights_say) {
    tempering::Exchange exchange(50, 2, rng::Key(5));
    const double log_ratio = std::log(0.3);
    for (int turn = 0; turn < 4000; ++turn) {
        exchange.attempt(turn, [&](std::int64_t, std::int64_t) { return log_ratio; });
    }
    BOOST_TEST(exchange.attempts(0) == 2000); // only every second turn begins at rung 0
    std::int64_t accepted = 0;
    for (std::int64_t ladder = 0; ladder < 50; ++ladder) accepted += exchange.accepted(ladder, 0);
    constexpr double n = 50.0 * 2000.0;
    BOOST_TEST(std::abs(static_cast<double>(accepted) / n - 0.3) < 4.5 * std::sqrt(0.3 * 0.7 / n));
    BOOST_TEST(std::abs(exchange.acceptance().at(0) - 0.3) < 1e-12);
}

BOOST_AUTO_TEST_CASE(walkers_and_rungs_are_inverse_and_certain_exchanges_carry_walkers_up_and_down) {
    constexpr std::int64_t rungs = 5;
    tempering::Exchange exchange(2, rungs, rng::Key(5));
    for (int turn = 0; turn < 40; ++turn) {
        exchange.attempt(turn, [](std::int64_t, std::int64_t) { return 1.0; });
        for (std::int64_t ladder = 0; ladder < 2; ++ladder) {
            for (std::int64_t rung = 0; rung < rungs; ++rung) {
                BOOST_TEST(exchange.rung(ladder, exchange.walker(ladder, rung)) == rung);
            }
        }
    }
    // Every walker goes on in its direction and turns at the ends: a round trip takes as many turns as two ladders.
    const tempering::RoundTrips trips = exchange.round_trips();
    BOOST_TEST(trips.count > 20);
    BOOST_TEST(trips.mean == 2.0 * rungs);
    BOOST_TEST(trips.error == 0.0);
    exchange.forget();
    BOOST_TEST(exchange.round_trips().count == 0);
    BOOST_TEST(exchange.attempts(0) == 0);
}

BOOST_AUTO_TEST_CASE(rungs_are_moved_until_normal_energies_would_exchange_equally_often) {
    // Variance of the energy along the ladder: acceptance erfc(x/2) at distance x = ∫ σ dK.
    const auto length = [](double K) { return 10.0 * K + 20.0 * std::atan(5.0 * (K - 0.5)); };
    const auto acceptance = [&](const std::vector<double>& rungs) {
        std::vector<double> all;
        for (std::size_t k = 0; k + 1 < rungs.size(); ++k) {
            all.push_back(std::erfc((length(rungs[k + 1]) - length(rungs[k])) / 2));
        }
        return all;
    };
    std::vector<double> rungs;
    for (int k = 0; k <= 40; ++k) rungs.push_back(0.1 + 0.9 * std::pow(k / 40.0, 1.5));
    for (int move = 0; move < 6; ++move) rungs = tempering::equalised(rungs, acceptance(rungs));
    BOOST_TEST(rungs.front() == 0.1);
    BOOST_TEST(rungs.back() == 1.0);
    const auto all = acceptance(rungs);
    const auto [least, most] = std::ranges::minmax_element(all);
    BOOST_TEST(*most - *least < 0.02);
    for (std::size_t k = 1; k < rungs.size(); ++k) BOOST_TEST(rungs[k] > rungs[k - 1]);
}

BOOST_AUTO_TEST_CASE(ladders_that_fall_or_never_exchange_are_moved_too) {
    const std::vector<double> falling{1.0, 0.9, 0.2}, acceptance{0.5, 0.01};
    const auto moved = tempering::equalised(falling, acceptance);
    BOOST_TEST((moved[1] < 0.9 && moved[1] > 0.2));
    const std::vector<double> none{0.0, 0.0};
    BOOST_TEST(tempering::equalised(falling, none).at(1) == 0.9);
}

BOOST_AUTO_TEST_CASE(points_are_moved_after_halves_of_the_thermalization) {
    tempering::TemperingParameters parameters{.every = 2, .adapt = "acceptance"};
    std::vector<std::int64_t> times;
    for (std::int64_t sweeps = 0; sweeps <= 1024; ++sweeps) {
        if (parameters.adapts_after(sweeps, 1024)) times.push_back(sweeps);
    }
    const std::vector<std::int64_t> wanted{128, 256, 512};
    BOOST_TEST(times == wanted);
    parameters.adapt = "none";
    BOOST_TEST(!parameters.adapts_after(512, 1024));
}
