#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/net/exact.hpp>
#include <blockspin/net/ising_rbm.hpp>
#include <blockspin/net/partition_function.hpp>

#include <cmath>
#include <numbers>
#include <random>
#include <vector>

using namespace blockspin;

namespace {

net::Rbm<double> random_rbm(int visible, int hidden, std::uint64_t seed, double width = 1.0) {
    std::mt19937_64 engine(seed);
    net::Rbm<double> rbm(visible, hidden);
    for (const auto part : rbm.parts()) {
        for (double& x : part) x = width * (static_cast<double>(engine() >> 11) * 0x1p-52 - 1);
    }
    return rbm;
}

double spin(std::size_t configuration, int unit) { return (configuration >> unit & 1) != 0 ? 1.0 : -1.0; }

/// e^{−E(v, h)} straight from the definition.
double weight(const net::Rbm<double>& rbm, std::size_t v, std::size_t h) {
    double sum = 0;
    for (int i = 0; i < rbm.visible(); ++i) sum += rbm.visible_bias[static_cast<std::size_t>(i)] * spin(v, i);
    for (int j = 0; j < rbm.hidden(); ++j) sum += rbm.hidden_bias[static_cast<std::size_t>(j)] * spin(h, j);
    for (int i = 0; i < rbm.visible(); ++i) {
        for (int j = 0; j < rbm.hidden(); ++j) sum += rbm.weights(i, j) * spin(v, i) * spin(h, j);
    }
    return std::exp(sum);
}

double sum_over_hidden(const net::Rbm<double>& rbm, std::size_t v) {
    double sum = 0;
    for (std::size_t h = 0; h < std::size_t{1} << rbm.hidden(); ++h) sum += weight(rbm, v, h);
    return sum;
}

std::vector<double> random_distribution(std::size_t size, std::uint64_t seed) {
    std::mt19937_64 engine(seed);
    std::vector<double> table(size);
    double total = 0;
    for (double& p : table) total += p = static_cast<double>(engine() >> 11) * 0x1p-53;
    for (double& p : table) p /= total;
    return table;
}

std::vector<double> logarithms(std::vector<double> table) {
    for (double& p : table) p = std::log(p);
    return table;
}

/// Bonds of a periodic side × side square lattice.
std::vector<net::Bond> square_bonds(std::int64_t side, double coupling) {
    std::vector<net::Bond> bonds;
    for (std::int64_t y = 0; y < side; ++y) {
        for (std::int64_t x = 0; x < side; ++x) {
            bonds.push_back({x + side * y, (x + 1) % side + side * y, coupling});
            bonds.push_back({x + side * y, x + side * ((y + 1) % side), coupling});
        }
    }
    return bonds;
}

std::vector<double> ising_exponents(int sites, const std::vector<net::Bond>& bonds, double field) {
    std::vector<double> exponents(std::size_t{1} << sites);
    for (std::size_t c = 0; c < exponents.size(); ++c) {
        for (const auto& [a, b, k] : bonds)
            exponents[c] += k * spin(c, static_cast<int>(a)) * spin(c, static_cast<int>(b));
        for (int i = 0; i < sites; ++i) exponents[c] += field * spin(c, i);
    }
    return exponents;
}

std::vector<double> normalised(std::vector<double> exponents) {
    const double ln_z = net::log_sum_exp(exponents);
    for (double& x : exponents) x -= ln_z;
    return exponents;
}

constexpr double critical = 0.44068679350977147;

} // namespace

BOOST_AUTO_TEST_CASE(the_free_energy_is_minus_the_log_of_the_sum_over_hidden_units_to_1e_14) {
    const auto rbm = random_rbm(5, 4, 1);
    const auto table = net::free_energy_table(rbm);
    for (std::size_t v = 0; v < table.size(); ++v) {
        BOOST_TEST(std::abs(table[v] + std::log(sum_over_hidden(rbm, v))) < 1e-14);
    }
}

BOOST_AUTO_TEST_CASE(ln_z_is_that_of_the_double_sum_whichever_layer_is_smaller_to_1e_13) {
    for (const auto& [visible, hidden] : {std::pair{3, 6}, std::pair{6, 3}, std::pair{12, 2}, std::pair{2, 12}}) {
        const auto rbm = random_rbm(visible, hidden, 2);
        double z = 0;
        for (std::size_t v = 0; v < std::size_t{1} << visible; ++v) z += sum_over_hidden(rbm, v);
        BOOST_TEST(std::abs(net::ln_partition_function(rbm) - std::log(z)) < 1e-13);
    }
}

BOOST_AUTO_TEST_CASE(ln_z_of_units_without_weights_is_a_product_also_over_many_blocks) {
    net::Rbm<double> rbm(16, 20);
    rbm.visible_bias.assign(16, 0.3);
    const double expected = 16 * std::log(2 * std::cosh(0.3)) + 20 * std::numbers::ln2;
    BOOST_TEST(std::abs(net::ln_partition_function(rbm) - expected) < 1e-12);
}

BOOST_AUTO_TEST_CASE(ln_z_agrees_with_the_sum_over_a_table_to_1e_15_of_itself_for_small_and_large_weights) {
    for (const double width : {0.01, 0.3, 3.0, 20.0}) { // the last: an exponent is split off after every other factor
        const auto rbm = random_rbm(12, 21, 11, width);
        std::vector<double> exponents = net::free_energy_table(rbm);
        for (double& x : exponents) x = -x;
        const double expected = net::log_sum_exp(exponents);
        BOOST_TEST(std::abs(net::ln_partition_function(rbm) - expected) < 1e-13 + 1e-15 * std::abs(expected));
    }
}

