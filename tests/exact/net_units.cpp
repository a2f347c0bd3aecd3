#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/net/exact.hpp>
#include <blockspin/net/partition_function.hpp>
#include <blockspin/net/real_divergence.hpp>
#include <blockspin/stats/comparison.hpp>
#include <blockspin/stats/gamma_method.hpp>

#include <cmath>
#include <numbers>
#include <vector>

using namespace blockspin;

// Gaussian and rectified units.

namespace {

net::Rbm<double> gaussian_machine() {
    net::Rbm<double> rbm(2, 3);
    rbm.weights = linalg::Matrix<double>(2, 3, std::vector<double>{0.7, -0.4, 0.3, 0.5, 0.6, -0.2});
    rbm.visible_bias = {0.3, -0.5};
    rbm.hidden_bias = {0.2, -0.1, 0.4};
    rbm.visible_kind = net::UnitKind::gaussian;
    return rbm;
}

linalg::Matrix<double> row(double x, double y) { return {1, 2, std::vector<double>{x, y}}; }

/// Σ_h e^{−E(v, h)} straight from the definition.
double sum_over_hidden(const net::Rbm<double>& rbm, double x, double y) {
    double sum = 0;
    for (int h = 0; h < 8; ++h) {
        double exponent = -(std::pow(x - rbm.visible_bias[0], 2) + std::pow(y - rbm.visible_bias[1], 2)) / 2;
        for (int j = 0; j < 3; ++j) {
            const double spin = (h >> j & 1) != 0 ? 1 : -1;
            exponent +=
                spin * (rbm.hidden_bias[static_cast<std::size_t>(j)] + x * rbm.weights(0, j) + y * rbm.weights(1, j));
        }
        sum += std::exp(exponent);
    }
    return sum;
}

/// ∫ f dx dy by the trapezoidal rule, which for such functions converges faster than any power.
template <class F> double integral(const F& f) {
    constexpr double step = 0.125, end = 12;
    double sum = 0;
    for (double x = -end; x <= end; x += step) {
        for (double y = -end; y <= end; y += step) sum += f(x, y);
    }
    return sum * step * step;
}

/// Mean ln p of some rows.
double log_likelihood(const net::Rbm<double>& rbm, const std::vector<float>& values) {
    const double ln_z = net::ln_partition_function(rbm);
    double sum = 0;
    for (std::size_t r = 0; r < values.size(); r += 2) {
        sum -= net::free_energies<double>(rbm, row(values[r], values[r + 1]))[0] + ln_z;
    }
    return sum / (static_cast<double>(values.size()) / 2);
}

/// Its derivatives by every parameter, by differences.
std::vector<double> slopes_of_log_likelihood(net::Rbm<double> rbm, const std::vector<float>& values) {
    std::vector<double> slopes;
    for (const auto part : rbm.parts()) {
        for (double& x : part) {
            const double before = x, step = 1e-5;
            x = before + step;
            const double above = log_likelihood(rbm, values);
            x = before - step;
            slopes.push_back((above - log_likelihood(rbm, values)) / (2 * step));
            x = before;
        }
    }
    return slopes;
}

double rectified_free_energy(double x) {
    net::Rbm<double> rbm(1, 1);
    rbm.hidden_bias = {x};
    rbm.hidden_kind = net::UnitKind::rectified;
    return net::free_energies<double>(rbm, linalg::Matrix<double>(1, 1))[0];
}

} // namespace

BOOST_AUTO_TEST_CASE(gaussian_units_have_the_free_energies_and_the_partition_function_of_their_definition_to_1e_12) {
    const net::Rbm<double> rbm = gaussian_machine();
    for (const auto& [x, y] : {std::pair{0.0, 0.0}, {1.3, -2.0}, {-0.4, 5.0}}) {
        BOOST_TEST(std::abs(net::free_energies<double>(rbm, row(x, y))[0] + std::log(sum_over_hidden(rbm, x, y))) <
                   1e-12);
    }
    const double z = integral([&](double x, double y) { return sum_over_hidden(rbm, x, y); });
    BOOST_TEST(std::abs(net::ln_partition_function(rbm) - std::log(z)) < 1e-12);
    // The marginal of the hidden units is that of the mirrored machine.
    const auto log_p = net::log_probability_table(net::mirrored(rbm));
    for (std::size_t h = 0; h < 8; ++h) {
        const double weight = integral([&](double x, double y) {
            double exponent = -(std::pow(x - 0.3, 2) + std::pow(y + 0.5, 2)) / 2;
            for (int j = 0; j < 3; ++j) {
                const double field =
                    rbm.hidden_bias[static_cast<std::size_t>(j)] + x * rbm.weights(0, j) + y * rbm.weights(1, j);
                exponent += (h >> j & 1) != 0 ? field : -field;
            }
            return std::exp(exponent);
        });
        BOOST_TEST(std::abs(log_p[h] - std::log(weight / z)) < 1e-12);
    }
    net::Rbm<double> rectified = rbm;
    rectified.hidden_kind = net::UnitKind::rectified;
    BOOST_CHECK_THROW(net::ln_partition_function(rectified), core::InputError);
    BOOST_CHECK_THROW(net::free_energies<double>(net::mirrored(rectified), linalg::Matrix<double>(1, 3)),
                      core::InputError);
}

