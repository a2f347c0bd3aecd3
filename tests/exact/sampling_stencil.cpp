// Updates of models with any couplings sample the Boltzmann distribution: all states of small systems, counted against
// their exact weights. The one that holds spins as strips changes exactly the spins that a walk over all sites changes.
#include <boost/test/unit_test.hpp>

#include <blockspin/model/hamiltonian.hpp>
#include <blockspin/process/timers.hpp>
#include <blockspin/rng/ars.hpp>
#include <blockspin/sampling/stencil_update.hpp>
#include <blockspin/sampling/strip_update.hpp>
#include <blockspin/sampling/task.hpp>
#include <blockspin/sampling/update.hpp>
#include <blockspin/stats/comparison.hpp>

#include <hwy/targets.h>

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

std::vector<double> probabilities(const System& system) {
    const lattice::Geometry geometry(system.lattice, system.size, system.boundaries);
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

/// Systems that can be held as strips.
const std::vector<System>& striped_systems() {
    static const std::vector<System> all{
        {lattice::Lattice::square, {6, 2}, {{"nn", 0.2}, {"nnn", -0.1}, {"plaquette", 0.15}, {"h", 0.1}}},
        {lattice::Lattice::square, {4, 4}, {{"nn", 0.3}, {"nnn", -0.1}}},
        {lattice::Lattice::square, {3, 3}, {{"nn", 0.2}, {"3nn", -0.1}, {"(0,0)(1,0)(0,1)", 0.1}}},
        {lattice::Lattice::triangular, {4, 2}, {{"nn", 0.15}, {"triangle", 0.12}}},
        {lattice::Lattice::honeycomb, {4, 2}, {{"nn", 0.4}, {"nnn", -0.1}, {"h", 0.1}}},
        {lattice::Lattice::cubic, {2, 2, 2}, {{"nn", 0.08}, {"cube", 0.2}, {"h", -0.1}}}};
    return all;
}

lattice::Coordinates reach(const lattice::Geometry& geometry, const model::OperatorBasis& basis) {
    return sampling::StencilModel(geometry, basis).reach();
}

/// Of what is sampled with the couplings of `system`, against exact probabilities.
double p_value(const System& system, sampling::Dynamics dynamics, const std::vector<double>& exact,
               bool as_strips = false) {
    constexpr int replicas = 32, gap = 8;
    const int samples = std::getenv("BLOCKSPIN_LONG") != nullptr ? 20000 : 400;
    const lattice::Geometry geometry(system.lattice, system.size, system.boundaries);
    const model::Hamiltonian hamiltonian(system.lattice, system.couplings);
    const rng::Key key(1985);
    sampling::Replicas states(
        mpi::Communicator::self(), geometry,
        sampling::place(geometry, replicas, 1, {}, {.ghosts = sampling::halo_width(hamiltonian.basis())}), key,
        sampling::Start::hot);
    const std::vector<std::vector<double>> couplings(replicas, hamiltonian.couplings());
    std::vector<sampling::Update> update;
    if (as_strips) {
        const auto plan = sampling::strip_plan(geometry, reach(geometry, hamiltonian.basis()));
        BOOST_REQUIRE(plan.has_value());
        update.emplace_back(sampling::StripUpdate(states, hamiltonian.basis(), couplings, *plan, dynamics, key));
    } else {
        update.emplace_back(sampling::StencilUpdate(states, hamiltonian.basis(), couplings, dynamics, key));
    }
    process::Timers timers;
    std::vector<std::int64_t> counts(std::size_t{1} << geometry.sites());
    std::vector<sampling::Spin> spins(static_cast<std::size_t>(geometry.sites()));
    for (std::int64_t step = 0; step < (samples + 20) * gap; ++step) {
        sampling::sweep(update, states, step, timers);
        if (step < 20 * gap || step % gap != 0) continue;
        for (std::int64_t i = 0; i < replicas; ++i) {
            states.copy_spins(i, spins);
            std::size_t state = 0;
            for (std::size_t site = 0; site < spins.size(); ++site) state |= std::size_t{spins[site] > 0} << site;
            ++counts[state];
        }
    }
    return stats::goodness_of_fit(counts, exact).p_value;
}

/// A site of a lattice held as strips: its word, its bit, and where its random bits are.
struct StripSite {
    int colour = 0, lane = 0;
    std::int64_t word, place;

    StripSite(const sampling::StripPlan& plan, const lattice::Coordinates& at) {
        std::int64_t column = 0;
        for (int d = lattice::max_dimension - 1; d >= 0; --d) {
            colour = colour * plan.period[d] + at[d] % plan.period[d];
            if (d >= plan.along) continue;
            lane = lane * plan.strips[d] + at[d] / plan.length[d];
            column = column * plan.length[d] + at[d] % plan.length[d];
        }
        const std::int64_t words = plan.length[plan.along] / plan.period[plan.along];
        word = at[plan.along] / plan.period[plan.along];
        place = column * ((words + 1) / 2) + word / 2;
    }
    /// Random bit number `i` in this sweep.
    bool bit(const rng::Key& key, rng::Address address, int i) const {
        address.place = place;
        address.draw = 128 * colour + i;
        const rng::Block block = rng::ars4x32<5>(rng::pack(address), key.ars());
        return (block[static_cast<std::size_t>(word % 2 * 2 + lane / 32)] >> (lane % 32) & 1) != 0;
    }
};

/// A sweep site by site, which knows nothing of words and vectors.
void walk(const lattice::Geometry& geometry, const model::OperatorBasis& basis, const std::vector<double>& couplings,
          const sampling::StripPlan& plan, sampling::Dynamics dynamics, const rng::Key& key, rng::Address address,
          std::vector<sampling::Spin>& spins) {
    const sampling::StencilModel model(geometry, basis);
    for (int colour = 0; colour < plan.colours(); ++colour) {
        for (std::int64_t site = 0; site < geometry.sites(); ++site) {
            const auto at = geometry.coordinates(site);
            const StripSite here(plan, at);
            if (here.colour != colour) continue;
            double field = 0.0;
            const auto& local = model.around(geometry.sublattice(at)).of_operator;
            for (std::size_t op = 0; op < local.size(); ++op) {
                for (const auto& product : local[op]) {
                    int sign = 1;
                    for (const auto& offset : product)
                        sign *= spins[static_cast<std::size_t>(*geometry.neighbour(site, offset))];
                    field += couplings[op] * sign;
                }
            }
            sampling::Spin& spin = spins[static_cast<std::size_t>(site)];
            const std::uint64_t up = sampling::threshold_up(dynamics, field, spin > 0);
            int first = 0;
            while (first < 64 && !here.bit(key, address, first)) ++first;
            spin = first < 64 && (up >> (63 - first) & 1) != 0 ? sampling::Spin{1} : sampling::Spin{-1};
        }
    }
}

} // namespace

