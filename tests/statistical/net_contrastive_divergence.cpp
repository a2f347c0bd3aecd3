#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/net/contrastive_divergence.hpp>
#include <blockspin/net/exact.hpp>
#include <blockspin/stats/comparison.hpp>
#include <blockspin/stats/gamma_method.hpp>

#include <cmath>
#include <numeric>
#include <vector>

using namespace blockspin;

namespace {

constexpr int visible = 3, hidden = 2;
constexpr std::size_t configurations = 8;

net::Rbm<float> machine() {
    net::Rbm<float> rbm(visible, hidden);
    rbm.weights = linalg::Matrix<float>(visible, hidden, std::vector<float>{0.7F, -0.4F, 0.3F, 1.1F, -0.6F, 0.2F});
    rbm.visible_bias = {0.2F, -0.1F, 0.4F};
    rbm.hidden_bias = {0.3F, -0.2F};
    return rbm;
}

/// A data set whose rows are distributed as {1, 2, 3, 4, 6, 7, 4, 5} / 32.
net::Dataset data() {
    std::vector<std::uint8_t> bits;
    constexpr std::array<int, configurations> counts{1, 2, 3, 4, 6, 7, 4, 5};
    for (std::size_t c = 0; c < configurations; ++c) bits.insert(bits.end(), counts[c], static_cast<std::uint8_t>(c));
    return {visible, bits};
}

double spin(std::size_t c, int unit) { return (c >> unit & 1) != 0 ? 1.0 : -1.0; }

std::vector<double> hidden_means(const net::Rbm<double>& rbm, std::size_t v) {
    linalg::Matrix<double> row(1, visible);
    for (int i = 0; i < visible; ++i) row(0, i) = spin(v, i);
    const auto means = net::hidden_means<double>(rbm, row);
    return {means.values().begin(), means.values().end()};
}

/// p(v') after one step v → h → v' from the distribution p(v).
std::vector<double> gibbs_step(const net::Rbm<double>& rbm, const std::vector<double>& before) {
    std::vector<double> after(configurations);
    for (std::size_t v = 0; v < configurations; ++v) {
        const auto up = hidden_means(rbm, v);
        for (std::size_t h = 0; h < std::size_t{1} << hidden; ++h) {
            double p = before[v];
            for (int j = 0; j < hidden; ++j) p *= (1 + spin(h, j) * up[static_cast<std::size_t>(j)]) / 2;
            for (std::size_t next = 0; next < configurations; ++next) {
                double q = p;
                for (int i = 0; i < visible; ++i) {
                    double field = rbm.visible_bias[static_cast<std::size_t>(i)];
                    for (int j = 0; j < hidden; ++j) field += rbm.weights(i, j) * spin(h, j);
                    q *= (1 + spin(next, i) * std::tanh(field)) / 2;
                }
                after[next] += q;
            }
        }
    }
    return after;
}

/// ⟨v m^T⟩, ⟨v⟩, ⟨m⟩ over p(v), in the order of parameters.
std::vector<double> statistics(const net::Rbm<double>& rbm, const std::vector<double>& p) {
    std::vector<double> sums(rbm.size());
    for (std::size_t v = 0; v < configurations; ++v) {
        const auto means = hidden_means(rbm, v);
        std::size_t at = 0;
        for (int i = 0; i < visible; ++i) {
            for (const double m : means) sums[at++] += p[v] * spin(v, i) * m;
        }
        for (int i = 0; i < visible; ++i) sums[at++] += p[v] * spin(v, i);
        for (const double m : means) sums[at++] += p[v] * m;
    }
    return sums;
}

/// The expected CD-k gradient, by enumeration.
std::vector<double> expected_gradient(const net::Rbm<double>& rbm, const std::vector<double>& target, int steps) {
    std::vector<double> model = target;
    for (int step = 0; step < steps; ++step) model = gibbs_step(rbm, model);
    std::vector<double> gradient = statistics(rbm, target);
    const auto negative = statistics(rbm, model);
    for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] -= negative[i];
    return gradient;
}

const std::vector<double> target{1. / 32, 2. / 32, 3. / 32, 4. / 32, 6. / 32, 7. / 32, 4. / 32, 5. / 32};

} // namespace