BOOST_AUTO_TEST_CASE(ln_z_with_gaussian_units_goes_beyond_tables_to_1e_12) {
    // Units that do not see each other: Z is a product.
    net::Rbm<double> apart(24, 24);
    apart.visible_kind = net::UnitKind::gaussian;
    double expected = 0;
    for (int j = 0; j < 24; ++j) {
        const auto at = static_cast<std::size_t>(j);
        const double w = apart.weights(j, j) = 0.1 * (j - 11.5);
        const double a = apart.visible_bias[at] = std::sin(j), b = apart.hidden_bias[at] = std::cos(3 * j);
        expected += (std::log(2 * std::numbers::pi) + w * w) / 2 + std::log(2 * std::cosh(b + a * w));
    }
    BOOST_TEST(std::abs(net::ln_partition_function(apart) - expected) < 1e-12 * std::abs(expected));
    // With one of 21 units held fixed, 20 remain, with other visible biases; those are summed over as a table.
    net::Rbm<double> all(3, 21);
    all.visible_kind = net::UnitKind::gaussian;
    for (int j = 0; j < 21; ++j) {
        all.hidden_bias[static_cast<std::size_t>(j)] = 0.5 * std::sin(7 * j);
        for (int i = 0; i < 3; ++i) all.weights(i, j) = 0.3 * std::cos(5 * i + 2 * j);
    }
    all.visible_bias = {0.4, -0.3, 1.0};
    std::vector<double> parts;
    for (const double spin : {-1.0, 1.0}) {
        net::Rbm<double> rest(3, 20);
        rest.visible_kind = net::UnitKind::gaussian;
        rest.hidden_bias.assign(all.hidden_bias.begin(), all.hidden_bias.end() - 1);
        double exponent = spin * all.hidden_bias[20];
        for (int i = 0; i < 3; ++i) {
            const auto at = static_cast<std::size_t>(i);
            for (int j = 0; j < 20; ++j) rest.weights(i, j) = all.weights(i, j);
            const double a = all.visible_bias[at], moved = rest.visible_bias[at] = a + spin * all.weights(i, 20);
            exponent += (moved * moved - a * a) / 2;
        }
        std::vector<double> weights = net::free_energy_table(net::mirrored(rest));
        for (double& x : weights) x = exponent - x;
        parts.push_back(net::log_sum_exp(weights));
    }
    const double sum = net::log_sum_exp(parts);
    BOOST_TEST(std::abs(net::ln_partition_function(all) - sum) < 1e-12 * std::abs(sum));
    net::Rbm<double> large(2, 31), broken = gaussian_machine();
    large.visible_kind = net::UnitKind::gaussian;
    BOOST_CHECK_THROW(net::ln_partition_function(large), core::InputError);
    broken.weights(0, 0) = std::nan("");
    BOOST_CHECK_THROW(net::ln_partition_function(broken), core::InputError);
}

