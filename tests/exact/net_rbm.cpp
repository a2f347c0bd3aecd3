#include <boost/test/unit_test.hpp>

#include <blockspin/coarsen/apply.hpp>
#include <blockspin/coarsen/rules.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/net/diagnostics.hpp>
#include <blockspin/net/exact.hpp>
#include <blockspin/net/gradient_terms.hpp>
#include <blockspin/net/ising_rbm.hpp>
#include <blockspin/net/partition_function.hpp>
#include <blockspin/net/shared_weights.hpp>
#include <blockspin/stats/comparison.hpp>

#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>
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
    constexpr double step = 1e-5;
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

namespace {

/// ln p averaged over a distribution, by the parameters of E = −(v − μ)·W (h − λ) − a·(v − μ) − b·(h − λ).
double centred_log_likelihood(const net::Rbm<double>& centred, const net::UnitMeans& offsets,
                              const std::vector<double>& target) {
    net::Rbm<double> rbm = centred;
    for (int i = 0; i < rbm.visible(); ++i) {
        for (int j = 0; j < rbm.hidden(); ++j) {
            const auto at = static_cast<std::size_t>(i), to = static_cast<std::size_t>(j);
            rbm.visible_bias[at] -= rbm.weights(i, j) * offsets.hidden[to];
            rbm.hidden_bias[to] -= rbm.weights(i, j) * offsets.visible[at];
        }
    }
    const auto log_p = net::log_probability_table(rbm);
    double sum = 0;
    for (std::size_t v = 0; v < target.size(); ++v) sum += target[v] * log_p[v];
    return sum;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_centred_gradient_is_the_derivative_by_centred_parameters_to_1e_6) {
    net::Rbm<double> rbm = random_rbm(4, 3, 31);
    const net::UnitMeans offsets{{0.3F, -0.6F, 0.1F, 0.8F}, {-0.2F, 0.5F, 0.9F}};
    const auto target = random_distribution(16, 32);
    net::Gradient<float> gradient = net::to_float(net::log_likelihood_gradient(rbm, target));
    net::UnitMeans average = offsets;
    net::change_gradient({.centred = true, .average_decay = 1.0, .average = &average}, offsets, gradient);
    // Derivatives by a', b' and W at fixed others; what W changes in a and b beyond that is what centring adds to them.
    net::Rbm<double> centred = rbm;
    for (int i = 0; i < 4; ++i) {
        for (int j = 0; j < 3; ++j) {
            const auto at = static_cast<std::size_t>(i), to = static_cast<std::size_t>(j);
            centred.visible_bias[at] += rbm.weights(i, j) * offsets.hidden[to];
            centred.hidden_bias[to] += rbm.weights(i, j) * offsets.visible[at];
        }
    }
    net::Gradient<double> slopes(4, 3);
    for (std::size_t part = 0; part < 3; ++part) {
        for (std::size_t k = 0; k < slopes.parts()[part].size(); ++k) {
            double& x = centred.parts()[part][k];
            const double before = x, step = 1e-5;
            x = before + step;
            const double above = centred_log_likelihood(centred, offsets, target);
            x = before - step;
            slopes.parts()[part][k] = (above - centred_log_likelihood(centred, offsets, target)) / (2 * step);
            x = before;
        }
    }
    for (int i = 0; i < 4; ++i) {
        for (int j = 0; j < 3; ++j) {
            slopes.visible_bias[static_cast<std::size_t>(i)] -=
                slopes.weights(i, j) * offsets.hidden[static_cast<std::size_t>(j)];
            slopes.hidden_bias[static_cast<std::size_t>(j)] -=
                slopes.weights(i, j) * offsets.visible[static_cast<std::size_t>(i)];
        }
    }
    for (std::size_t part = 0; part < 3; ++part) {
        for (std::size_t k = 0; k < slopes.parts()[part].size(); ++k) {
            BOOST_TEST(std::abs(gradient.parts()[part][k] - slopes.parts()[part][k]) < 1e-6);
        }
    }
}

BOOST_AUTO_TEST_CASE(ascent_in_units_0_and_1_follows_the_derivative_by_their_parameters_to_1e_6) {
    const net::Rbm<double> rbm = random_rbm(4, 3, 31);
    const auto target = random_distribution(16, 32);
    // (W', a', b') → (W, a, b), linear.
    const auto in_spins = [](const net::Rbm<double>& of_bits) {
        net::Rbm<double> result(of_bits.visible(), of_bits.hidden());
        for (std::size_t i = 0; i < of_bits.visible_bias.size(); ++i)
            result.visible_bias[i] = of_bits.visible_bias[i] / 2;
        for (std::size_t j = 0; j < of_bits.hidden_bias.size(); ++j) result.hidden_bias[j] = of_bits.hidden_bias[j] / 2;
        for (int i = 0; i < of_bits.visible(); ++i) {
            for (int j = 0; j < of_bits.hidden(); ++j) {
                const double quarter = of_bits.weights(i, j) / 4;
                result.weights(i, j) = quarter;
                result.visible_bias[static_cast<std::size_t>(i)] += quarter;
                result.hidden_bias[static_cast<std::size_t>(j)] += quarter;
            }
        }
        return result;
    };
    const auto log_likelihood = [&](const net::Rbm<double>& change_of_bits) {
        net::Rbm<double> changed = in_spins(change_of_bits);
        for (std::size_t part = 0; part < 3; ++part) {
            std::ranges::transform(changed.parts()[part], rbm.parts()[part], changed.parts()[part].begin(),
                                   std::plus());
        }
        const auto log_p = net::log_probability_table(changed);
        double sum = 0;
        for (std::size_t v = 0; v < target.size(); ++v) sum += target[v] * log_p[v];
        return sum;
    };
    net::Gradient<double> slopes(4, 3);
    for (std::size_t part = 0; part < 3; ++part) {
        for (std::size_t k = 0; k < slopes.parts()[part].size(); ++k) {
            net::Rbm<double> above(4, 3), below(4, 3);
            above.parts()[part][k] = 1e-5;
            below.parts()[part][k] = -1e-5;
            slopes.parts()[part][k] = (log_likelihood(above) - log_likelihood(below)) / 2e-5;
        }
    }
    const net::Gradient<double> expected = in_spins(slopes);
    net::Gradient<float> gradient = net::to_float(net::log_likelihood_gradient(rbm, target));
    net::change_gradient({.in_units_0_and_1 = true}, {std::vector<float>(4), std::vector<float>(3)}, gradient);
    for (std::size_t part = 0; part < 3; ++part) {
        for (std::size_t k = 0; k < expected.parts()[part].size(); ++k) {
            BOOST_TEST(std::abs(gradient.parts()[part][k] - expected.parts()[part][k]) < 1e-6);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_sparsity_term_is_minus_the_derivative_of_the_cross_entropy_of_one_row_to_1e_6) {
    net::Rbm<double> rbm = random_rbm(3, 2, 33);
    const linalg::Matrix<double> row(1, 3, std::vector<double>{1.0, -1.0, 1.0});
    constexpr double cost = 0.7, target = 0.2;
    const auto penalty = [&] {
        double sum = 0;
        const auto means = net::hidden_means<double>(rbm, row);
        for (const double mean : means.values()) {
            const double q = (1 + mean) / 2;
            sum -= cost * (target * std::log(q) + (1 - target) * std::log(1 - q));
        }
        return sum;
    };
    net::UnitMeans means{{1.0F, -1.0F, 1.0F}, {}};
    const auto of_hidden = net::hidden_means<double>(rbm, row);
    for (const double mean : of_hidden.values()) means.hidden.push_back(static_cast<float>(mean));
    net::Gradient<float> gradient(3, 2);
    net::UnitMeans average;
    net::change_gradient({.sparsity_cost = cost, .sparsity_target = target, .average = &average}, means, gradient);
    for (std::size_t part = 0; part < 3; ++part) {
        for (std::size_t k = 0; k < gradient.parts()[part].size(); ++k) {
            double& x = rbm.parts()[part][k];
            const double before = x, step = 1e-5;
            x = before + step;
            const double above = penalty();
            x = before - step;
            BOOST_TEST(std::abs(gradient.parts()[part][k] + (above - penalty()) / (2 * step)) < 1e-6);
            x = before;
        }
    }
}

BOOST_AUTO_TEST_CASE(units_left_out_are_those_of_a_smaller_machine_and_as_many_as_asked_for) {
    net::Rbm<float> thinned = net::to_float(random_rbm(3, 2, 34));
    net::Rbm<double> smaller(3, 1);
    for (int i = 0; i < 3; ++i) smaller.weights(i, 0) = thinned.weights(i, 1);
    smaller.visible_bias.assign(thinned.visible_bias.begin(), thinned.visible_bias.end());
    smaller.hidden_bias = {thinned.hidden_bias[1]};
    net::keep_only(std::vector<std::uint8_t>{0, 1}, thinned);
    const auto of_thinned = net::log_probability_table(net::to_double(thinned)),
               of_smaller = net::log_probability_table(smaller);
    for (std::size_t v = 0; v < 8; ++v) BOOST_TEST(std::abs(of_thinned[v] - of_smaller[v]) < 1e-14);
    std::int64_t kept = 0;
    constexpr int updates = 100, hidden = 400;
    for (std::int64_t step = 0; step < updates; ++step) {
        for (const std::uint8_t flag : net::kept_units(rng::Key(35), 1, step, hidden, 0.3)) kept += flag;
    }
    const double expected = 0.7 * updates * hidden;
    BOOST_TEST(std::abs(static_cast<double>(kept) - expected) < 4 * std::sqrt(0.3 * expected));
}

BOOST_AUTO_TEST_CASE(
    pseudo_likelihoods_are_products_of_conditional_probabilities_to_1e_5_and_without_bias_for_many_units) {
    const mpi::Communicator self = mpi::Communicator::self();
    const net::Rbm<float> rbm = net::to_float(random_rbm(5, 7, 36));
    const auto log_p = net::log_probability_table(net::to_double(rbm));
    std::vector<std::uint8_t> bits;
    std::vector<std::int64_t> rows;
    for (std::size_t v = 0; v < 32; ++v)
        bits.push_back(static_cast<std::uint8_t>(v)), rows.push_back(static_cast<int>(v));
    const auto measured = net::log_pseudo_likelihoods(self, rbm, {5, bits}, rows, {.key = rng::Key(37)});
    for (std::size_t v = 0; v < 32; ++v) {
        double exact = 0;
        for (int i = 0; i < 5; ++i) {
            const double other = std::exp(log_p[v ^ (std::size_t{1} << i)]), own = std::exp(log_p[v]);
            exact += std::log(own / (own + other));
        }
        BOOST_TEST(std::abs(measured[v] - exact) < 1e-5);
    }
    // Many units: without weights, ln p of each is known.
    net::Rbm<float> independent(40, 1);
    double exact = 0;
    for (std::size_t i = 0; i < 40; ++i) {
        independent.visible_bias[i] = 0.05F * static_cast<float>(i) - 1.0F;
        exact -= std::log1p(std::exp(-2 * static_cast<double>(independent.visible_bias[i])));
    }
    const net::Dataset ones(40, std::vector<std::uint8_t>(5 * 2000, 0xFF));
    std::vector<std::int64_t> all(2000);
    std::iota(all.begin(), all.end(), 0);
    const auto many = net::log_pseudo_likelihoods(self, independent, ones, all, {.key = rng::Key(38)});
    const stats::Estimate mean = net::mean_over_rows(ones, all, many);
    BOOST_TEST(mean.error < 0.05);
    BOOST_TEST(stats::compare(mean, exact, 1e-4).agrees(1));
}

namespace {

const net::SharedParameters<double> kernel{
    linalg::Matrix<double>(4, 2, std::vector<double>{0.4, -0.3, 0.2, 0.5, -0.6, 0.1, 0.3, 0.7}), 0.1, {0.2, -0.4}};

} // namespace

BOOST_AUTO_TEST_CASE(free_energies_of_shared_weights_do_not_change_when_a_configuration_is_moved_by_the_stride) {
    for (const int stride : {1, 2}) {
        const net::SharedWeights shared({4, 4}, 2, stride, 2);
        BOOST_TEST((shared.visible() == 16 && shared.hidden() == 2 * 16 / (stride * stride)));
        const net::Rbm<double> rbm = shared.dense(kernel);
        const linalg::Matrix<double> v(1, 16,
                                       std::vector<double>{1, -1, -1, 1, 1, 1, -1, 1, -1, -1, -1, 1, -1, 1, 1, 1});
        linalg::Matrix<double> along_x(1, 16), along_y(1, 16), by_one(1, 16);
        for (int y = 0; y < 4; ++y) {
            for (int x = 0; x < 4; ++x) {
                along_x(0, (x + stride) % 4 + 4 * y) = v(0, x + 4 * y);
                along_y(0, x + 4 * ((y + stride) % 4)) = v(0, x + 4 * y);
                by_one(0, (x + 1) % 4 + 4 * y) = v(0, x + 4 * y);
            }
        }
        const double energy = net::free_energies<double>(rbm, v)[0];
        BOOST_TEST(std::abs(net::free_energies<double>(rbm, along_x)[0] - energy) < 1e-12);
        BOOST_TEST(std::abs(net::free_energies<double>(rbm, along_y)[0] - energy) < 1e-12);
        if (stride == 2) BOOST_TEST(std::abs(net::free_energies<double>(rbm, by_one)[0] - energy) > 1e-3);
        const auto again = shared.mean(rbm);
        for (std::size_t i = 0; i < 8; ++i)
            BOOST_TEST(std::abs(again.weights.values()[i] - kernel.weights.values()[i]) < 1e-15);
    }
    for (const auto& [extent, width, stride] : {std::array{4, 2, 3}, {4, 5, 1}, {4, 0, 1}, {0, 1, 1}}) {
        BOOST_CHECK_THROW(net::SharedWeights({4, extent}, width, stride, 1), core::InputError);
    }
}

BOOST_AUTO_TEST_CASE(the_gradient_by_shared_parameters_is_the_derivative_of_the_log_likelihood_to_1e_8) {
    const net::SharedWeights shared({4, 2}, 2, 1, 2);
    const auto target = random_distribution(256, 41);
    const auto log_likelihood = [&](const net::SharedParameters<double>& parameters) {
        const auto log_p = net::log_probability_table(shared.dense(parameters));
        double sum = 0;
        for (std::size_t v = 0; v < target.size(); ++v) sum += target[v] * log_p[v];
        return sum;
    };
    const auto slope = [&](const auto& parameter) {
        constexpr double step = 1e-5;
        auto below = kernel, above = kernel;
        parameter(below) -= step;
        parameter(above) += step;
        return (log_likelihood(above) - log_likelihood(below)) / (2 * step);
    };
    const auto gradient = shared.mean(net::log_likelihood_gradient(shared.dense(kernel), target));
    constexpr int places = 8; // blocks and sites
    for (int k = 0; k < 4; ++k) {
        for (int map = 0; map < 2; ++map) {
            const double expected = slope([=](auto& p) -> double& { return p.weights(k, map); });
            BOOST_TEST(std::abs(places * gradient.weights(k, map) - expected) < 1e-8);
        }
    }
    BOOST_TEST(std::abs(places * gradient.visible_bias - slope([](auto& p) -> double& { return p.visible_bias; })) <
               1e-8);
    for (const std::size_t map : {0, 1}) {
        const double expected = slope([=](auto& p) -> double& { return p.hidden_bias[map]; });
        BOOST_TEST(std::abs(places * gradient.hidden_bias[map] - expected) < 1e-8);
    }
}

BOOST_AUTO_TEST_CASE(an_alternating_chain_has_a_nearest_neighbour_chain_as_its_marginal_to_1e_12) {
    constexpr double w = 0.8;
    constexpr int sites = 8;
    const net::SharedWeights shared({sites}, 2, 1, 1);
    const net::Rbm<double> rbm =
        shared.dense(net::SharedParameters<double>{linalg::Matrix<double>(2, 1, std::vector<double>{w, w}), 0, {0}});
    const double coupling = std::atanh(std::tanh(w) * std::tanh(w)); // of either layer
    std::vector<net::Bond> bonds;
    for (std::int64_t i = 0; i < sites; ++i) bonds.push_back({i, (i + 1) % sites, coupling});
    const auto exponents = ising_exponents(sites, bonds, 0.0);
    const double ln_z = net::log_sum_exp(exponents);
    for (const auto& side : {rbm, net::mirrored(rbm)}) {
        const auto log_p = net::log_probability_table(side);
        for (std::size_t c = 0; c < log_p.size(); ++c) BOOST_TEST(std::abs(log_p[c] - (exponents[c] - ln_z)) < 1e-12);
    }
}

BOOST_AUTO_TEST_CASE(hidden_units_of_disjoint_blocks_are_a_rule_and_with_equal_weights_that_of_kadanoff_to_1e_14) {
    const net::SharedParameters<double> parameters{
        linalg::Matrix<double>(4, 1, std::vector<double>{0.4, -0.3, 0.2, 0.5}), 0.3, {-0.2}};
    const net::HiddenUnitRule rule(2, 2, parameters);
    const net::SharedWeights shared({4, 4}, 2, 2, 1);
    const net::Rbm<double> rbm = shared.dense(parameters);
    const std::vector<std::int8_t> fine{1, -1, -1, 1, 1, 1, -1, 1, -1, -1, -1, 1, -1, 1, 1, 1};
    linalg::Matrix<double> v(1, 16);
    std::ranges::copy(fine, v.values().begin());
    const auto means = net::hidden_means<double>(rbm, v);
    const coarsen::Blocks blocks(2, {4, 4, 1, 1}, 2);
    std::vector<std::int8_t> block(4);
    for (std::int64_t b = 0; b < 4; ++b) {
        blocks.gather(fine, b, block);
        for (const std::int8_t mu : {std::int8_t{-1}, std::int8_t{1}}) {
            const double expected = std::log((1 + mu * means(0, static_cast<int>(b))) / 2);
            BOOST_TEST(std::abs(rule.log_probability(mu, block) - expected) < 1e-14);
        }
    }
    // Drawn as often as that.
    std::vector<std::int8_t> coarse(4);
    double excess = 0, variance = 0;
    for (std::int64_t step = 0; step < 2000; ++step) {
        coarsen::apply(rule, blocks, fine, coarse, rng::Key(42), {.step = step});
        for (int b = 0; b < 4; ++b) {
            const double mean = means(0, b);
            excess += mean * (coarse[static_cast<std::size_t>(b)] - mean);
            variance += mean * mean * (1 - mean * mean);
        }
    }
    BOOST_TEST(std::abs(excess) < 4 * std::sqrt(variance));
    const net::HiddenUnitRule equal(2, 2, {linalg::Matrix<double>(4, 1, 0.35), 0.0, {0.0}});
    BOOST_TEST(std::abs(equal.log_probability(1, block) - coarsen::KadanoffT(2, 0.35).log_probability(1, block)) <
               1e-14);
    BOOST_CHECK_THROW(net::HiddenUnitRule(2, 2, kernel), core::InputError);
    BOOST_CHECK_THROW(net::HiddenUnitRule(2, 3, parameters), core::InputError);
}