BOOST_AUTO_TEST_CASE(the_mean_gradient_is_the_enumerated_one_within_errors_below_3e_3) {
    for (const int steps : {1, 2, 100}) {
        const net::Rbm<float> rbm = machine();
        const net::Dataset rows_of_data = data();
        process::Timers timers;
        net::ContrastiveDivergence divergence(support::world(), visible, hidden, steps, timers);
        const rng::Key key(20);
        std::vector<std::int64_t> minibatch; // every row of the data equally often
        for (std::int64_t row = 0; row < 32 * rows_of_data.rows(); ++row)
            minibatch.push_back(row % rows_of_data.rows());
        const int updates = steps < 10 ? 2048 : 1024;
        std::vector<std::vector<double>> series(rbm.size());
        for (int update = 0; update < updates; ++update) {
            const auto& gradient = divergence.gradient(rbm, rows_of_data, minibatch, {.key = key, .step = update});
            std::size_t at = 0;
            for (const auto part : gradient.parts()) {
                for (const float x : part) series[at++].push_back(x);
            }
        }
        const auto expected = expected_gradient(net::to_double(rbm), target, steps);
        for (std::size_t i = 0; i < series.size(); ++i) {
            const stats::Estimate measured = stats::gamma_method(stats::Record{series[i]});
            BOOST_TEST(measured.error < 3e-3);
            BOOST_TEST(stats::compare(measured, expected[i], 4e-6).agrees(3 * series.size()),
                       "parameter " << i << ": " << measured.mean << " +- " << measured.error << ", not "
                                    << expected[i]);
        }
    }
}

BOOST_AUTO_TEST_CASE(after_a_hundred_steps_the_expected_gradient_is_the_exact_one_to_1e_12) {
    const auto rbm = net::to_double(machine());
    const auto exact = net::log_likelihood_gradient(rbm, target);
    const auto limit = expected_gradient(rbm, target, 100);
    std::size_t at = 0;
    for (const auto part : exact.parts()) {
        for (const double x : part) BOOST_TEST(std::abs(x - limit[at++]) < 1e-12);
    }
}

namespace {

/// Σ μ(v)² / p(v).
double squared_norm(const std::vector<double>& measure, const std::vector<double>& p) {
    double sum = 0;
    for (std::size_t v = 0; v < p.size(); ++v) sum += measure[v] * measure[v] / p[v];
    return sum;
}

/// The second eigenvalue of v → h → v, by power iteration on measures whose sum is 0.
double second_eigenvalue(const net::Rbm<double>& rbm, const std::vector<double>& p) {
    std::vector<double> measure = target;
    double eigenvalue = 0;
    for (int i = 0; i < 200; ++i) {
        const double sum =
            std::accumulate(measure.begin(), measure.end(), 0.0); // 1 at first, then rounding that would grow
        for (std::size_t v = 0; v < p.size(); ++v) measure[v] -= sum * p[v];
        const double before = std::sqrt(squared_norm(measure, p));
        for (double& m : measure) m /= before;
        measure = gibbs_step(rbm, measure);
        eigenvalue = std::sqrt(squared_norm(measure, p));
    }
    return eigenvalue;
}

} // namespace

/// Block Gibbs sampling is reversible with eigenvalues 1 > λ ≥ … ≥ 0. So k steps from P leave a distance λ^k |P/p − 1|
/// to p, and a mean is off by no more than its standard deviation times that: Σ bias² ≤ λ^{2k} (Σ P²/p − 1) Σ var_p.
BOOST_AUTO_TEST_CASE(the_bias_of_the_expected_gradient_falls_with_every_step_and_stays_below_its_bound) {
    const auto rbm = net::to_double(machine());
    std::vector<double> p = net::log_probability_table(rbm);
    for (double& x : p) x = std::exp(x);
    const std::vector<double> means = statistics(rbm, p);
    double variance = 0;
    for (std::size_t v = 0; v < configurations; ++v) {
        std::vector<double> at(configurations);
        at[v] = 1;
        const std::vector<double> here = statistics(rbm, at);
        for (std::size_t i = 0; i < means.size(); ++i) variance += p[v] * (here[i] - means[i]) * (here[i] - means[i]);
    }
    const double lambda = second_eigenvalue(rbm, p), distance = squared_norm(target, p) - 1;
    BOOST_TEST((lambda > 0.1 && lambda < 0.9)); // neither without a bias nor without a bound
    const auto exact = expected_gradient(rbm, target, 100);
    double before = 1e300;
    for (const int steps : {1, 2, 3, 5, 10}) {
        const auto gradient = expected_gradient(rbm, target, steps);
        double squares = 0;
        for (std::size_t i = 0; i < exact.size(); ++i) squares += (gradient[i] - exact[i]) * (gradient[i] - exact[i]);
        BOOST_TEST(squares < before);
        BOOST_TEST(squares <= std::pow(lambda, 2 * steps) * distance * variance);
        before = squares;
    }
}