BOOST_AUTO_TEST_CASE(
    the_expected_gradient_with_gaussian_units_is_the_derivative_of_the_log_likelihood_within_errors_below_6e_3) {
    const std::vector<float> values{0.5F, -1.0F, 1.5F, 0.2F, -0.3F, 0.8F, 2.0F, -0.5F};
    const net::Rbm<double> rbm = gaussian_machine();
    const net::Dataset data = net::Dataset::real(2, values, {}, 0);
    std::vector<std::int64_t> rows;
    for (std::int64_t r = 0; r < 2048; ++r) rows.push_back(r % 4);
    const std::vector<double> slopes = slopes_of_log_likelihood(rbm, values);
    // CD-30, and PCD-3 once its chains have forgotten the data that they started from.
    for (const bool persistent : {false, true}) {
        const mpi::Communicator self = mpi::Communicator::self();
        process::Timers timers;
        net::RealDivergence divergence(self, 2, 3, persistent ? 3 : 30, timers);
        net::RealChains chains;
        const rng::Key key(51);
        std::vector<std::vector<double>> series(rbm.size());
        for (std::int64_t step = 0; step < (persistent ? 148 : 64); ++step) {
            const auto& gradient = divergence.gradient(net::to_float(rbm), data, rows, {.key = key, .step = step},
                                                       persistent ? &chains : nullptr);
            if (persistent && step < 20) continue;
            std::size_t at = 0;
            for (const auto part : gradient.parts()) {
                for (const float x : part) series[at++].push_back(x);
            }
        }
        for (std::size_t at = 0; at < slopes.size(); ++at) {
            const stats::Estimate measured = stats::gamma_method(stats::Record{series[at]});
            BOOST_TEST(measured.error < 6e-3);
            BOOST_TEST(stats::compare(measured, slopes[at], 1e-6).agrees(2 * slopes.size()),
                       measured.mean << " +- " << measured.error << ", not " << slopes[at]);
        }
        for (std::size_t i = 0; i < 2; ++i) {
            double mean = 0;
            for (std::size_t r = i; r < values.size(); r += 2) mean += values[r] / 4;
            BOOST_TEST(std::abs(divergence.data_means().visible[i] - mean) < 1e-6);
        }
    }
}

BOOST_AUTO_TEST_CASE(rectified_units_have_the_free_energy_of_their_copies_to_1e_12_and_its_derivative_as_mean_to_2e_5) {
    for (const double x : {-30.0, -3.0, -0.2, 0.0, 0.7, 4.0, 39.0, 200.5}) {
        double sum = 0;
        for (int i = 1; i < 400; ++i) {
            const double y = x + 0.5 - i;
            sum += std::max(y, 0.0) + std::log1p(std::exp(-std::abs(y)));
        }
        BOOST_TEST(std::abs(rectified_free_energy(x) + sum) < 1e-12 * std::max(1.0, sum));
        const double slope = (rectified_free_energy(x - 1e-4) - rectified_free_energy(x + 1e-4)) / 2e-4;
        net::Rbm<double> rbm(1, 1);
        rbm.hidden_bias = {x};
        rbm.hidden_kind = net::UnitKind::rectified;
        BOOST_TEST(std::abs(net::hidden_means<double>(rbm, linalg::Matrix<double>(1, 1))(0, 0) - slope) < 2e-5);
    }
}

BOOST_AUTO_TEST_CASE(units_are_drawn_with_the_mean_and_the_variance_of_their_kind) {
    constexpr int rows = 20000, units = 5;
    const std::vector<float> bias{-1.0F, 0.0F, 0.5F, 2.0F, 6.0F};
    const rng::Key key(52);
    for (const net::UnitKind kind : {net::UnitKind::gaussian, net::UnitKind::rectified}) {
        linalg::Matrix<float> drawn(rows, units);
        net::draw_units(kind, bias, rng::Purpose::test, {.key = key}, drawn);
        for (int i = 0; i < units; ++i) {
            double sum = 0, squares = 0;
            for (int r = 0; r < rows; ++r) {
                sum += drawn(r, i);
                squares += static_cast<double>(drawn(r, i)) * drawn(r, i);
            }
            const double x = bias[static_cast<std::size_t>(i)];
            double mean = x, square = 1 + x * x;
            if (kind == net::UnitKind::rectified) { // of max(0, y), y normal around x with variance s²
                const double s = std::sqrt(1 / (1 + std::exp(-x))), z = x / s;
                const double above = std::erfc(-z / std::numbers::sqrt2) / 2;
                const double density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
                mean = x * above + s * density;
                square = (x * x + s * s) * above + x * s * density;
            }
            const double error = std::sqrt((square - mean * mean) / rows);
            BOOST_TEST(std::abs(sum / rows - mean) < 4.5 * error);
            // The fourth moment of either is below 3 (x + 1)^4 + 10, so the error of the second is below:
            BOOST_TEST(std::abs(squares / rows - square) <
                       4.5 * std::sqrt((3 * std::pow(std::abs(x) + 1, 4) + 10) / rows));
        }
        // A row has its own words, wherever the work begins.
        linalg::Matrix<float> again(1, units);
        net::draw_units(kind, bias, rng::Purpose::test, {.key = key, .first_row = 7}, again);
        for (int i = 0; i < units; ++i) BOOST_TEST(again(0, i) == drawn(7, i));
    }
}
