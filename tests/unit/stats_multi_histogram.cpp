// Multi-histogram reweighting of systems that can be solved on paper.
#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/stats/gamma_method.hpp>
#include <blockspin/stats/multi_histogram.hpp>

#include <cmath>
#include <random>

using namespace blockspin;

namespace {

/// Independent binomial x of n trials at weight e^{λ x}: Z = (1 + e^λ)^n, ⟨x⟩ = n/(1 + e^{−λ}).
struct Sample {
    std::vector<double> x, squares;
};

Sample binomial(double parameter, int trials, std::size_t length, std::uint64_t seed) {
    std::mt19937_64 engine(seed);
    const double p = 1 / (1 + std::exp(-parameter));
    Sample sample;
    for (std::size_t i = 0; i < length; ++i) {
        double x = 0;
        for (int t = 0; t < trials; ++t) x += static_cast<double>(engine() >> 11) * 0x1p-53 < p ? 1 : 0;
        sample.x.push_back(x);
        sample.squares.push_back(x * x);
    }
    return sample;
}

constexpr int trials = 20;
double exact_mean(double parameter) { return trials / (1 + std::exp(-parameter)); }
double exact_variance(double parameter) { return exact_mean(parameter) / (1 + std::exp(parameter)); }

/// Of these samples, which must outlive them.
std::vector<stats::SampledState> states_of(const std::vector<double>& parameters, const std::vector<Sample>& samples) {
    std::vector<stats::SampledState> states;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const auto half = samples[i].x.size() / 2;
        const std::span<const double> x(samples[i].x), squares(samples[i].squares);
        states.push_back({.parameter = parameters[i],
                          .conjugate = {x.first(half), x.subspan(half)},
                          .observables = {{squares.first(half), squares.subspan(half)}}});
    }
    return states;
}

} // namespace

BOOST_AUTO_TEST_CASE(averages_between_and_at_the_points_are_exact_within_small_errors) {
    const std::vector<double> parameters{-0.6, -0.1, 0.3, 0.8};
    std::vector<Sample> samples;
    for (std::size_t i = 0; i < parameters.size(); ++i)
        samples.push_back(binomial(parameters[i], trials, 6000, 40 + i));
    const stats::MultiHistogram histogram(states_of(parameters, samples));
    BOOST_REQUIRE(histogram.is_connected());
    BOOST_TEST(histogram.overlap() > 0.1);
    for (const double at : {-0.6, -0.35, 0.0, 0.55, 0.8}) {
        const auto estimates = histogram.estimate([&](const stats::Reweighting& set) {
            const auto mean = set.means(at); // x², x
            return std::vector<double>{mean[1], mean[0] - mean[1] * mean[1]};
        });
        BOOST_TEST_CONTEXT("at " << at << ": " << estimates[0].mean << " +- " << estimates[0].error) {
            BOOST_TEST(std::abs(estimates[0].mean - exact_mean(at)) < 4 * estimates[0].error);
            BOOST_TEST(std::abs(estimates[1].mean - exact_variance(at)) < 4 * estimates[1].error);
            BOOST_TEST(estimates[0].error < 0.05);
            BOOST_TEST(estimates[0].error > 0.01); // 24 000 measurements of standard deviation 2.2: 0.014 at least
        }
    }
    const auto& ln_z = histogram.log_partition_functions();
    const double exact = trials * (std::log1p(std::exp(0.8)) - std::log1p(std::exp(-0.6)));
    BOOST_TEST(std::abs(ln_z.back() - ln_z.front() - exact) < 0.1);
}

BOOST_AUTO_TEST_CASE(partition_functions_solve_the_equations) {
    const std::vector<double> parameters{-0.2, 0.0, 0.25};
    std::vector<Sample> samples;
    for (std::size_t i = 0; i < parameters.size(); ++i) samples.push_back(binomial(parameters[i], trials, 500, i));
    // One chain of white noise each, the equations of which are written out here with g = 2 τ_int from the Γ-method.
    const auto states = states_of(parameters, samples);
    const stats::MultiHistogram histogram(states);
    std::vector<double> weights;
    for (const auto& state : states)
        weights.push_back(1 / (2 * stats::gamma_method(std::span(state.conjugate)).tau_int));
    const auto& ln_z = histogram.log_partition_functions();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        double sum = 0;
        for (std::size_t s = 0; s < states.size(); ++s) {
            for (const double x : samples[s].x) {
                double denominator = 0;
                for (std::size_t k = 0; k < states.size(); ++k) {
                    denominator += 500 * weights[k] * std::exp(-ln_z[k] + (parameters[k] - parameters[i]) * x);
                }
                sum += weights[s] / denominator;
            }
        }
        BOOST_TEST(std::log(sum) - (std::log(1.0)) == ln_z[i], boost::test_tools::tolerance(1e-8));
    }
}

BOOST_AUTO_TEST_CASE(states_without_overlap_are_not_connected) {
    const std::vector<double> parameters{-6.0, 6.0};
    const std::vector<Sample> samples{binomial(-6.0, 200, 500, 1), binomial(6.0, 200, 500, 2)};
    const stats::MultiHistogram histogram(states_of(parameters, samples));
    BOOST_TEST(!histogram.is_connected());
    BOOST_TEST(histogram.overlap() < 1e-6);
    BOOST_CHECK_THROW(histogram.all(), core::InternalError);
}

BOOST_AUTO_TEST_CASE(one_state_is_reweighted_alone) {
    const std::vector<Sample> samples{binomial(0.0, trials, 4000, 7)};
    const stats::MultiHistogram histogram(states_of({0.0}, samples));
    const auto mean = histogram.estimate([](const stats::Reweighting& set) { return set.means(0.2); });
    BOOST_TEST(std::abs(mean[1].mean - exact_mean(0.2)) < 4 * mean[1].error);
    BOOST_TEST(mean[1].error < 0.1);
}

BOOST_AUTO_TEST_CASE(values_that_are_too_many_for_cells_of_their_own_are_sorted_into_intervals) {
    std::mt19937_64 engine(3);
    const auto uniform = [&] { return (static_cast<double>(engine() >> 11) + 0.5) * 0x1p-53; };
    std::vector<double> low, high; // exponential distributions on x < 0 of rates 1 and 1.5: weight e^{λ x}
    for (int i = 0; i < 20000; ++i) {
        low.push_back(std::log(uniform()));
        high.push_back(std::log(uniform()) / 1.5);
    }
    const std::vector<stats::SampledState> states{{1.0, {low}, {{low}}}, {1.5, {high}, {{high}}}};
    const stats::MultiHistogram histogram(states);
    const auto mean = histogram.estimate([](const stats::Reweighting& set) { return set.means(1.25); });
    BOOST_TEST(std::abs(mean[0].mean + 0.8) < 4 * mean[0].error); // −1/1.25
    BOOST_TEST(mean[0].error < 0.01);
}

BOOST_AUTO_TEST_CASE(bad_states_are_refused) {
    const std::vector<Sample> samples(2, binomial(0.0, trials, 100, 1));
    auto states = states_of({0.0, 0.1}, samples);
    std::swap(states[0].parameter, states[1].parameter);
    BOOST_CHECK_THROW(stats::MultiHistogram{states}, core::InputError);
    std::swap(states[0].parameter, states[1].parameter);
    states[0].observables.clear();
    BOOST_CHECK_THROW(stats::MultiHistogram{states}, core::InputError);
    BOOST_CHECK_THROW(stats::MultiHistogram(std::span<const stats::SampledState>{}), core::InputError);
}