BOOST_AUTO_TEST_CASE(persistent_chains_of_a_fixed_machine_give_the_exact_gradient_within_errors_below_3e_3) {
    const net::Rbm<float> rbm = machine();
    const net::Dataset rows_of_data = data();
    process::Timers timers;
    net::ContrastiveDivergence divergence(support::world(), visible, hidden, 1, timers);
    std::vector<std::int64_t> minibatch;
    for (std::int64_t row = 0; row < 32 * rows_of_data.rows(); ++row) minibatch.push_back(row % rows_of_data.rows());
    const rng::Key key(21);
    net::PersistentChains chains;
    std::vector<std::vector<double>> series(rbm.size());
    for (int update = 0; update < 2148; ++update) {
        const auto& gradient = divergence.gradient(rbm, rows_of_data, minibatch, {.key = key, .step = update}, &chains);
        if (update < 100) continue;
        std::size_t at = 0;
        for (const auto part : gradient.parts()) {
            for (const float x : part) series[at++].push_back(x);
        }
    }
    const auto exact = net::log_likelihood_gradient(net::to_double(rbm), target);
    std::size_t at = 0;
    for (const auto part : exact.parts()) {
        for (const double expected : part) {
            const stats::Estimate measured = stats::gamma_method(stats::Record{series[at++]});
            BOOST_TEST(measured.error < 3e-3);
            BOOST_TEST(stats::compare(measured, expected, 4e-6).agrees(rbm.size()),
                       measured.mean << " +- " << measured.error << ", not " << expected);
        }
    }
}

namespace {

/// Two modes, between which hidden units change 6 of a million times.
net::Rbm<float> machine_of_two_modes() {
    net::Rbm<float> rbm = machine();
    std::ranges::fill(rbm.weights.values(), 2.0F);
    return rbm;
}

/// Series of the gradient of that machine, parameter by parameter, with chains also at these inverse temperatures.
std::vector<std::vector<double>> gradients(std::vector<float> inverse_temperatures, int updates) {
    const net::Rbm<float> rbm = machine_of_two_modes();
    const net::Dataset rows_of_data = data();
    process::Timers timers;
    net::ContrastiveDivergence divergence(support::world(), visible, hidden, 1, timers);
    std::vector<std::int64_t> minibatch;
    for (std::int64_t row = 0; row < 8 * rows_of_data.rows(); ++row) minibatch.push_back(row % rows_of_data.rows());
    const rng::Key key(22);
    net::PersistentChains chains{.inverse_temperatures = std::move(inverse_temperatures)};
    std::vector<std::vector<double>> series(rbm.size());
    for (int update = 0; update < updates + 200; ++update) {
        const auto& gradient = divergence.gradient(rbm, rows_of_data, minibatch, {.key = key, .step = update}, &chains);
        if (update < 200) continue;
        std::size_t at = 0;
        for (const auto part : gradient.parts()) {
            for (const float x : part) series[at++].push_back(x);
        }
    }
    return series;
}

} // namespace

BOOST_AUTO_TEST_CASE(tempered_chains_give_the_exact_gradient_where_others_stay_in_the_mode_they_began_in) {
    const net::Rbm<float> rbm = machine_of_two_modes();
    const auto exact = net::log_likelihood_gradient(net::to_double(rbm), target);
    const auto tempered = gradients({0.8F, 0.6F, 0.4F, 0.2F, 0.0F}, 4000), others = gradients({}, 50);
    std::size_t at = 0;
    double farthest = 0;
    for (const auto part : exact.parts()) {
        for (const double expected : part) {
            const stats::Estimate measured = stats::gamma_method(stats::Record{tempered[at]});
            BOOST_TEST(measured.error < 1e-2);
            BOOST_TEST(stats::compare(measured, expected, 4e-6).agrees(rbm.size()),
                       measured.mean << " +- " << measured.error << ", not " << expected);
            const std::vector<double>& stuck = others[at++];
            farthest = std::max(farthest, std::abs(std::accumulate(stuck.begin(), stuck.end(), 0.0) /
                                                       static_cast<double>(stuck.size()) -
                                                   expected));
        }
    }
    BOOST_TEST(farthest > 0.1);
}