BOOST_AUTO_TEST_CASE(parameters_that_overflow_or_are_not_finite_are_refused) {
    for (const double w : {400.0, HUGE_VAL, std::nan("")}) {
        net::Rbm<double> rbm(3, 3);
        rbm.weights(1, 1) = w;
        BOOST_CHECK_THROW(net::ln_partition_function(rbm), core::InputError);
        rbm.weights(1, 1) = 0;
        rbm.visible_bias[2] = w == 400.0 ? HUGE_VAL : w;
        BOOST_CHECK_THROW(net::ln_partition_function(rbm), core::InputError);
    }
}

BOOST_AUTO_TEST_CASE(the_hidden_marginal_is_that_of_the_mirrored_machine_to_1e_14) {
    const auto rbm = random_rbm(4, 3, 3);
    const auto table = net::log_probability_table(net::mirrored(rbm));
    std::vector<double> direct(table.size());
    for (std::size_t h = 0; h < table.size(); ++h) {
        for (std::size_t v = 0; v < 16; ++v) direct[h] += weight(rbm, v, h);
    }
    const auto expected = normalised(logarithms(direct));
    for (std::size_t h = 0; h < table.size(); ++h) BOOST_TEST(std::abs(table[h] - expected[h]) < 1e-14);
}

BOOST_AUTO_TEST_CASE(the_conditional_means_are_those_of_the_joint_distribution_to_1e_14) {
    const auto rbm = random_rbm(3, 4, 4);
    linalg::Matrix<double> visible(1, 3);
    for (std::size_t v = 0; v < 8; ++v) {
        for (int i = 0; i < 3; ++i) visible(0, i) = spin(v, i);
        const auto means = net::hidden_means<double>(rbm, visible);
        for (int j = 0; j < 4; ++j) {
            double mean = 0;
            for (std::size_t h = 0; h < 16; ++h) mean += spin(h, j) * weight(rbm, v, h) / sum_over_hidden(rbm, v);
            BOOST_TEST(std::abs(means(0, j) - mean) < 1e-14);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_exact_gradient_is_the_finite_difference_of_the_divergence_to_1e_8) {
    const auto target = random_distribution(std::size_t{1} << 11, 5);
    auto rbm = random_rbm(11, 3, 6, 0.5); // two blocks of configurations
    const auto gradient = net::log_likelihood_gradient(rbm, target);
    const auto divergence = [&] { return net::kl_divergence(logarithms(target), net::log_probability_table(rbm)); };
    constexpr double step = 1e-4;
    for (std::size_t part = 0; part < 3; ++part) {
        for (std::size_t i = 0; i < rbm.parts()[part].size(); ++i) {
            double& parameter = rbm.parts()[part][i];
            const double here = parameter;
            parameter = here + step;
            const double above = divergence();
            parameter = here - step;
            const double below = divergence();
            parameter = here;
            BOOST_TEST(std::abs(gradient.parts()[part][i] + (above - below) / (2 * step)) < 1e-8);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_gradient_vanishes_to_1e_14_where_the_target_is_the_model) {
    const auto rbm = random_rbm(5, 4, 7);
    std::vector<double> target = net::log_probability_table(rbm);
    for (double& p : target) p = std::exp(p);
    const auto gradient = net::log_likelihood_gradient(rbm, target);
    for (const auto part : gradient.parts()) {
        for (const double x : part) BOOST_TEST(std::abs(x) < 1e-14);
    }
}

BOOST_AUTO_TEST_CASE(the_exact_machine_of_an_ising_model_diverges_by_less_than_1e_12) {
    for (const double coupling : {critical, 0.2, -0.3, 1.5}) {
        for (const std::int64_t side : {1, 2, 3, 4}) {
            const auto bonds = square_bonds(side, coupling);
            const std::vector<double> fields(static_cast<std::size_t>(side * side), 0.1);
            const auto rbm = net::ising_rbm(fields, bonds);
            const auto target = ising_exponents(static_cast<int>(side * side), bonds, 0.1);
            const double kl = net::kl_divergence(normalised(target), net::log_probability_table(rbm));
            BOOST_TEST(std::abs(kl) < 1e-12);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_exact_machine_has_z_times_two_e_to_the_k_per_bond_and_its_known_weight) {
    const auto bonds = square_bonds(3, critical);
    const auto rbm = net::ising_rbm(std::vector<double>(9), bonds);
    BOOST_TEST(std::abs(rbm.weights(0, 0) - 0.764285459740) < 1e-12);
    const double ln_z = net::log_sum_exp(ising_exponents(9, bonds, 0.0));
    const double expected = ln_z + 18 * (std::numbers::ln2 + critical);
    BOOST_TEST(std::abs(net::ln_partition_function(rbm) - expected) < 1e-12);
}

BOOST_AUTO_TEST_CASE(too_many_units_to_enumerate_are_refused) {
    BOOST_CHECK_THROW(net::ln_partition_function(net::Rbm<double>(31, 31)), core::InputError);
    BOOST_CHECK_THROW(net::free_energy_table(net::Rbm<double>(21, 2)), core::InputError);
    BOOST_CHECK_NO_THROW(net::ln_partition_function(net::Rbm<double>(25, 3)));
}
