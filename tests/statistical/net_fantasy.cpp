#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/mpi/collectives.hpp>
#include <blockspin/net/fantasy.hpp>
#include <blockspin/net/gibbs.hpp>
#include <blockspin/net/ising_rbm.hpp>
#include <blockspin/stats/comparison.hpp>
#include <blockspin/stats/gamma_method.hpp>

#include <cmath>
#include <numeric>
#include <vector>

using namespace blockspin;

namespace {

constexpr double critical = 0.44068679350977147;
constexpr std::int64_t side = 4;

std::vector<net::Bond> bonds() {
    std::vector<net::Bond> result;
    for (std::int64_t y = 0; y < side; ++y) {
        for (std::int64_t x = 0; x < side; ++x) {
            result.push_back({x + side * y, (x + 1) % side + side * y, critical});
            result.push_back({x + side * y, x + side * ((y + 1) % side), critical});
        }
    }
    return result;
}

double energy_per_site(std::span<const std::int8_t> spins) {
    double sum = 0;
    for (const net::Bond& bond : bonds()) {
        sum -= spins[static_cast<std::size_t>(bond.a)] * spins[static_cast<std::size_t>(bond.b)];
    }
    return sum / static_cast<double>(spins.size());
}

/// A deep network with the same distribution at the bottom: its top machine is the exact one, and each unit below is
/// tied to one visible unit of it so strongly that it is a copy, up to e^{−40}.
net::Stack copied(const net::Rbm<float>& exact) {
    net::Rbm<float> copy(exact.visible(), exact.visible());
    for (int i = 0; i < copy.visible(); ++i) copy.weights(i, i) = 20.0F;
    return {copy, exact};
}

/// Energy per site of samples of a stack, all chains of all ranks.
stats::Estimate sampled_energy(const net::Stack& stack, std::uint64_t seed) {
    constexpr std::int64_t chains = 64, burn_in = 200, sweeps = 4000;
    const std::vector<net::Observable> observables{{"energy per site", "J", energy_per_site}};
    const rng::Key key(seed);
    net::FantasyChains fantasies(support::world(), chains, stack.back().visible());
    fantasies.start_random({.key = key, .half_step = 1});
    std::vector<std::vector<double>> series(static_cast<std::size_t>(chains));
    for (std::int64_t sweep = 0; sweep < burn_in + sweeps; ++sweep) {
        fantasies.sweep(stack.back(), {.key = key, .step = sweep});
        if (sweep < burn_in) continue;
        const auto mine = fantasies.measure(stack, observables, {.key = key, .step = sweep});
        const auto all = mpi::all_gather_joined<double>(support::world(), mine);
        for (std::size_t chain = 0; chain < series.size(); ++chain) series[chain].push_back(all[chain]);
    }
    return stats::gamma_method(stats::Record(series.begin(), series.end()));
}

} // namespace

// −E/N of the 4 x 4 torus at the critical coupling is 1.5656237876 exactly.
BOOST_AUTO_TEST_CASE(samples_of_the_exact_machine_have_the_energy_of_the_lattice_within_errors_below_5e_3) {
    const auto exact = net::to_float(net::ising_rbm(std::vector<double>(side * side), bonds()));
    for (const net::Stack& stack : {net::Stack{exact}, copied(exact)}) {
        const stats::Estimate energy = sampled_energy(stack, 77 + stack.size());
        BOOST_TEST(energy.error < 5e-3);
        BOOST_TEST(stats::compare(energy, -1.5656237876).agrees(2), energy.mean << " +- " << energy.error);
    }
}

BOOST_AUTO_TEST_CASE(units_are_drawn_with_their_probability_within_errors_below_6e_4) {
    constexpr int rows = 4096, units = 5, steps = 256;
    const std::vector<float> bias{0.3F, -1.0F, 0.0F, 2.5F, -4.0F};
    std::vector<std::int64_t> up(units);
    linalg::Matrix<float> drawn(rows, units);
    const rng::Key key(78);
    for (int step = 0; step < steps; ++step) {
        std::ranges::fill(drawn.values(), -0.25F);
        net::draw_units(bias, rng::Purpose::test, {.key = key, .step = step}, drawn);
        for (int row = 0; row < rows; ++row) {
            for (int i = 0; i < units; ++i) up[static_cast<std::size_t>(i)] += drawn(row, i) > 0 ? 1 : 0;
        }
    }
    constexpr double draws = double{rows} * steps;
    for (std::size_t i = 0; i < units; ++i) {
        const double p = 1 / (1 + std::exp(-2 * (static_cast<double>(bias[i]) - 0.25)));
        const double sigma = std::sqrt(p * (1 - p) / draws);
        BOOST_TEST(sigma < 6e-4);
        BOOST_TEST(std::abs(static_cast<double>(up[i]) / draws - p) < stats::family_wise_sigma(units) * sigma);
    }
}
