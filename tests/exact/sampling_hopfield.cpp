// Associative memories: fields and overlaps against sums over couplings, the heat bath against all states of a small
// network, and what is known of large ones.
#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/sampling/hopfield.hpp>
#include <blockspin/stats/comparison.hpp>

#include <cmath>
#include <numeric>

using namespace blockspin;

BOOST_AUTO_TEST_CASE(fields_are_those_of_hebbs_couplings_after_any_number_of_sweeps) {
    constexpr std::int64_t units = 50, patterns = 7;
    sampling::HopfieldNetwork network(units, patterns, 3, rng::Key(1982));
    for (int sweep = 0; sweep < 5; ++sweep) {
        network.sweep(0.7, 0, sweep);
        for (std::int64_t i = 0; i < units; ++i) {
            std::int64_t field = 0; // times N
            for (std::int64_t j = 0; j < units; ++j) {
                for (std::int64_t p = 0; p < patterns && j != i; ++p) {
                    field +=
                        network.pattern(p, i) * network.pattern(p, j) * network.state()[static_cast<std::size_t>(j)];
                }
            }
            BOOST_TEST(network.field(i) == field);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_heat_bath_visits_every_state_as_often_as_its_weight_says) {
    constexpr std::int64_t units = 8, patterns = 2;
    constexpr double temperature = 0.9;
    sampling::HopfieldNetwork network(units, patterns, 0, rng::Key(1982));
    std::vector<double> weights(1 << units);
    for (std::size_t state = 0; state < weights.size(); ++state) {
        double energy = 0.0;
        for (std::int64_t p = 0; p < patterns; ++p) {
            double m = 0.0;
            for (std::int64_t i = 0; i < units; ++i)
                m += (state >> i & 1) != 0 ? network.pattern(p, i) : -network.pattern(p, i);
            energy -= m * m / (2.0 * units);
        }
        weights[state] = std::exp(-energy / temperature);
    }
    const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (double& weight : weights) weight /= total;
    std::vector<std::int64_t> counts(weights.size());
    for (std::int64_t sweep = 0; sweep < 60000; ++sweep) {
        network.sweep(temperature, 1, sweep);
        if (sweep % 12 != 0) continue;
        std::size_t state = 0;
        for (std::size_t i = 0; i < units; ++i) state |= std::size_t{network.state()[i] > 0} << i;
        ++counts[state];
    }
    BOOST_TEST(stats::goodness_of_fit(counts, weights).p_value > 1e-3);
}

BOOST_AUTO_TEST_CASE(memories_are_recalled_below_capacity_and_forgotten_above) {
    // α_c = 0.138 at T = 0 (Amit, Gutfreund & Sompolinsky 1985); these sizes blur it.
    const sampling::HopfieldParameters parameters{.units = {300},
                                                  .loads = {0.01, 0.08, 0.24},
                                                  .temperatures = {0.0, 1.5},
                                                  .networks = 8,
                                                  .starts = 4,
                                                  .sweeps = 40};
    process::Timers timers;
    sampling::HopfieldStudy study(support::world(), parameters, 1985, timers);
    while (!study.done()) study.step();
    const auto rows = study.results();
    const auto value = [&](const std::string& point, const std::string& quantity) {
        const auto found = std::ranges::find_if(
            rows, [&](const io::Row& row) { return row.point.starts_with(point) && row.quantity == quantity; });
        BOOST_REQUIRE((found != rows.end()));
        return found->value;
    };
    BOOST_TEST(value("N = 300, T = 0, 3 patterns", "recall overlap") > 0.999);
    BOOST_TEST(value("N = 300, T = 0, 3 patterns", "share of mixtures kept") > 0.8); // spurious states are stable here
    BOOST_TEST(value("N = 300, T = 0, 24 patterns", "share recalled") > 0.9);
    BOOST_TEST(value("N = 300, T = 0, 72 patterns", "share recalled") < 0.2);
    const double capacity = value("N = 300, T = 0", "capacity");
    BOOST_TEST((capacity > 0.08 && capacity < 0.24));
    BOOST_TEST(std::abs(value("N = 300, T = 1.5, 3 patterns", "recall overlap")) < 0.2); // above T = 1 nothing is held
}
