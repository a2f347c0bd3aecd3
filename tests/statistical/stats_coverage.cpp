// The errors that blockspin prints mean what they say: over many series of known autocorrelation time, the true value
// lies within one error in 68 % of them.
#include "support/autoregressive.hpp"
#include "support/world.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <blockspin/mpi/collectives.hpp>
#include <blockspin/mpi/tree_sum.hpp>
#include <blockspin/stats/jackknife.hpp>
#include <blockspin/stats/multi_histogram.hpp>

#include <array>
#include <cstdlib>
#include <functional>

using namespace blockspin;
using stats::Record;
using support::autoregressive;

namespace {

std::int64_t repeats() { return std::getenv("BLOCKSPIN_LONG") ? 20000 : 2000; }

/// Two chains, together worth about a thousand independent measurements.
struct Experiment {
    std::vector<double> a, b;
    Experiment(double tau, std::uint64_t seed)
        : a(autoregressive(static_cast<std::size_t>(1200 * tau), tau, 2 * seed)),
          b(autoregressive(static_cast<std::size_t>(800 * tau), tau, 2 * seed + 1)) {}
};

/// Share of the repeated experiments in which the estimate lies within one error of `truth`.
double coverage(double tau, double truth, const std::function<stats::Estimate(const Experiment&)>& analyse) {
    const auto& world = support::world();
    std::int64_t hits = 0;
    for (std::int64_t i = world.rank(); i < repeats(); i += world.size()) {
        const stats::Estimate estimate = analyse(Experiment(tau, static_cast<std::uint64_t>(i)));
        hits += std::abs(estimate.mean - truth) <= estimate.error;
    }
    return static_cast<double>(mpi::all_reduce(world, hits, mpi::Op::sum)) / static_cast<double>(repeats());
}

std::vector<double> power(const std::vector<double>& series, int exponent) {
    std::vector<double> result;
    for (const double x : series) result.push_back(exponent == 2 ? x * x : x * x * x * x);
    return result;
}

const auto times = boost::unit_test::data::make({0.5, 2.0, 8.0});

} // namespace

// One standard deviation of a share of 2000 is 0.0105, so that 0.05 also bounds the defect of the method.
BOOST_DATA_TEST_CASE(a_mean_is_within_one_error_in_68_percent, times, tau) {
    const double share = coverage(tau, 0, [](const Experiment& e) { return stats::gamma_method(Record{e.a, e.b}); });
    BOOST_TEST(std::abs(share - 0.683) < 0.05, "coverage " << share);
}

BOOST_DATA_TEST_CASE(a_variance_is_within_one_jackknife_error_in_68_percent, times, tau) {
    const double share = coverage(tau, 1, [](const Experiment& e) {
        const auto a2 = power(e.a, 2), b2 = power(e.b, 2);
        const std::vector<Record> observables{{e.a, e.b}, {a2, b2}};
        return stats::jackknife(observables, [](auto mean) { return mean[1] - mean[0] * mean[0]; });
    });
    BOOST_TEST(std::abs(share - 0.683) < 0.05, "coverage " << share);
}

BOOST_DATA_TEST_CASE(a_binder_ratio_is_within_one_error_in_68_percent_by_either_method, times, tau) {
    for (const bool by_blocks : {false, true}) {
        const double share = coverage(tau, 0, [=](const Experiment& e) {
            const auto a2 = power(e.a, 2), b2 = power(e.b, 2), a4 = power(e.a, 4), b4 = power(e.b, 4);
            const std::vector<Record> observables{{a2, b2}, {a4, b4}};
            const auto binder = [](std::span<const double> mean) { return 1 - mean[1] / (3 * mean[0] * mean[0]); };
            return by_blocks ? stats::jackknife(observables, binder) : stats::gamma_method(observables, binder);
        });
        BOOST_TEST(std::abs(share - 0.683) < 0.05, "coverage " << share << (by_blocks ? " by blocks" : " by gamma"));
    }
}

BOOST_DATA_TEST_CASE(the_autocorrelation_time_is_recovered_with_its_error_and_the_error_with_its_own, times, tau) {
    const auto& world = support::world();
    std::vector<double> rows;
    const std::int64_t first = repeats() * world.rank() / world.size();
    for (std::int64_t i = first; i < repeats() * (world.rank() + 1) / world.size(); ++i) {
        const Experiment e(tau, static_cast<std::uint64_t>(i));
        const auto result = stats::gamma_analysis(Record{e.a, e.b});
        const double error = result.estimate.error;
        rows.insert(rows.end(), {result.estimate.tau_int, std::pow(result.tau_int_error, 2), error, error * error,
                                 std::pow(result.error_of_error, 2)});
    }
    std::vector<double> mean = mpi::tree_sum(world, first, rows, 5);
    for (double& x : mean) x /= static_cast<double>(repeats());
    BOOST_TEST(std::abs(mean[0] - tau) < std::sqrt(mean[1])); // bias below the error of a single experiment
    BOOST_TEST(mean[0] == tau, boost::test_tools::tolerance(0.05));
    BOOST_TEST(std::sqrt(mean[3] - mean[2] * mean[2]) == std::sqrt(mean[4]), boost::test_tools::tolerance(0.5));
}

// Normal numbers of variance 1 around λ are those around 0 with weight e^{λx}: averages between two such states are
// known too. One standard deviation of a share of 250 is 0.03.
BOOST_AUTO_TEST_CASE(averages_by_multi_histogram_reweighting_are_within_one_error_in_68_percent) {
    const auto& world = support::world();
    const std::int64_t count = repeats() / 8;
    std::array<std::int64_t, 2> hits{};
    for (std::int64_t i = world.rank(); i < count; i += world.size()) {
        Experiment e(2.0, static_cast<std::uint64_t>(i));
        for (double& x : e.b) x += 1;
        const auto a2 = power(e.a, 2), b2 = power(e.b, 2);
        const std::vector<stats::SampledState> states{{0.0, {e.a}, {Record{e.a}, Record{a2}}},
                                                      {1.0, {e.b}, {Record{e.b}, Record{b2}}}};
        const auto estimates = stats::MultiHistogram(states).estimate([](const stats::Reweighting& set) {
            const auto mean = set.means(0.4);
            return std::vector<double>{mean[0], mean[1] - mean[0] * mean[0]};
        });
        hits[0] += std::abs(estimates[0].mean - 0.4) <= estimates[0].error;
        hits[1] += std::abs(estimates[1].mean - 1.0) <= estimates[1].error;
    }
    mpi::all_reduce(world, std::span<std::int64_t>(hits), mpi::Op::sum);
    for (const std::int64_t hit : hits) {
        const double share = static_cast<double>(hit) / static_cast<double>(count);
        BOOST_TEST(std::abs(share - 0.683) < 0.1, "coverage " << share);
    }
}
