#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/mapping/defect.hpp>
#include <blockspin/mapping/small_lattice.hpp>
#include <blockspin/model/energy_table.hpp>
#include <blockspin/model/enumeration.hpp>
#include <blockspin/net/exact.hpp>
#include <blockspin/net/partition_function.hpp>
#include <blockspin/net/stack.hpp>

#include <cmath>
#include <map>
#include <numbers>
#include <string>
#include <vector>

using namespace blockspin;

namespace {

constexpr double critical = 0.44068679350977147;

const lattice::Geometry torus(lattice::Lattice::square, {3, 3});

model::Hamiltonian ising(double coupling, double field = 0.0) {
    return {lattice::Lattice::square, {{"nn", coupling}, {"h", field}}};
}

net::Rbm<double> random_rbm(int visible, int hidden) {
    auto rbm = net::to_double(net::initial_rbm(visible, hidden, 0.7, rng::Key(4), 0, 0));
    for (std::size_t i = 0; i < rbm.visible_bias.size(); ++i) rbm.visible_bias[i] = 0.1 * static_cast<double>(i) - 0.3;
    for (std::size_t j = 0; j < rbm.hidden_bias.size(); ++j) rbm.hidden_bias[j] = 0.2 - 0.1 * static_cast<double>(j);
    return rbm;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_energy_table_is_that_of_the_hamiltonian_to_1e_13) {
    const std::vector<std::pair<lattice::Geometry, model::Hamiltonian>> systems{
        {torus, ising(0.3, 0.2)},
        {lattice::Geometry(lattice::Lattice::square, {4, 2}),
         {lattice::Lattice::square, {{"nn", 0.5}, {"plaquette", -0.2}}}},
        {lattice::Geometry(lattice::Lattice::triangular, {3, 3}), {lattice::Lattice::triangular, {{"nn", -0.4}}}},
        {lattice::Geometry(lattice::Lattice::chain, {7}, {lattice::Boundary::open}),
         {lattice::Lattice::chain, {{"nn", 1.0}}}}};
    for (const auto& [geometry, hamiltonian] : systems) {
        const auto table = model::energy_table(hamiltonian, geometry);
        std::vector<std::int8_t> spins(static_cast<std::size_t>(geometry.sites()));
        for (std::size_t c = 0; c < table.size(); ++c) {
            for (std::size_t i = 0; i < spins.size(); ++i)
                spins[i] = (c >> i & 1) != 0 ? std::int8_t{1} : std::int8_t{-1};
            BOOST_REQUIRE_SMALL(table[c] - hamiltonian.energy(geometry, spins), 1e-13);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_defect_of_any_machine_is_its_divergence_per_site_to_1e_13) {
    const auto hamiltonian = ising(critical, 0.1);
    const auto energies = model::energy_table(hamiltonian, torus);
    for (const int hidden : {1, 4, 10}) {
        const auto rbm = random_rbm(9, hidden);
        const double kl = net::kl_divergence(mapping::log_boltzmann_table(energies), net::log_probability_table(rbm));
        BOOST_TEST(kl > 0.1);
        BOOST_TEST(std::abs(mapping::defect(rbm, energies).per_site - kl / 9) < 1e-13);
    }
}

BOOST_AUTO_TEST_CASE(the_gauge_is_the_difference_of_free_energies_to_1e_13) {
    const auto hamiltonian = ising(critical, 0.1);
    const auto rbm = random_rbm(9, 4);
    const auto density = model::enumerate(hamiltonian.basis(), torus);
    const double expected =
        (net::ln_partition_function(rbm) - model::averages(density, hamiltonian.couplings()).ln_z) / 9;
    BOOST_TEST(std::abs(mapping::defect(rbm, model::energy_table(hamiltonian, torus)).gauge - expected) < 1e-13);
}

BOOST_AUTO_TEST_CASE(the_defect_is_unchanged_by_an_idle_hidden_unit_and_the_gauge_moves_by_ln_2) {
    const auto energies = model::energy_table(ising(critical), torus);
    const auto rbm = random_rbm(9, 3);
    net::Rbm<double> larger(9, 4);
    larger.visible_bias = rbm.visible_bias;
    for (int j = 0; j < 3; ++j) {
        larger.hidden_bias[static_cast<std::size_t>(j)] = rbm.hidden_bias[static_cast<std::size_t>(j)];
        for (int i = 0; i < 9; ++i) larger.weights(i, j) = rbm.weights(i, j);
    }
    const auto before = mapping::defect(rbm, energies), after = mapping::defect(larger, energies);
    BOOST_TEST(std::abs(after.per_site - before.per_site) < 1e-14);
    BOOST_TEST(std::abs(after.gauge - before.gauge - std::numbers::ln2 / 9) < 1e-14);
}

BOOST_AUTO_TEST_CASE(the_exact_machine_has_a_defect_below_1e_12_and_a_known_gauge) {
    for (const auto& size : {std::vector<std::int64_t>{3, 3}, {4, 4}, {5, 2}}) {
        const lattice::Geometry geometry(lattice::Lattice::square, size);
        for (const double coupling : {critical, -0.3}) {
            const auto hamiltonian = ising(coupling, 0.05);
            const auto machine = mapping::exact_machine(hamiltonian, geometry);
            const auto here = mapping::defect(machine, model::energy_table(hamiltonian, geometry));
            BOOST_TEST(std::abs(here.per_site) < 1e-12);
            BOOST_TEST(std::abs(here.gauge - 2 * (std::numbers::ln2 + std::abs(coupling))) < 1e-12);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_enumerated_or_represented_is_refused) {
    const lattice::Geometry large(lattice::Lattice::square, {7, 3});
    BOOST_CHECK_THROW(model::energy_table(ising(critical), large), core::InputError);
    const model::Hamiltonian plaquettes(lattice::Lattice::square, {{"plaquette", 0.2}});
    BOOST_CHECK_THROW(mapping::exact_machine(plaquettes, torus), core::InputError);
}

// Divergences of machines with 4 hidden units on the critical 3 x 3 torus after 4000 updates are near 0.026 by the
// exact gradient and 0.061 by CD-1; they depend on the step and the start, so a factor of 2 is allowed.
BOOST_AUTO_TEST_CASE(trained_machines_diverge_as_much_as_is_known_to_a_factor_of_2) {
    mapping::Task task{.parameters = {}, .seed = 31, .point = {}, .geometry = torus, .hamiltonian = ising(critical)};
    process::Timers timers;
    mapping::SmallLattice machines(support::world(), task, timers);
    while (!machines.done()) machines.step();
    std::map<std::string, io::Row> rows;
    for (const io::Row& row : machines.results()) rows[row.quantity] = row;
    const auto divergence = [&](const std::string& of) { return 9 * rows.at("defect per site, " + of).value; };
    const double exact = divergence("exact-gradient, 4 hidden"), sampled = divergence("cd-1, 4 hidden");
    BOOST_TEST_MESSAGE("exact " << exact << " cd-1 " << sampled << " exact, 9 hidden "
                                << divergence("exact-gradient, 9 hidden"));
    BOOST_TEST((exact > 0.026 / 2 && exact < 0.026 * 2), exact);
    BOOST_TEST((sampled > 0.061 / 2 && sampled < 0.061 * 2), sampled);
    BOOST_TEST(exact < sampled);
    BOOST_TEST(divergence("exact-gradient, 9 hidden") < 0.004);
    BOOST_TEST(std::abs(divergence("exact network")) < 1e-12);
}
