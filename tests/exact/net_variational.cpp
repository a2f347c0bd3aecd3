#include <boost/test/unit_test.hpp>

#include <blockspin/net/exact.hpp>
#include <blockspin/net/partition_function.hpp>
#include <blockspin/net/variational.hpp>

#include <cmath>
#include <numeric>
#include <vector>

using namespace blockspin;

namespace {

constexpr int visible = 5, middle = 4, top = 3;
const rng::Key key(3);

net::Stack stack() {
    return {net::initial_rbm(visible, middle, 0.7, key, 0, 0), net::initial_rbm(middle, top, 0.9, key, 0, 1)};
}

/// All configurations of the visible units, the one with number c in row c.
net::Dataset everything() {
    std::vector<std::uint8_t> bits(std::size_t{1} << visible);
    std::iota(bits.begin(), bits.end(), std::uint8_t{0});
    return {visible, bits};
}

std::vector<double> unnormalised(const net::Stack& machines, int samples) {
    std::vector<std::int64_t> rows(std::size_t{1} << visible);
    std::iota(rows.begin(), rows.end(), 0);
    return net::unnormalised_log_probabilities(mpi::Communicator::self(), machines, everything(), rows, samples,
                                               {.key = key});
}

double ln_z(const net::Rbm<float>& rbm) { return net::ln_partition_function(net::to_double(rbm)); }

/// ln p of all configurations of the visible units of a machine, and of its hidden ones.
struct Tables {
    std::vector<double> visible, hidden;
    explicit Tables(const net::Rbm<float>& rbm)
        : visible(net::log_probability_table(net::to_double(rbm))),
          hidden(net::log_probability_table(net::mirrored(net::to_double(rbm)))) {}
};

double spin(std::size_t c, int unit) { return (c >> unit & 1) != 0 ? 1.0 : -1.0; }

/// q(h|v) of one machine, from its definition.
double conditional(const net::Rbm<float>& rbm, std::size_t v, std::size_t h) {
    double q = 1;
    for (int j = 0; j < rbm.hidden(); ++j) {
        double x = rbm.hidden_bias[static_cast<std::size_t>(j)];
        for (int i = 0; i < rbm.visible(); ++i) x += spin(v, i) * rbm.weights(i, j);
        q /= 1 + std::exp(-2 * spin(h, j) * x);
    }
    return q;
}

} // namespace

BOOST_AUTO_TEST_CASE(of_one_machine_they_are_the_log_probabilities_themselves_to_1e_5) {
    const net::Stack one{stack().front()};
    const auto values = unnormalised(one, 1);
    const Tables tables(one.front());
    for (std::size_t v = 0; v < values.size(); ++v) {
        BOOST_TEST(std::abs(values[v] - ln_z(one.front()) - tables.visible[v]) < 1e-5);
    }
}

BOOST_AUTO_TEST_CASE(a_second_machine_that_mirrors_the_first_changes_nothing_to_1e_5) {
    net::Stack machines{stack().front(), net::mirrored(stack().front())};
    const auto values = unnormalised(machines, 2);
    const Tables tables(machines.front());
    for (std::size_t v = 0; v < values.size(); ++v) {
        BOOST_TEST(std::abs(values[v] - ln_z(machines.back()) - tables.visible[v]) < 1e-5);
    }
}

BOOST_AUTO_TEST_CASE(the_bound_of_two_machines_is_its_enumeration_and_lies_below_the_log_probability) {
    const net::Stack machines = stack();
    constexpr int samples = 20000;
    const auto values = unnormalised(machines, samples);
    const Tables lower(machines[0]), upper(machines[1]);
    for (std::size_t v = 0; v < values.size(); ++v) {
        double bound = 0, squares = 0, probability = 0;
        for (std::size_t h = 0; h < std::size_t{1} << middle; ++h) {
            const double q = conditional(machines[0], v, h);
            // p(v|h) of the lower machine, by Bayes; p(h) of the upper one
            const double ln_joint = std::log(q) + lower.visible[v] - lower.hidden[h] + upper.visible[h];
            const double term = ln_joint - std::log(q);
            bound += q * term;
            squares += q * term * term;
            probability += std::exp(ln_joint);
        }
        const double sampled = values[v] - ln_z(machines[1]);
        const double sigma = std::sqrt((squares - bound * bound) / samples);
        BOOST_TEST(std::abs(sampled - bound) < 4.2 * sigma + 1e-5); // 32 comparisons
        BOOST_TEST(bound < std::log(probability));
    }
}
