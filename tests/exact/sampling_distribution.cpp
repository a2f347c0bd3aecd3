// Every update samples the Boltzmann distribution: all states of small systems, counted against their exact weights.
#include <boost/test/unit_test.hpp>

#include <blockspin/process/timers.hpp>
#include <blockspin/sampling/heat_bath.hpp>
#include <blockspin/sampling/metropolis.hpp>
#include <blockspin/sampling/packed_sweep.hpp>
#include <blockspin/sampling/placement.hpp>
#include <blockspin/sampling/swendsen_wang.hpp>
#include <blockspin/sampling/wolff.hpp>
#include <blockspin/stats/comparison.hpp>

#include <cmath>
#include <cstdlib>
#include <numeric>

using namespace blockspin;

namespace {

struct System {
    lattice::Lattice lattice;
    std::vector<std::int64_t> size;
    double coupling;
    double field;
    std::vector<lattice::Boundary> boundaries{};
};

/// −H/kT of a state, bit i of which is spin i.
double exponent(const System& system, const lattice::Geometry& geometry, std::uint64_t state) {
    const auto spin = [&](std::int64_t site) { return (state >> site & 1) != 0 ? 1 : -1; };
    double sum = 0.0;
    for (std::int64_t site = 0; site < geometry.sites(); ++site) {
        sum += system.field * spin(site);
        const int kind = geometry.sublattice(geometry.coordinates(site));
        for (const auto& offset : geometry.bond_offsets(kind)) {
            if (const auto other = geometry.neighbour(site, offset)) sum += system.coupling * spin(site) * spin(*other);
        }
    }
    return sum;
}

std::vector<double> probabilities(const System& system, const lattice::Geometry& geometry) {
    std::vector<double> weights(std::size_t{1} << geometry.sites());
    for (std::size_t state = 0; state < weights.size(); ++state)
        weights[state] = std::exp(exponent(system, geometry, state));
    const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (double& weight : weights) weight /= total;
    return weights;
}

std::uint64_t state_of(const lattice::Field<sampling::Spin>& field) {
    std::uint64_t state = 0;
    int bit = 0;
    lattice::for_each_row(interior(field.layout()), [&](const lattice::Coordinates& at) {
        for (const sampling::Spin spin : field.row(at[1], at[2], at[3])) state |= std::uint64_t{spin > 0} << bit++;
    });
    return state;
}

/// Counts the states of many replicas every `gap` sweeps: gaps so long, at these couplings, that they are independent.
template <class MakeUpdate> double p_value(const System& system, std::uint64_t seed, MakeUpdate&& make_update) {
    constexpr int replicas = 32, gap = 12;
    const int samples = std::getenv("BLOCKSPIN_LONG") != nullptr ? 20000 : 1000;
    const auto self = mpi::Communicator::self();
    const lattice::Geometry geometry(system.lattice, system.size, system.boundaries);
    const rng::Key key(seed);
    sampling::Replicas states(self, geometry, sampling::place(geometry, replicas, 1), key, sampling::Start::hot);
    const std::vector<sampling::NearestNeighbourCouplings> couplings(replicas, {system.coupling, system.field});
    auto update = make_update(states, couplings, key);
    process::Timers timers;
    std::vector<std::int64_t> counts(std::size_t{1} << geometry.sites());
    for (std::int64_t step = 0; step < (samples + 20) * gap; ++step) {
        update.sweep(states, step, timers);
        if (step < 20 * gap || step % gap != 0) continue;
        states.hold_as(sampling::Representation::bytes);
        for (const auto& field : states.fields()) ++counts[state_of(field)];
    }
    return stats::goodness_of_fit(counts, probabilities(system, geometry)).p_value;
}

const auto heat_bath = [](const sampling::Replicas& states, const auto& couplings, const rng::Key& key) {
    return sampling::HeatBath(states.geometry(), couplings, key);
};
const auto metropolis = [](const sampling::Replicas& states, const auto& couplings, const rng::Key& key) {
    return sampling::Metropolis(states.geometry(), couplings, key);
};
const auto swendsen_wang = [](const sampling::Replicas& states, const auto& couplings, const rng::Key& key) {
    return sampling::SwendsenWang(states, couplings, key);
};

const auto wolff = [](const sampling::Replicas& states, const auto& couplings, const rng::Key& key) {
    return sampling::Wolff(states, couplings, key);
};

/// The packed engine on lattices that are too small to be given to it otherwise.
struct Packed {
    sampling::PackedSweep update;
    void sweep(sampling::Replicas& states, std::int64_t step, process::Timers& timers) {
        update(states, step, timers, "packed");
    }
};

/// With these tiles; few random bits per spin, so that shared ones and those of the rest decide too.
auto packed(sampling::MakeRule& rule, const sampling::PackedTiles& tiles) {
    return [&rule, tiles](const sampling::Replicas& states, const auto& couplings, const rng::Key& key) {
        return Packed{{sampling::rules(states.geometry(), couplings, rule), tiles, rng::Purpose::metropolis, key}};
    };
}

constexpr auto open = lattice::Boundary::open, periodic = lattice::Boundary::periodic;
/// All comparisons of this file share a false-alarm rate of 1e-3.
constexpr double smallest_p = 1e-3 / 60;

const std::vector<System>& systems_with_field() {
    static const std::vector<System> all{{lattice::Lattice::chain, {8}, 0.6, 0.2},
                                         {lattice::Lattice::square, {4, 2}, 0.25, -0.1},
                                         {lattice::Lattice::square, {3, 3}, 0.35, 0.3, {open, open}},
                                         {lattice::Lattice::square, {4, 3}, -0.3, 0.2, {periodic, open}},
                                         {lattice::Lattice::triangular, {3, 3}, 0.15, 0.1},
                                         {lattice::Lattice::honeycomb, {4, 2}, 0.4, 0.15},
                                         {lattice::Lattice::cubic, {2, 2, 2}, 0.1, 0.25}};
    return all;
}

const std::vector<System>& systems_without_field() {
    static const std::vector<System> all{{lattice::Lattice::chain, {7}, 0.8, 0.0},
                                         {lattice::Lattice::square, {4, 2}, 0.3, 0.0},
                                         {lattice::Lattice::square, {3, 3}, 0.5, 0.0, {open, periodic}},
                                         {lattice::Lattice::triangular, {3, 3}, 0.2, 0.0},
                                         {lattice::Lattice::honeycomb, {4, 2}, 0.5, 0.0},
                                         {lattice::Lattice::cubic, {2, 2, 2}, 0.15, 0.0},
                                         {lattice::Lattice::triangular, {3, 3}, -0.3, 0.0},
                                         {lattice::Lattice::square, {3, 3}, -0.4, 0.0, {open, periodic}}};
    return all;
}

template <class MakeUpdate>
void check_distributions(const std::vector<System>& systems, std::uint64_t seed, MakeUpdate&& make_update) {
    for (const System& system : systems) {
        BOOST_TEST_CONTEXT(name(system.lattice) << ", K = " << system.coupling) {
            BOOST_TEST(p_value(system, seed, make_update) > smallest_p);
        }
    }
}

} // namespace

