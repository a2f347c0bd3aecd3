// Block rules applied to every configuration of a small system: the block spins' exact weights.
#include <boost/test/unit_test.hpp>

#include <blockspin/coarsen/apply.hpp>
#include <blockspin/coarsen/rules.hpp>

using namespace blockspin;
using boost::test_tools::tolerance;

namespace {

std::vector<std::int8_t> from_bits(std::uint64_t bits, std::size_t size) {
    std::vector<std::int8_t> spins(size);
    for (std::size_t i = 0; i < size; ++i) spins[i] = (bits >> i & 1) != 0 ? 1 : -1;
    return spins;
}

/// exp(K Σ nn + h Σ σ) of a ring.
double ring_weight(const std::vector<std::int8_t>& spins, double k, double h) {
    double exponent = 0;
    for (std::size_t i = 0; i < spins.size(); ++i) {
        exponent += k * spins[i] * spins[(i + 1) % spins.size()] + h * spins[i];
    }
    return std::exp(exponent);
}

/// Σ_σ P(μ|σ) W(σ) for every μ of a ring of `sites`.
template <coarsen::Rule R> std::vector<double> marginal(const R& rule, std::size_t sites, double k, double h) {
    const coarsen::Blocks blocks(1, {static_cast<std::int32_t>(sites), 1, 1, 1}, rule.scale_factor());
    const auto coarse_sites = static_cast<std::size_t>(blocks.count());
    std::vector<double> weights(std::size_t{1} << coarse_sites, 0.0);
    for (std::uint64_t fine_bits = 0; fine_bits < std::uint64_t{1} << sites; ++fine_bits) {
        const auto fine = from_bits(fine_bits, sites);
        const double weight = ring_weight(fine, k, h);
        for (std::uint64_t bits = 0; bits < weights.size(); ++bits) {
            weights[bits] += weight * std::exp(log_probability(rule, blocks, from_bits(bits, coarse_sites), fine));
        }
    }
    return weights;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_decimated_ring_is_a_ring_with_the_known_couplings) {
    // exp 4K' = cosh(2K + h) cosh(2K - h) / cosh^2 h at K = 0.7, h = 0.3
    const double k = 0.365733972305, h = 0.563872575328;
    const auto weights = marginal(coarsen::Decimation(2), 10, 0.7, 0.3);
    const double scale = weights[0] / ring_weight(from_bits(0, 5), k, h);
    for (std::uint64_t bits = 0; bits < weights.size(); ++bits) {
        BOOST_TEST(weights[bits] == scale * ring_weight(from_bits(bits, 5), k, h), tolerance(1e-10));
    }
}

BOOST_AUTO_TEST_CASE(tanh_k_of_a_decimated_ring_is_the_third_power) {
    const double k = std::atanh(std::pow(std::tanh(0.9), 3));
    const auto weights = marginal(coarsen::Decimation(3), 12, 0.9, 0);
    const double scale = weights[0] / ring_weight(from_bits(0, 4), k, 0);
    for (std::uint64_t bits = 0; bits < weights.size(); ++bits) {
        BOOST_TEST(weights[bits] == scale * ring_weight(from_bits(bits, 4), k, 0), tolerance(1e-12));
    }
}

BOOST_AUTO_TEST_CASE(every_rule_keeps_the_partition_function) {
    double z = 0;
    for (std::uint64_t bits = 0; bits < 1U << 8; ++bits) z += ring_weight(from_bits(bits, 8), 0.5, 0.2);
    const auto check = [&](const auto& rule) {
        const auto weights = marginal(rule, 8, 0.5, 0.2);
        BOOST_TEST(std::accumulate(weights.begin(), weights.end(), 0.0) == z, tolerance(1e-13));
    };
    check(coarsen::Majority(2));
    check(coarsen::Majority(4, coarsen::Tie::first_spin));
    check(coarsen::Decimation(4));
    check(coarsen::KadanoffT(2, 0.77));
}

BOOST_AUTO_TEST_CASE(kadanoffs_rule_becomes_the_majority_rule) {
    const auto majority = marginal(coarsen::Majority(2), 8, 0.5, 0.2),
               limit = marginal(coarsen::KadanoffT(2, 20), 8, 0.5, 0.2);
    BOOST_TEST(limit == majority, tolerance(1e-12) << boost::test_tools::per_element());
}
