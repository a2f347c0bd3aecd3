// Updates of models with any couplings sample the Boltzmann distribution: all states of small systems, counted against
// their exact weights.
#include <boost/test/unit_test.hpp>

#include <blockspin/model/hamiltonian.hpp>
#include <blockspin/process/timers.hpp>
#include <blockspin/sampling/stencil_update.hpp>
#include <blockspin/stats/comparison.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <numeric>

using namespace blockspin;

namespace {

struct System {
    lattice::Lattice lattice;
    std::vector<std::int64_t> size;
    std::map<std::string, double> couplings;
    std::vector<lattice::Boundary> boundaries{};
};

constexpr auto open = lattice::Boundary::open, periodic = lattice::Boundary::periodic;

const std::vector<System>& systems() {
    static const std::vector<System> all{
        {lattice::Lattice::square, {4, 3}, {{"nn", 0.2}, {"nnn", -0.1}, {"plaquette", 0.15}, {"h", 0.1}}},
        {lattice::Lattice::square, {3, 3}, {{"nn", 0.3}, {"h", -0.2}}},
        {lattice::Lattice::square, {3, 4}, {{"nn", 0.3}, {"nnn", 0.1}, {"plaquette", -0.2}}, {open, open}},
        {lattice::Lattice::square, {5, 2}, {{"nn", 0.25}, {"(0,0)(1,0)(0,1)", 0.1}}, {periodic, open}},
        {lattice::Lattice::triangular, {3, 3}, {{"nn", 0.1}, {"triangle", 0.12}}},
        {lattice::Lattice::honeycomb, {6, 2}, {{"nn", 0.4}, {"nnn", -0.1}, {"h", 0.1}}, {periodic, open}},
        {lattice::Lattice::cubic, {2, 2, 3}, {{"nn", 0.08}, {"cube", 0.2}, {"plaquette", 0.03}}},
        // More values of its sums than a table holds.
        {lattice::Lattice::chain,
         {10},
         {{"nn", 0.2}, {"nnn", 0.1}, {"3nn", -0.1}, {"4nn", 0.1}, {"(0)(1)(2)", 0.1}, {"(0)(1)(3)", -0.1}}}};
    return all;
}

std::vector<double> probabilities(const System& system, const lattice::Geometry& geometry) {
    const model::Hamiltonian hamiltonian(system.lattice, system.couplings);
    std::vector<double> weights(std::size_t{1} << geometry.sites());
    std::vector<std::int8_t> spins(static_cast<std::size_t>(geometry.sites()));
    for (std::size_t state = 0; state < weights.size(); ++state) {
        for (std::size_t i = 0; i < spins.size(); ++i) spins[i] = (state >> i & 1) != 0 ? 1 : -1;
        weights[state] = std::exp(-hamiltonian.energy(geometry, spins));
    }
    const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (double& weight : weights) weight /= total;
    return weights;
}

/// Of what is sampled with the couplings of `system`, against the weights of `exact`.
double p_value(const System& system, sampling::Dynamics dynamics, const System& exact) {
    constexpr int replicas = 32, gap = 8;
    const int samples = std::getenv("BLOCKSPIN_LONG") != nullptr ? 20000 : 400;
    const lattice::Geometry geometry(system.lattice, system.size, system.boundaries);
    const model::Hamiltonian hamiltonian(system.lattice, system.couplings);
    const rng::Key key(1985);
    sampling::Replicas states(
        mpi::Communicator::self(), geometry,
        sampling::place(geometry, replicas, 1, {}, {1, 1, 1, 1}, sampling::halo_width(hamiltonian.basis())), key,
        sampling::Start::hot);
    const sampling::StencilUpdate update(states, hamiltonian.basis(),
                                         std::vector<std::vector<double>>(replicas, hamiltonian.couplings()), dynamics,
                                         key);
    process::Timers timers;
    std::vector<std::int64_t> counts(std::size_t{1} << geometry.sites());
    std::vector<sampling::Spin> spins(static_cast<std::size_t>(geometry.sites()));
    for (std::int64_t step = 0; step < (samples + 20) * gap; ++step) {
        update.sweep(states, step, timers);
        if (step < 20 * gap || step % gap != 0) continue;
        for (std::int64_t i = 0; i < replicas; ++i) {
            states.copy_spins(i, spins);
            std::size_t state = 0;
            for (std::size_t site = 0; site < spins.size(); ++site) state |= std::size_t{spins[site] > 0} << site;
            ++counts[state];
        }
    }
    return stats::goodness_of_fit(counts, probabilities(exact, geometry)).p_value;
}

} // namespace

BOOST_AUTO_TEST_CASE(every_state_is_visited_as_often_as_its_weight_says) {
    const double smallest_p = 1e-3 / static_cast<double>(2 * systems().size());
    for (const System& system : systems()) {
        BOOST_TEST_CONTEXT(name(system.lattice) << " with " << system.couplings.size() << " couplings") {
            BOOST_TEST(p_value(system, sampling::Dynamics::heat_bath, system) > smallest_p);
            BOOST_TEST(p_value(system, sampling::Dynamics::metropolis, system) > smallest_p);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_missing_coupling_is_noticed) {
    System wrong = systems().front();
    wrong.couplings["plaquette"] = 0.0;
    BOOST_TEST(p_value(wrong, sampling::Dynamics::heat_bath, systems().front()) < 1e-3);
}

BOOST_AUTO_TEST_CASE(spins_of_one_colour_are_never_in_one_product) {
    for (const System& system : systems()) {
        const lattice::Geometry geometry(system.lattice, system.size, system.boundaries);
        const model::Hamiltonian hamiltonian(system.lattice, system.couplings);
        const sampling::StencilModel model(geometry, hamiltonian.basis());
        const sampling::StencilColouring colouring(geometry, model.reach());
        std::vector<int> colour(static_cast<std::size_t>(geometry.sites()), -1);
        const lattice::Coordinates& extents = geometry.extents();
        for (int c = 0; c < colouring.colours(); ++c) {
            lattice::for_each_row({.extent = extents}, [&](const lattice::Coordinates& row) {
                const auto [first, stride, end] = colouring.row(c, row);
                for (std::int32_t x = first; x < end; x += stride) {
                    int& mine = colour[static_cast<std::size_t>(geometry.site({x, row[1], row[2], row[3]}))];
                    BOOST_TEST(mine == -1);
                    mine = c;
                }
            });
        }
        BOOST_TEST_CONTEXT(name(system.lattice)) {
            BOOST_TEST(std::ranges::count(colour, -1) == 0);
            for (std::int64_t site = 0; site < geometry.sites(); ++site) {
                const auto& local = model.around(geometry.sublattice(geometry.coordinates(site)));
                for (const auto& products : local.of_operator) {
                    for (const auto& product : products) {
                        for (const auto& offset : product) {
                            const auto other = geometry.neighbour(site, offset);
                            if (other)
                                BOOST_TEST(colour[static_cast<std::size_t>(*other)] !=
                                           colour[static_cast<std::size_t>(site)]);
                        }
                    }
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(operators_that_meet_themselves_are_refused) {
    const auto basis = model::OperatorBasis::from_names(lattice::Lattice::chain, std::vector<std::string>{"3nn"});
    BOOST_CHECK_THROW(sampling::StencilModel(lattice::Geometry(lattice::Lattice::chain, {3}), basis), core::InputError);
    BOOST_CHECK_NO_THROW(sampling::StencilModel(lattice::Geometry(lattice::Lattice::chain, {3}, {open}), basis));
}