BOOST_AUTO_TEST_CASE(heat_bath_visits_every_state_as_often_as_its_weight_says) {
    check_distributions(systems_with_field(), 1975, heat_bath);
}

BOOST_AUTO_TEST_CASE(metropolis_visits_every_state_as_often_as_its_weight_says) {
    check_distributions(systems_with_field(), 1953, metropolis);
}

BOOST_AUTO_TEST_CASE(swendsen_wang_visits_every_state_as_often_as_its_weight_says) {
    check_distributions(systems_without_field(), 1987, swendsen_wang);
}

BOOST_AUTO_TEST_CASE(wolff_visits_every_state_as_often_as_its_weight_says) {
    check_distributions(systems_without_field(), 1989, wolff);
}

BOOST_AUTO_TEST_CASE(packed_updates_visit_every_state_as_often_as_its_weight_says) {
    // Without a field, Metropolis spins flip for sure where neither value is favoured: some states of the smallest
    // square lattices then follow each other for ever.
    std::vector<System> systems{{lattice::Lattice::square, {4, 2}, 0.25, -0.1},
                                {lattice::Lattice::square, {2, 4}, -0.3, 0.1},
                                {lattice::Lattice::honeycomb, {4, 2}, 0.4, 0.15},
                                {lattice::Lattice::cubic, {2, 2, 2}, 0.1, 0.25},
                                {lattice::Lattice::cubic, {2, 2, 2}, 0.15, 0.0}};
    if (std::getenv("BLOCKSPIN_LONG") != nullptr) {
        systems.push_back({lattice::Lattice::square, {4, 4}, 0.3, 0.0});
        systems.push_back({lattice::Lattice::hypercubic, {2, 2, 2, 2}, 0.06, 0.1});
    }
    const std::vector<sampling::PackedTiles> tiles{{.words = 2, .own_bits = 12, .shared_bits = {0, 0}},
                                                   {.words = 8, .own_bits = 1, .shared_bits = {2, 1}}};
    for (const sampling::PackedTiles& each : tiles) {
        check_distributions(systems, 1957, packed(sampling::metropolis_rule, each));
        check_distributions(systems, 1963, packed(sampling::heat_bath_rule, each));
    }
}

BOOST_AUTO_TEST_CASE(a_wrong_temperature_is_noticed) {
    const System right{lattice::Lattice::square, {4, 2}, 0.25, 0.0};
    const auto too_warm = [](const sampling::Replicas& states, auto couplings, const rng::Key& key) {
        for (auto& each : couplings) each.coupling *= 0.9;
        return sampling::HeatBath(states.geometry(), couplings, key);
    };
    BOOST_TEST(p_value(right, 1975, too_warm) < smallest_p);
}

BOOST_AUTO_TEST_CASE(updates_refuse_what_they_cannot_sample) {
    const auto self = mpi::Communicator::self();
    const rng::Key key(1);
    const lattice::Geometry odd(lattice::Lattice::square, {3, 4});
    BOOST_CHECK_THROW(sampling::HeatBath(odd, {{0.4, 0.0}}, key), core::InputError);
    BOOST_CHECK_THROW(sampling::Metropolis(odd, {{0.4, 0.0}}, key), core::InputError);
    sampling::Replicas states(self, odd, sampling::place(odd, 1, 1), key, sampling::Start::cold);
    BOOST_CHECK_THROW(sampling::SwendsenWang(states, {{0.4, 0.1}}, key), core::InputError);
}
