#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/rng/draws.hpp>

#include <boost/math/distributions/chi_squared.hpp>

#include <limits>
#include <map>

using namespace blockspin;

namespace {

constexpr std::int64_t samples = 1000000;
const rng::Key key(1975);

// Probability of a larger chi-squared than that of `counts` against `expected`. Each of the eight tests that use it
// fails by chance with probability 1e-4, so that all of them together stay below 1e-3.
constexpr double significance = 1e-4;
double p_value(std::span<const std::int64_t> counts, std::span<const double> expected) {
    double sum = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const double deviation = static_cast<double>(counts[i]) - expected[i];
        sum += deviation * deviation / expected[i];
    }
    return cdf(complement(boost::math::chi_squared(static_cast<double>(counts.size() - 1)), sum));
}
double p_value(std::span<const std::int64_t> counts) {
    const double total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
    return p_value(counts, std::vector<double>(counts.size(), total / static_cast<double>(counts.size())));
}

// Mean of f(i) over i = 0 … samples − 1, minus `expected`, in units of sigma / sqrt(samples).
template <class F> double deviation(F f, double expected, double sigma) {
    double sum = 0;
    for (std::int64_t i = 0; i < samples; ++i) sum += f(i) - expected;
    return sum / sigma / std::sqrt(static_cast<double>(samples));
}

// 4.5 sigma: 7e-6 per comparison, of which there are nine.
constexpr double limit = 4.5;

} // namespace

BOOST_AUTO_TEST_CASE(uniform_numbers_have_the_moments_of_the_unit_interval) {
    const auto u = [](std::int64_t i) { return rng::uniform(key, {.place = i}); };
    BOOST_TEST(std::abs(deviation(u, 0.5, std::sqrt(1.0 / 12))) < limit);
    BOOST_TEST(std::abs(deviation([&](auto i) { return u(i) * u(i); }, 1.0 / 3, std::sqrt(4.0 / 45))) < limit);
    BOOST_TEST(std::abs(deviation([&](auto i) { return u(i) * u(i + 1); }, 0.25, std::sqrt(7.0 / 144))) < limit + 1);
    std::vector<std::int64_t> bins(1000);
    double least = 1, largest = 0;
    for (std::int64_t i = 0; i < samples; ++i) {
        ++bins[static_cast<std::size_t>(1000 * u(i))];
        least = std::min(least, u(i));
        largest = std::max(largest, u(i));
    }
    BOOST_TEST(p_value(bins) > significance);
    BOOST_TEST(least >= 0);
    BOOST_TEST(least < 2e-5);
    BOOST_TEST(largest < 1);
    BOOST_TEST(largest > 1 - 2e-5);
}

BOOST_AUTO_TEST_CASE(a_uniform_number_is_the_top_53_bits_of_its_word) {
    for (std::int64_t i = 0; i < 1000; ++i) {
        const double u = rng::uniform(key, {.place = i});
        BOOST_TEST(static_cast<std::uint64_t>(u * 0x1p53) == rng::word64(key, {.place = i}) >> 11);
    }
}

BOOST_AUTO_TEST_CASE(small_ranges_are_equally_likely) {
    for (const std::int64_t n : {2, 7, 1000}) {
        std::vector<std::int64_t> counts(static_cast<std::size_t>(n));
        for (std::int64_t i = 0; i < samples; ++i)
            ++counts.at(static_cast<std::size_t>(rng::below(key, {.place = i}, n)));
        BOOST_TEST(p_value(counts) > significance, "n = " << n);
    }
}

BOOST_AUTO_TEST_CASE(a_huge_range_is_not_biased_by_the_multiplication) {
    // Without rejection 64 bits would hit the residues modulo 3 of this range in the proportion 3 : 3 : 2.
    constexpr std::int64_t n = std::int64_t{3} << 61;
    std::array<std::int64_t, 3> residues{}, thirds{};
    for (std::int64_t i = 0; i < samples; ++i) {
        const std::int64_t value = rng::below(key, {.place = i}, n);
        ++residues.at(static_cast<std::size_t>(value % 3));
        ++thirds.at(static_cast<std::size_t>(value >> 61));
    }
    BOOST_TEST(p_value(residues) > significance);
    BOOST_TEST(p_value(thirds) > significance);
}