BOOST_AUTO_TEST_CASE(every_state_is_visited_as_often_as_its_weight_says) {
    const double smallest_p = 1e-3 / static_cast<double>(2 * (systems().size() + striped_systems().size()));
    for (const bool as_strips : {false, true}) {
        for (const System& system : as_strips ? striped_systems() : systems()) {
            BOOST_TEST_CONTEXT(name(system.lattice) << " with " << system.couplings.size() << " couplings"
                                                    << (as_strips ? ", strips" : "")) {
                const std::vector<double> exact = probabilities(system);
                BOOST_TEST(p_value(system, sampling::Dynamics::heat_bath, exact, as_strips) > smallest_p);
                BOOST_TEST(p_value(system, sampling::Dynamics::metropolis, exact, as_strips) > smallest_p);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(strips_change_the_spins_of_the_walk_on_every_instruction_set) {
    using enum lattice::Lattice;
    // Longest words, words of few bits, runs that are no whole vectors or odd, strips along two and three directions,
    // periods longer than the reach, kinds of sites. No couplings that may add up to 0, where one rounding decides
    // between the bits of 1/2 and those of a little less.
    const std::vector<System> all{{square, {128, 36}, {{"nn", 0.2}, {"nnn", -0.1}, {"plaquette", 0.15}, {"h", 0.1}}},
                                  {square, {32, 28}, {{"nn", 0.3}, {"nnn", 0.053}, {"3nn", 0.11}}},
                                  {triangular, {36, 54}, {{"nn", 0.27}}},
                                  {honeycomb, {40, 26}, {{"nn", 0.4}, {"nnn", -0.1}, {"h", 0.1}}},
                                  {cubic, {12, 16, 10}, {{"nn", 0.1}, {"nnn", 0.053}, {"cube", 0.21}}},
                                  {hypercubic, {8, 4, 4, 6}, {{"nn", 0.15}, {"nnn", -0.02}}}};
    constexpr int sweeps = 2, replicas = 3;
    const rng::Key key(20261);
    const auto self = mpi::Communicator::self();
    for (const System& system : all) {
        const lattice::Geometry geometry(system.lattice, system.size);
        const model::Hamiltonian hamiltonian(system.lattice, system.couplings);
        const model::OperatorBasis& basis = hamiltonian.basis();
        const auto plan = sampling::strip_plan(geometry, reach(geometry, basis));
        BOOST_REQUIRE(plan.has_value());
        std::vector<std::vector<double>> couplings(replicas, hamiltonian.couplings());
        for (double& coupling : couplings[1]) coupling *= -0.7;
        const auto placement = sampling::place(geometry, replicas, 1, {}, {.ghosts = sampling::halo_width(basis)});
        for (const auto dynamics : {sampling::Dynamics::heat_bath, sampling::Dynamics::metropolis}) {
            std::vector<std::vector<sampling::Spin>> walks;
            for (std::int32_t i = 0; i < replicas; ++i) {
                const sampling::Replicas start(self, geometry, placement, key, sampling::Start::hot);
                auto& spins = walks.emplace_back(static_cast<std::size_t>(geometry.sites()));
                start.copy_spins(i, spins);
                const auto purpose =
                    dynamics == sampling::Dynamics::heat_bath ? rng::Purpose::heat_bath : rng::Purpose::metropolis;
                for (int step = 0; step < sweeps; ++step) {
                    walk(geometry, basis, couplings[static_cast<std::size_t>(i)], *plan, dynamics, key,
                         {.purpose = purpose, .chain = i, .step = step}, spins);
                }
            }
            for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
                hwy::SetSupportedTargetsForTest(target);
                sampling::Replicas states(self, geometry, placement, key, sampling::Start::hot);
                sampling::StripUpdate update(states, basis, couplings, *plan, dynamics, key);
                process::Timers timers;
                for (int step = 0; step < sweeps; ++step) update.sweep(states, step, timers);
                hwy::SetSupportedTargetsForTest(0);
                for (std::int64_t i = 0; i < replicas; ++i) {
                    std::vector<sampling::Spin> spins(static_cast<std::size_t>(geometry.sites()));
                    states.copy_spins(i, spins);
                    std::int64_t wrong = 0;
                    for (std::size_t at = 0; at < spins.size(); ++at)
                        wrong += spins[at] != walks[static_cast<std::size_t>(i)][at];
                    BOOST_TEST(wrong == 0, name(system.lattice) << ", " << hwy::TargetName(target) << ", replica " << i
                                                                << ": " << wrong << " spins differ");
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(strips_are_chosen_where_they_are_worthwhile) {
    const auto lanes = [](const lattice::Geometry& geometry, const std::map<std::string, double>& couplings,
                          std::vector<std::string> update = {"heat-bath"}) {
        sampling::Task task{.geometry = geometry,
                            .points = {{.label = "", .couplings = {}}},
                            .parameters = {.update = std::move(update)}};
        for (const auto& [name, value] : couplings) task.points.front().couplings.set(name, value);
        const auto plan = sampling::strip_plan(task);
        return plan ? plan->lanes() : 0;
    };
    using enum lattice::Lattice;
    const std::map<std::string, double> near{{"nn", 0.1}, {"nnn", 0.1}};
    BOOST_TEST(lanes({square, {1024, 1024}}, near) == 64);
    BOOST_TEST(lanes({square, {96, 96}}, near) == 48);
    BOOST_TEST(lanes({cubic, {32, 32, 32}}, near) == 64);
    BOOST_TEST(lanes({triangular, {1023, 1023}}, {{"nn", 0.1}}) == 31);
    BOOST_TEST(lanes({square, {1024, 1024}}, {{"nn", 0.1}}) == 0); // a checkerboard is faster
    BOOST_TEST(lanes({square, {16, 16}}, near) == 0);
    BOOST_TEST(lanes({square, {1024, 1024}, {open, periodic}}, near) == 0);
    BOOST_TEST(lanes({triangular, {1024, 1024}}, {{"nn", 0.1}}, {"swendsen-wang"}) == 0);
}

BOOST_AUTO_TEST_CASE(a_missing_coupling_is_noticed) {
    System wrong = systems().front();
    wrong.couplings["plaquette"] = 0.0;
    BOOST_TEST(p_value(wrong, sampling::Dynamics::heat_bath, probabilities(systems().front())) < 1e-3);
    System wrong_strips = striped_systems().front();
    wrong_strips.couplings["plaquette"] = 0.0;
    BOOST_TEST(p_value(wrong_strips, sampling::Dynamics::heat_bath, probabilities(striped_systems().front()), true) <
               1e-3);
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
