#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/net/contrastive_divergence.hpp>
#include <blockspin/net/likelihood.hpp>
#include <blockspin/net/partition_function.hpp>
#include <blockspin/net/real_divergence.hpp>
#include <blockspin/net/update.hpp>
#include <blockspin/rng/draws.hpp>
#include <blockspin/stats/comparison.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <vector>

using namespace blockspin;

namespace {

bool is_long() { return std::getenv("BLOCKSPIN_LONG") != nullptr; }

constexpr int visible = 48, hidden = 12;
constexpr std::int64_t rows = 500;

/// Noisy copies of six random patterns: every tenth unit is wrong.
net::Dataset patterns(const rng::Key& key) {
    linalg::Matrix<float> units(static_cast<int>(rows), visible);
    for (std::int64_t r = 0; r < rows; ++r) {
        for (int i = 0; i < visible; ++i) {
            const bool up = rng::uniform(key, {.place = r % 6 * visible + i}) < 0.5;
            const bool wrong = rng::uniform(key, {.place = r * visible + i, .draw = 1}) < 0.1;
            units(static_cast<int>(r), i) = up != wrong ? 1.0F : -1.0F;
        }
    }
    std::vector<std::uint8_t> bits;
    net::append_packed(units, bits);
    return {visible, bits};
}

/// A machine trained by CD-1 for so many updates on such data.
net::Rbm<float> trained(const net::Dataset& data, const rng::Key& key, int updates) {
    process::Timers timers;
    net::Rbm<float> rbm = net::initial_rbm(visible, hidden, 0.01, key, 0, 0), change(visible, hidden);
    net::ContrastiveDivergence divergence(support::world(), visible, hidden, 1, timers);
    std::vector<std::int64_t> order(rows);
    std::iota(order.begin(), order.end(), 0);
    for (int step = 0; step < updates; ++step) {
        const auto batch = std::span<const std::int64_t>(order).subspan(static_cast<std::size_t>(step % 5) * 100, 100);
        net::update({.rate = 0.05, .momentum = 0.5}, divergence.gradient(rbm, data, batch, {.key = key, .step = step}),
                    change, rbm);
    }
    return rbm;
}

/// Six points that are 2 apart along every axis or not, and normal noise around them.
net::Dataset clouds(const rng::Key& key) {
    std::vector<float> values;
    for (std::int64_t r = 0; r < rows; ++r) {
        for (int i = 0; i < visible; ++i) {
            const bool up = rng::uniform(key, {.place = r % 6 * visible + i}) < 0.5;
            const double noise = rng::normal(key, {.place = r * visible + i, .draw = 1})[0];
            values.push_back(static_cast<float>((up ? 1.0 : -1.0) + noise));
        }
    }
    return net::Dataset::real(visible, values, {}, 0);
}

/// A machine with Gaussian visible units trained by PCD-1 for so many updates on them.
net::Rbm<float> trained_on_clouds(const net::Dataset& data, const rng::Key& key, int updates) {
    process::Timers timers;
    net::Rbm<float> rbm = net::initial_rbm(visible, hidden, 0.01, key, 0, 0), change(visible, hidden);
    rbm.visible_kind = net::UnitKind::gaussian;
    net::RealDivergence divergence(support::world(), visible, hidden, 1, timers);
    net::RealChains chains;
    std::vector<std::int64_t> order(rows);
    std::iota(order.begin(), order.end(), 0);
    for (int step = 0; step < updates; ++step) {
        const auto batch = std::span<const std::int64_t>(order).subspan(static_cast<std::size_t>(step % 5) * 100, 100);
        net::update({.rate = 0.01, .momentum = 0.5},
                    divergence.gradient(rbm, data, batch, {.key = key, .step = step}, &chains), change, rbm);
    }
    return rbm;
}

enum class Kind { binary, gaussian };

/// One trained machine judged by annealing, and exactly.
struct Judged {
    stats::Estimate annealed;
    double exact = 0;
    double forward = 0, backward = 0, exact_log_probability = 0; ///< of held-out rows
};

Judged judge(std::uint64_t seed, int updates, const net::LikelihoodParameters& parameters, Kind kind = Kind::binary) {
    const rng::Key key(seed);
    const net::Dataset data = kind == Kind::binary ? patterns(key) : clouds(key);
    const net::Rbm<float> rbm =
        kind == Kind::binary ? trained(data, key, updates) : trained_on_clouds(data, key, updates);
    process::Timers timers;
    net::Likelihood likelihood(support::world(),
                               {.parameters = parameters, .seed = seed, .point = {}, .stacks = {{rbm}}}, data,
                               net::split(data, 0.2), timers);
    while (!likelihood.done()) likelihood.step();
    Judged judged{.annealed = likelihood.ln_z().front(),
                  .exact = net::ln_partition_function(support::world(), net::to_double(rbm))};
    const auto of_rows = likelihood.results();
    judged.forward = of_rows[2].value;
    judged.exact_log_probability = judged.forward + judged.annealed.mean - judged.exact;
    if (of_rows.size() > 3) judged.backward = of_rows[3].value;
    return judged;
}

void check_calibration(Kind kind, int updates) {
    const int machines = is_long() ? 200 : 24;
    net::LikelihoodParameters parameters;
    parameters.chains = 100;
    parameters.temperatures = 300;
    double chi_squared = 0, largest_error = 0, largest_sigmas = 0;
    int within = 0;
    for (int m = 0; m < machines; ++m) {
        parameters.ladder = m % 2 == 0 ? "adaptive" : "uniform";
        const Judged judged = judge(1000 + static_cast<std::uint64_t>(m), updates * (1 + m % 6), parameters, kind);
        const auto comparison = stats::compare(judged.annealed, judged.exact);
        within += comparison.sigmas() < 1 ? 1 : 0;
        chi_squared += comparison.sigmas() * comparison.sigmas();
        largest_sigmas = std::max(largest_sigmas, comparison.sigmas());
        largest_error = std::max(largest_error, std::abs(comparison.difference));
        BOOST_TEST(judged.annealed.error > 0.001);
        BOOST_TEST(judged.annealed.n_eff > 20);
    }
    BOOST_TEST_MESSAGE(machines << " machines: " << within << " within 1 sigma, chi squared " << chi_squared
                                << ", largest " << largest_sigmas << " sigma, largest error " << largest_error);
    BOOST_TEST(largest_sigmas < stats::family_wise_sigma(static_cast<std::size_t>(machines)) + 0.5);
    BOOST_TEST(largest_error < 0.25); // of ln Z of 40 to 60
    BOOST_TEST(stats::chi_squared_p_value(chi_squared, machines) > 1e-3);
    BOOST_TEST(within > 0.68 * machines - 3.3 * std::sqrt(0.68 * 0.32 * machines)); // coverage
    BOOST_TEST(within < 0.68 * machines + 3.3 * std::sqrt(0.68 * 0.32 * machines));
}

} // namespace