BOOST_AUTO_TEST_CASE(a_range_has_at_least_one_value) {
    for (std::int64_t i = 0; i < 100; ++i) BOOST_TEST(rng::below(key, {.place = i}, 1) == 0);
    BOOST_TEST(rng::below(key, {}, std::numeric_limits<std::int64_t>::max()) >= 0);
    BOOST_CHECK_THROW(rng::below(key, {}, 0), core::InternalError);
    BOOST_CHECK_THROW(rng::below(key, {}, -5), core::InternalError);
}

BOOST_AUTO_TEST_CASE(normal_numbers_have_the_moments_and_the_tails_of_a_gaussian) {
    std::vector<std::array<double, 2>> pairs;
    for (std::int64_t i = 0; i < samples; ++i) pairs.push_back(rng::normal(key, {.place = i}));
    for (const std::size_t half : {0, 1}) {
        const auto z = [&](std::int64_t i) { return pairs[static_cast<std::size_t>(i)][half]; };
        BOOST_TEST(std::abs(deviation(z, 0, 1)) < limit);
        BOOST_TEST(std::abs(deviation([&](auto i) { return std::pow(z(i), 2); }, 1, std::sqrt(2.0))) < limit);
        BOOST_TEST(std::abs(deviation([&](auto i) { return std::pow(z(i), 4); }, 3, std::sqrt(96.0))) < limit);
    }
    BOOST_TEST(
        std::abs(deviation(
            [&](auto i) { return pairs[static_cast<std::size_t>(i)][0] * pairs[static_cast<std::size_t>(i)][1]; }, 0,
            1)) < limit);
    std::vector<std::int64_t> counts(12);
    for (const auto& pair : pairs)
        for (const double z : pair) ++counts[static_cast<std::size_t>(std::clamp(std::floor(z) + 6, 0.0, 11.0))];
    const auto below = [](double z) { return std::erfc(-z / std::sqrt(2.0)) / 2; };
    // Unit bins, the outermost ones open: from |z| > 4 on they are merged, so that each expects more than 60.
    std::vector<std::int64_t> merged{counts[0] + counts[1]};
    std::vector<double> expected{2 * samples * below(-4)};
    for (int z = -4; z < 4; ++z) {
        merged.push_back(counts[static_cast<std::size_t>(z + 6)]);
        expected.push_back(2 * samples * (below(z + 1) - below(z)));
    }
    merged.push_back(counts[10] + counts[11]);
    expected.push_back(2 * samples * below(-4));
    BOOST_TEST(p_value(merged, expected) > significance);
}

BOOST_AUTO_TEST_CASE(a_permutation_holds_every_number_once_and_depends_on_its_address_alone) {
    const auto order = rng::permutation(key, {.step = 3}, 1000);
    auto sorted = order;
    std::ranges::sort(sorted);
    for (std::int64_t i = 0; i < 1000; ++i) BOOST_TEST(sorted[static_cast<std::size_t>(i)] == i);
    BOOST_TEST(order == rng::permutation(key, {.step = 3}, 1000));
    BOOST_TEST(order != rng::permutation(key, {.step = 4}, 1000));
    BOOST_TEST(rng::permutation(key, {}, 0).empty());
    BOOST_TEST(rng::permutation(key, {}, 1) == std::vector<std::int64_t>{0});
    BOOST_CHECK_THROW(rng::permutation(key, {}, -1), core::InternalError);
}

BOOST_AUTO_TEST_CASE(all_orders_of_four_things_are_equally_likely) {
    std::map<std::vector<std::int64_t>, std::int64_t> seen;
    for (std::int64_t i = 0; i < samples / 4; ++i)
        ++seen[rng::permutation(key, {.purpose = rng::Purpose::shuffle, .step = i}, 4)];
    BOOST_TEST(seen.size() == 24U);
    std::vector<std::int64_t> counts;
    for (const auto& [order, count] : seen) counts.push_back(count);
    BOOST_TEST(p_value(counts) > significance);
}