BOOST_AUTO_TEST_CASE(annealing_agrees_with_enumeration_within_its_errors_for_trained_machines) {
    check_calibration(Kind::binary, 50);
}

BOOST_AUTO_TEST_CASE(annealing_of_gaussian_visible_units_agrees_with_enumeration_of_the_hidden_ones) {
    check_calibration(Kind::gaussian, 20);
}

BOOST_AUTO_TEST_CASE(forward_and_reverse_annealing_bracket_the_log_probability_in_the_mean) {
    net::LikelihoodParameters parameters;
    parameters.chains = 100;
    parameters.temperatures = 4; // few, so that both are off by more than their errors
    parameters.reverse = {.rows = 100, .chains = 10};
    double above = 0, below = 0;
    constexpr int machines = 8;
    for (int m = 0; m < machines; ++m) {
        const Judged judged = judge(2000 + static_cast<std::uint64_t>(m), 250, parameters);
        above += (judged.forward - judged.exact_log_probability) / machines;
        below += (judged.exact_log_probability - judged.backward) / machines;
    }
    BOOST_TEST_MESSAGE("forward " << above << " above, reverse " << below << " below the exact log-probability");
    BOOST_TEST(above > 0.1);
    BOOST_TEST(above < 1.0);
    BOOST_TEST(below > 0.5);
    BOOST_TEST(below < 3.0);
}

BOOST_AUTO_TEST_CASE(where_all_happens_at_high_temperature_an_adaptive_ladder_takes_a_third_off_the_error) {
    const net::Dataset data = patterns(rng::Key(1));
    net::LikelihoodParameters parameters;
    parameters.chains = 400;
    parameters.temperatures = 100;
    process::Timers timers;
    const auto error = [&](const std::string& ladder) {
        parameters.ladder = ladder;
        const net::Rbm<float> rbm = net::initial_rbm(visible, hidden, 1.0, rng::Key(7), 0, 0); // large weights
        net::Likelihood likelihood(support::world(),
                                   {.parameters = parameters, .seed = 7, .point = {}, .stacks = {{rbm}}}, data,
                                   net::split(data, 0.2), timers);
        while (!likelihood.done()) likelihood.step();
        BOOST_TEST(std::abs(likelihood.ln_z().front().mean -
                            net::ln_partition_function(support::world(), net::to_double(rbm))) <
                   4 * likelihood.ln_z().front().error + 0.05);
        return likelihood.ln_z().front().error;
    };
    const double adaptive = error("adaptive"), uniform = error("uniform");
    BOOST_TEST_MESSAGE("errors of ln Z: adaptive " << adaptive << ", uniform " << uniform);
    BOOST_TEST(adaptive < uniform * 2 / 3);
}
