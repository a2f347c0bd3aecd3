// Spins other than Ising's: every update samples the Boltzmann distribution of all states of small systems, and what
// the analysis makes of their series agrees with sums over all states. Of 4 x 4 sites, where there are 3^16 states, all
// of them by their energy and the numbers of spins in each state; Ising spins beside them.
#include <boost/test/unit_test.hpp>

#include "sampling_support.hpp"

#include <blockspin/model/kaufman.hpp>
#include <blockspin/sampling/analysis.hpp>
#include <blockspin/sampling/placement.hpp>
#include <blockspin/sampling/structure.hpp>
#include <blockspin/sampling/tempering.hpp>
#include <blockspin/stats/comparison.hpp>
#include <blockspin/stats/gamma_method.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstdlib>
#include <numbers>
#include <numeric>
#include <utility>

using namespace blockspin;

namespace {

constexpr auto open = lattice::Boundary::open, periodic = lattice::Boundary::periodic;

struct System {
    lattice::Lattice lattice;
    std::vector<std::int64_t> size;
    model::SpinKind spins;
    std::vector<std::pair<std::string, double>> couplings;
    std::vector<lattice::Boundary> boundaries{};
};

model::Point point_of(const System& system) {
    model::Point point;
    for (const auto& [name, value] : system.couplings) point.couplings.set(name, value);
    return point;
}

/// Calls work(spins, weight) for all states, in the order of their numbers; weights are not normalised.
template <class Work> void for_each_state(const System& system, const lattice::Geometry& geometry, Work&& work) {
    const auto sites = static_cast<std::size_t>(geometry.sites());
    std::vector<std::pair<std::size_t, std::size_t>> bonds;
    for (std::size_t site = 0; site < sites; ++site) {
        const auto at = static_cast<std::int64_t>(site);
        for (const auto& offset : geometry.bond_offsets(geometry.sublattice(geometry.coordinates(at)))) {
            if (const auto other = geometry.neighbour(at, offset)) bonds.emplace_back(site, *other);
        }
    }
    std::int64_t states = 1;
    for (std::size_t site = 0; site < sites; ++site) states *= system.spins.states();
    std::vector<std::int8_t> spins(sites);
    for (std::int64_t number = 0; number < states; ++number) {
        std::int64_t digits = number;
        for (std::int8_t& spin : spins) {
            spin = system.spins.value(static_cast<int>(digits % system.spins.states()));
            digits /= system.spins.states();
        }
        double exponent = 0.0;
        for (const auto& [name, coupling] : system.couplings) {
            for (const auto& [a, b] : bonds) exponent += coupling * system.spins.of_bond(name, spins[a], spins[b]);
            for (const std::int8_t spin : spins) exponent += coupling * system.spins.of_site(name, spin);
        }
        work(std::span<const std::int8_t>(spins), std::exp(exponent));
    }
}

std::vector<double> probabilities_of(const System& system, const lattice::Geometry& geometry) {
    std::vector<double> probabilities;
    for_each_state(system, geometry,
                   [&](std::span<const std::int8_t>, double weight) { probabilities.push_back(weight); });
    const double total = std::accumulate(probabilities.begin(), probabilities.end(), 0.0);
    for (double& each : probabilities) each /= total;
    return probabilities;
}

std::size_t number_of(const lattice::Field<sampling::Spin>& field, const model::SpinKind& spins) {
    std::size_t number = 0, unit = 1;
    lattice::for_each_row(interior(field.layout()), [&](const lattice::Coordinates& at) {
        for (const sampling::Spin spin : field.row(at[1], at[2], at[3])) {
            number += unit * static_cast<std::size_t>(spins.state(spin));
            unit *= static_cast<std::size_t>(spins.states());
        }
    });
    return number;
}

sampling::Task task_of(const System& system, std::vector<std::string> update, std::int64_t chains) {
    return {.geometry = {system.lattice, system.size, system.boundaries},
            .points = {point_of(system)},
            .parameters = {.update = std::move(update), .chains = chains},
            .seed = 1952,
            .spins = system.spins};
}

/// Counts the states of many replicas every `gap` sweeps: gaps so long, at these couplings, that they are independent.
/// `factor` makes the sampled couplings wrong.
double p_value(const System& system, const std::vector<std::string>& update, double factor = 1.0) {
    constexpr int replicas = 64;
    const int gap = update.back() == "metropolis" ? 8 : update.back() == "wolff" ? 10 : 5;
    const int samples = std::getenv("BLOCKSPIN_LONG") != nullptr ? 5000 : 150;
    sampling::Task task = task_of(system, update, replicas);
    for (const auto& [name, value] : system.couplings) task.points.front().couplings.set(name, factor * value);
    sampling::Replicas states(mpi::Communicator::self(), task.geometry, sampling::place(task.geometry, replicas, 1),
                              rng::Key(task.seed), sampling::Start::hot, task.spins);
    auto updates = sampling::updates(task, states);
    const std::vector<double> probabilities = probabilities_of(system, task.geometry);
    std::vector<std::int64_t> counts(probabilities.size());
    process::Timers timers;
    for (std::int64_t step = 0; step < (samples + 10) * gap; ++step) {
        sampling::sweep(updates, states, step, timers);
        if (step < 10 * gap || step % gap != 0) continue;
        for (const auto& field : states.fields()) ++counts[number_of(field, task.spins)];
    }
    return stats::goodness_of_fit(counts, probabilities).p_value;
}

/// The same of chains that exchange points at which one coupling has these values, for each of them; `factor` makes
/// the couplings that decide about exchanges wrong.
std::vector<double> tempered_p_values(const System& system, const std::string& update, const std::string& varied,
                                      const std::vector<double>& values, double factor = 1.0) {
    constexpr int chains = 32;
    const int gap = update == "metropolis" ? 8 : update == "wolff" ? 10 : 5;
    const int samples = std::getenv("BLOCKSPIN_LONG") != nullptr ? 5000 : 200;
    sampling::Task task = task_of(system, {update}, chains);
    task.points.assign(values.size(), task.points.front());
    for (std::size_t k = 0; k < values.size(); ++k) task.points[k].couplings.set(varied, values[k]);
    task.parameters.tempering.emplace();
    sampling::check_tempering(task);
    const auto self = mpi::Communicator::self();
    sampling::Replicas states(self, task.geometry, sampling::place(task.geometry, task.replicas(), 1),
                              rng::Key(task.seed), sampling::Start::hot, task.spins);
    auto updates = sampling::updates(task, states);
    sampling::Task weighed = task;
    for (std::size_t k = 0; k < values.size(); ++k) weighed.points[k].couplings.set(varied, factor * values[k]);
    sampling::Tempering tempering(weighed, nullptr);
    std::vector<std::vector<double>> probabilities;
    for (const double value : values) {
        System here = system;
        std::ranges::find(here.couplings, varied, &std::pair<std::string, double>::first)->second = value;
        probabilities.push_back(probabilities_of(here, task.geometry));
    }
    std::vector<std::vector<std::int64_t>> counts(values.size(), std::vector<std::int64_t>(probabilities[0].size()));
    process::Timers timers;
    for (std::int64_t step = 0; step < (samples + 20) * gap; ++step) {
        sampling::sweep(updates, states, step, timers);
        tempering.after_sweep(self, step + 1, states);
        if (step < 20 * gap || step % gap != 0) continue;
        for (std::int64_t i = 0; i < states.count(); ++i) {
            const auto point = static_cast<std::size_t>(states.slot(i) / chains);
            ++counts[point][number_of(states.fields()[static_cast<std::size_t>(i)], task.spins)];
        }
    }
    std::vector<double> all;
    for (std::size_t k = 0; k < values.size(); ++k) {
        all.push_back(stats::goodness_of_fit(counts[k], probabilities[k]).p_value);
    }
    return all;
}

/// States of 4 x 4 spins sorted by what their weights depend on: sums over bonds and sites, of which `bonds` counts
/// bonds of like Potts spins, or 1 - s s'; `sites` those in the first state, or 1 + s; `others` those in the second
/// state, or s^2.
struct Class {
    static constexpr int bonds_end = 65, sites_end = 33, others_end = 17;
    int bonds, sites, others;

    std::size_t number() const { return static_cast<std::size_t>((bonds * sites_end + sites) * others_end + others); }
    static std::size_t count() { return Class{bonds_end, 0, 0}.number(); }
    static Class of_number(std::size_t number) {
        const int n = static_cast<int>(number);
        return {n / others_end / sites_end, n / others_end % sites_end, n % others_end};
    }
};

int of_bond(const model::SpinKind& kind, std::int8_t a, std::int8_t b) {
    return kind.is_potts() ? static_cast<int>(a == b) : 1 - a * b;
}

/// The number of states in each class: all products of four rows, whose classes add up.
std::vector<std::int64_t> count_states_of_torus(const model::SpinKind& kind) {
    std::vector<std::array<std::int8_t, 4>> rows{{}};
    for (std::size_t x = 0; x < 4; ++x) {
        std::vector<std::array<std::int8_t, 4>> longer;
        for (std::array<std::int8_t, 4> row : rows) {
            for (int state = 0; state < kind.states(); ++state) {
                row[x] = kind.value(state);
                longer.push_back(row);
            }
        }
        rows = longer;
    }
    std::vector<std::size_t> own, between; // numbers of classes, which add up too
    for (const auto& row : rows) {
        Class sum{0, 0, 0};
        for (std::size_t x = 0; x < 4; ++x) {
            const std::int8_t s = row[x];
            sum.bonds += of_bond(kind, s, row[(x + 1) % 4]);
            sum.sites += kind.is_potts() ? static_cast<int>(kind.state(s) == 0) : 1 + s;
            sum.others += kind.is_potts() ? static_cast<int>(kind.state(s) == 1) : s * s;
        }
        own.push_back(sum.number());
        for (const auto& other : rows) {
            int bonds = 0;
            for (std::size_t x = 0; x < 4; ++x) bonds += of_bond(kind, row[x], other[x]);
            between.push_back(Class{bonds, 0, 0}.number());
        }
    }
    std::vector<std::int64_t> counts(Class::count());
    const std::size_t n = rows.size();
    for (std::size_t a = 0; a < n; ++a) {
        for (std::size_t b = 0; b < n; ++b) {
            for (std::size_t c = 0; c < n; ++c) {
                const std::size_t three = own[a] + own[b] + own[c] + between[a * n + b] + between[b * n + c];
                for (std::size_t d = 0; d < n; ++d) ++counts[three + own[d] + between[c * n + d] + between[d * n + a]];
            }
        }
    }
    return counts;
}

std::vector<double> probabilities_of_classes(const System& system, const std::vector<std::int64_t>& counts) {
    const model::Point point = point_of(system);
    const bool is_potts = system.spins.is_potts();
    std::vector<double> weights(counts.size());
    for (std::size_t number = 0; number < counts.size(); ++number) {
        const Class here = Class::of_number(number);
        const double exponent = is_potts ? point.coupling("nn") * here.bonds + point.coupling("field") * here.sites
                                         : point.coupling("nn") * (32 - here.bonds) +
                                               point.coupling("field") * (here.sites - 16) -
                                               point.coupling("crystal_field") * here.others;
        weights[number] = static_cast<double>(counts[number]) * std::exp(exponent);
    }
    const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (double& each : weights) each /= total;
    return weights;
}

Class measured_class(const System& system, const sampling::Measured& measured, std::int64_t chain, std::size_t time) {
    const auto number = [&](const char* name, std::size_t which = 0) {
        return static_cast<int>(measured.rows(name, chain)[time][which]);
    };
    if (system.spins.is_potts()) return {number("bond_sum"), number("state_count"), number("state_count", 1)};
    const int squares = system.spins.is_ising() ? 16 : number("square_sum");
    return {32 - number("bond_sum"), 16 + number("spin_sum"), squares};
}

/// Pearson's test of the classes that chains are in after every `gap` sweeps, so many that these are independent: the
/// n_eff of the energy and of its square, over all chains, is what was counted, or nearly. `factor` as in p_value().
double p_value_of_classes(const System& system, const std::vector<std::string>& update,
                          const std::vector<std::int64_t>& states, double factor = 1.0) {
    constexpr int chains = 32;
    const bool is_long = std::getenv("BLOCKSPIN_LONG") != nullptr;
    const std::int64_t gap = update.back() == "wolff" ? 24 : update.back() == "swendsen-wang" ? 8 : 16;
    sampling::Task task = task_of(system, update, chains);
    for (const auto& [name, value] : system.couplings) task.points.front().couplings.set(name, factor * value);
    task.parameters.thermalization = 20 * gap;
    task.parameters.sweeps = (is_long ? 3000 : 400) * gap;
    task.parameters.measure_every = gap;
    task.parameters.measure = {};
    const sampling::Measured measured = support::sampled(task);
    std::vector<std::vector<double>> energies, squares;
    std::vector<std::int64_t> counts(states.size());
    for (std::int64_t chain = 0; chain < chains; ++chain) {
        energies.push_back(measured.column("bond_sum", chain));
        squares.push_back(energies.back());
        for (double& each : squares.back()) each *= each;
        for (std::size_t time = 0; time < energies.back().size(); ++time) {
            ++counts[measured_class(system, measured, chain, time).number()];
        }
    }
    for (const auto& series : {energies, squares}) {
        BOOST_TEST(stats::gamma_method(stats::Record(series.begin(), series.end())).tau_int < 0.53);
    }
    return stats::goodness_of_fit(counts, probabilities_of_classes(system, states)).p_value;
}

/// All comparisons of distributions in this file share a false-alarm rate of 1e-3.
constexpr double smallest_p = 1e-3 / 80;

void check_distributions(const std::vector<System>& systems, const std::vector<std::string>& update) {
    for (const System& system : systems) {
        BOOST_TEST_CONTEXT(name(system.lattice) << ", " << system.spins.states() << " states") {
            BOOST_TEST(p_value(system, update) > smallest_p);
        }
    }
}

System potts(lattice::Lattice lattice, std::vector<std::int64_t> size, int states, double coupling, double field = 0.0,
             std::vector<lattice::Boundary> boundaries = {}) {
    return {lattice,
            std::move(size),
            model::SpinKind::potts(states),
            {{"nn", coupling}, {"field", field}},
            std::move(boundaries)};
}

/// Chains of more states than a table holds; lattices whose sides no colouring divides; both signs.
std::vector<System> potts_with_field() {
    return {potts(lattice::Lattice::square, {3, 3}, 3, 0.4, 0.2),
            potts(lattice::Lattice::square, {2, 3}, 4, 0.5, -0.3),
            potts(lattice::Lattice::square, {3, 2}, 3, -0.7, 0.2, {open, periodic}),
            potts(lattice::Lattice::triangular, {3, 3}, 3, 0.2, 0.1),
            potts(lattice::Lattice::honeycomb, {4, 2}, 3, 0.6, 0.3),
            potts(lattice::Lattice::cubic, {2, 2, 2}, 3, 0.2, -0.2),
            potts(lattice::Lattice::chain, {4}, 8, 1.0, 0.5),
            potts(lattice::Lattice::chain, {4}, 8, -1.0, 0.5, {open})};
}

std::vector<System> potts_without_field() {
    return {potts(lattice::Lattice::square, {3, 3}, 3, 0.6),
            potts(lattice::Lattice::square, {2, 3}, 4, 0.6),
            potts(lattice::Lattice::square, {3, 2}, 3, 1.0, 0.0, {open, periodic}),
            potts(lattice::Lattice::triangular, {3, 3}, 3, 0.3),
            potts(lattice::Lattice::honeycomb, {4, 2}, 3, 0.8),
            potts(lattice::Lattice::cubic, {2, 2, 2}, 3, 0.3),
            potts(lattice::Lattice::chain, {4}, 8, 1.5)};
}

} // namespace

BOOST_AUTO_TEST_CASE(single_potts_spins_visit_every_state_as_often_as_its_weight_says) {
    check_distributions(potts_with_field(), {"heat-bath"});
    check_distributions(potts_with_field(), {"metropolis"});
}

BOOST_AUTO_TEST_CASE(clusters_of_potts_spins_visit_every_state_as_often_as_its_weight_says) {
    check_distributions(potts_without_field(), {"swendsen-wang"});
    check_distributions(potts_without_field(), {"wolff"});
}

BOOST_AUTO_TEST_CASE(blume_capel_spins_visit_every_state_as_often_as_its_weight_says) {
    const auto spins = model::SpinKind::blume_capel();
    const std::vector<System> systems{
        {lattice::Lattice::square, {3, 3}, spins, {{"nn", 0.3}, {"crystal_field", 0.4}, {"field", 0.1}}},
        {lattice::Lattice::square, {3, 2}, spins, {{"nn", -0.5}, {"biquadratic", 0.4}}, {open, periodic}},
        {lattice::Lattice::triangular, {3, 3}, spins, {{"nn", 0.15}, {"crystal_field", -0.3}, {"biquadratic", 0.1}}},
        {lattice::Lattice::honeycomb, {4, 2}, spins, {{"nn", 0.5}, {"crystal_field", 0.6}, {"field", -0.2}}},
        {lattice::Lattice::cubic, {2, 2, 2}, spins, {{"nn", 0.15}, {"crystal_field", 0.5}}}};
    check_distributions(systems, {"heat-bath"});
    check_distributions(systems, {"metropolis"});
    std::vector<System> without_field = systems;
    for (System& system : without_field) {
        std::erase_if(system.couplings, [](const auto& each) { return each.first == "field"; });
    }
    check_distributions(without_field, {"heat-bath", "swendsen-wang"});
    check_distributions(without_field, {"metropolis", "wolff"});
}

BOOST_AUTO_TEST_CASE(on_4x4_sites_every_update_visits_classes_of_states_as_often_as_their_weights_say) {
    struct Kind {
        model::SpinKind spins;
        std::vector<std::pair<std::string, double>> couplings; ///< with a field, for updates of single spins only
        std::vector<std::vector<std::string>> updates;
        std::int64_t ground_states; ///< for nn alone
    };
    const std::vector<std::vector<std::string>> updates{{"heat-bath"}, {"metropolis"}, {"swendsen-wang"}, {"wolff"}};
    const std::vector<Kind> kinds{
        {model::SpinKind::ising(), {{"nn", 0.3}, {"field", 0.05}}, updates, 2},
        {model::SpinKind::potts(3), {{"nn", 0.6}, {"field", 0.1}}, updates, 3},
        {model::SpinKind::blume_capel(),
         {{"nn", 0.4}, {"crystal_field", 0.5}, {"field", 0.1}},
         {{"heat-bath"}, {"metropolis"}, {"heat-bath", "swendsen-wang"}, {"metropolis", "wolff"}},
         2}};
    for (const auto& [spins, couplings, updates_of_kind, ground_states] : kinds) {
        const std::vector<std::int64_t> states = count_states_of_torus(spins);
        std::int64_t all = 0, ground = 0;
        for (std::size_t number = 0; number < states.size(); ++number) {
            all += states[number];
            if (Class::of_number(number).bonds == (spins.is_potts() ? 32 : 0)) ground += states[number];
        }
        BOOST_TEST(all == std::llround(std::pow(spins.states(), 16)));
        BOOST_TEST(ground == ground_states);
        const System with_field{lattice::Lattice::square, {4, 4}, spins, couplings};
        System without_field = with_field;
        std::erase_if(without_field.couplings, [](const auto& each) { return each.first == "field"; });
        for (const std::vector<std::string>& update : updates_of_kind) {
            const bool of_clusters = update.back() == "swendsen-wang" || update.back() == "wolff";
            const double p = p_value_of_classes(of_clusters ? without_field : with_field, update, states);
            BOOST_TEST(p > smallest_p, spins.text() << ", " << update.back());
        }
        BOOST_TEST(p_value_of_classes(with_field, {"heat-bath"}, states, 0.9) < smallest_p, spins.text());
    }
}

BOOST_AUTO_TEST_CASE(chains_of_any_spins_that_exchange_points_visit_every_state_as_often_as_its_weight_says) {
    const System with_field = potts(lattice::Lattice::square, {3, 2}, 3, 0.3, 0.2);
    const System without_field = potts(lattice::Lattice::square, {3, 2}, 3, 0.3);
    const System blume_capel{lattice::Lattice::square,
                             {3, 2},
                             model::SpinKind::blume_capel(),
                             {{"nn", 0.3}, {"crystal_field", 0.2}, {"field", 0.1}, {"biquadratic", 0.1}}};
    struct Ladder {
        System system;
        const char* update;
        const char* varied;
        std::vector<double> values;
    };
    const std::vector<Ladder> ladders{{with_field, "heat-bath", "nn", {0.2, 0.5, 0.9}},
                                      {with_field, "metropolis", "field", {-0.5, 0.0, 0.6}},
                                      {without_field, "swendsen-wang", "nn", {0.2, 0.5, 0.9}},
                                      {without_field, "wolff", "nn", {0.2, 0.9}},
                                      {blume_capel, "heat-bath", "crystal_field", {-0.4, 0.3, 1.0}},
                                      {blume_capel, "metropolis", "nn", {0.1, 0.4}},
                                      {blume_capel, "heat-bath", "biquadratic", {-0.3, 0.4}},
                                      {blume_capel, "heat-bath", "field", {-0.4, 0.4}}};
    for (const auto& [system, update, varied, values] : ladders) {
        BOOST_TEST_CONTEXT(system.spins.text() << ", " << update << ", " << varied) {
            for (const double p : tempered_p_values(system, update, varied, values)) BOOST_TEST(p > smallest_p);
            const std::vector<double> wrong = tempered_p_values(system, update, varied, values, 0.5);
            BOOST_TEST(std::ranges::min(wrong) < smallest_p);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_wrong_temperature_of_potts_spins_is_noticed) {
    for (const char* update : {"heat-bath", "metropolis", "swendsen-wang", "wolff"}) {
        BOOST_TEST(p_value(potts(lattice::Lattice::square, {3, 3}, 3, 0.6), {update}, 0.9) < smallest_p);
    }
}

namespace {

/// Exact values of the rows of an analysis, by their names.
std::vector<std::pair<std::string, double>> potts_rows(const System& system) {
    const lattice::Geometry geometry(system.lattice, system.size, system.boundaries);
    const double sites = static_cast<double>(geometry.sites()), q = system.spins.states();
    const double coupling = system.couplings.front().second;
    const double k = 2 * std::numbers::pi / geometry.extents()[0];
    double z = 0, e = 0, e2 = 0, m = 0, m2 = 0, m4 = 0, p = 0, p2 = 0, mode = 0;
    for_each_state(system, geometry, [&](std::span<const std::int8_t> spins, double weight) {
        std::int64_t like = 0;
        std::vector<double> counts(static_cast<std::size_t>(q));
        std::vector<std::complex<double>> along_x(counts.size()), along_y(counts.size());
        for (std::size_t site = 0; site < spins.size(); ++site) {
            const lattice::Coordinates at = geometry.coordinates(static_cast<std::int64_t>(site));
            for (const auto& offset : geometry.bond_offsets()) {
                like += spins[site] == spins[*geometry.neighbour(static_cast<std::int64_t>(site), offset)];
            }
            const auto state = static_cast<std::size_t>(spins[site] - 1);
            ++counts[state];
            along_x[state] += std::polar(1.0, k * at[0]);
            along_y[state] += std::polar(1.0, k * at[1]);
        }
        const double energy = -static_cast<double>(like) / sites;
        const double share = (q * std::ranges::max(counts) / sites - 1) / (q - 1);
        double square = 0, modes = 0;
        for (std::size_t state = 0; state < counts.size(); ++state) {
            square += counts[state] * counts[state] / sites / sites;
            modes += (std::norm(along_x[state]) + std::norm(along_y[state])) / 2;
        }
        const double squared_m = std::max(0.0, (q * square - 1) / (q - 1));
        z += weight;
        e += weight * energy;
        e2 += weight * energy * energy;
        m += weight * std::sqrt(squared_m);
        m2 += weight * squared_m;
        m4 += weight * squared_m * squared_m;
        p += weight * share;
        p2 += weight * share * share;
        mode += weight * q / (q - 1) * modes / sites / sites;
    });
    for (double* each : {&e, &e2, &m, &m2, &m4, &p, &p2, &mode}) *each /= z;
    return {
        {"energy per site", e},
        {"specific heat", coupling * coupling * sites * (e2 - e * e)},
        {"|magnetization|", m},
        {"susceptibility", sites * (m2 - m * m)},
        {"Binder cumulant", 1 - m4 / (3 * m2 * m2)},
        {"correlation length", std::sqrt((m2 / mode - 1) / sampling::SmallestModes(geometry).squared_wave_number())},
        {"order parameter", p},
        {"susceptibility of the order parameter", sites * (p2 - p * p)},
        {"<m^2>, from clusters", m2}};
}

void check_rows(const sampling::Task& task, const std::vector<std::pair<std::string, double>>& exact) {
    const sampling::Analysis analysis = sampling::analyse(task, support::sampled(task));
    for (const auto& [quantity, value] : exact) {
        BOOST_TEST_CONTEXT(quantity) {
            const auto row = std::ranges::find_if(analysis.rows, [&](const io::Row& each) {
                return each.quantity == quantity && each.kind == io::Kind::sampled;
            });
            BOOST_REQUIRE(row != analysis.rows.end());
            const stats::Estimate estimate{.mean = row->value, .error = *row->error};
            BOOST_TEST_MESSAGE(quantity << ": " << row->value << " +- " << *row->error << ", exactly " << value);
            BOOST_TEST(stats::compare(estimate, value).agrees(2 * exact.size()));
            BOOST_TEST(*row->error < 0.02 * std::abs(value));
        }
    }
}

} // namespace

BOOST_AUTO_TEST_CASE(what_is_measured_on_potts_spins_agrees_with_sums_over_all_states) {
    const System system = potts(lattice::Lattice::square, {3, 3}, 3, 0.7);
    sampling::Task task = task_of(system, {"heat-bath", "swendsen-wang"}, 8);
    task.parameters.thermalization = 100;
    task.parameters.sweeps = 6000;
    task.parameters.measure_every = 1;
    task.parameters.measure = {"correlation-length", "clusters"};
    check_rows(task, potts_rows(system));
}

BOOST_AUTO_TEST_CASE(what_is_measured_on_blume_capel_spins_agrees_with_sums_over_all_states) {
    const System system{lattice::Lattice::square,
                        {3, 3},
                        model::SpinKind::blume_capel(),
                        {{"nn", 0.4}, {"crystal_field", 0.5}, {"biquadratic", 0.2}}};
    sampling::Task task = task_of(system, {"heat-bath", "swendsen-wang"}, 8);
    task.parameters.thermalization = 100;
    task.parameters.sweeps = 6000;
    task.parameters.measure_every = 1;
    const double sites = 9;
    double z = 0, e = 0, e2 = 0, m = 0, m2 = 0, m4 = 0, occupied = 0;
    for_each_state(system, task.geometry, [&](std::span<const std::int8_t> spins, double weight) {
        const double energy = -std::log(weight) / sites;
        const double sum = std::abs(std::accumulate(spins.begin(), spins.end(), 0)) / sites;
        z += weight;
        e += weight * energy;
        e2 += weight * energy * energy;
        m += weight * sum;
        m2 += weight * sum * sum;
        m4 += weight * sum * sum * sum * sum;
        occupied += weight * (1 - static_cast<double>(std::ranges::count(spins, 0)) / sites);
    });
    for (double* each : {&e, &e2, &m, &m2, &m4, &occupied}) *each /= z;
    check_rows(task, {{"energy per site", e},
                      {"specific heat", sites * (e2 - e * e)},
                      {"|magnetization|", m},
                      {"susceptibility", sites * (m2 - m * m)},
                      {"Binder cumulant", 1 - m4 / (3 * m2 * m2)},
                      {"density of occupied sites", occupied}});
}

// −H/kT = K_p Σ δ(s, s') with s, s' = ±1 is (K_p/2) Σ s s' + const: E_p = (E − bonds)/2 in units of J.
BOOST_AUTO_TEST_CASE(two_states_are_ising_spins_at_half_the_coupling) {
    sampling::Task task = task_of(potts(lattice::Lattice::square, {12, 8}, 2, 0.8), {"metropolis", "wolff"}, 8);
    task.parameters.thermalization = 200;
    task.parameters.sweeps = 4000;
    task.parameters.measure_every = 1;
    const model::Thermodynamics ising = model::kaufman(12, 8, 0.4);
    check_rows(task, {{"energy per site", (ising.energy - 2) / 2}, {"specific heat", ising.specific_heat}});
}

// Without nn the sign of a spin is free, and s² = (1 + σ)/2 makes the biquadratic coupling K_2 that of Ising spins σ,
// K_2/4, in no field if D = ln 2 + z K_2/2.
BOOST_AUTO_TEST_CASE(occupied_sites_without_nn_are_ising_spins) {
    const double coupling = 0.4, biquadratic = 4 * coupling, crystal_field = std::numbers::ln2 + 2 * biquadratic;
    sampling::Task task = task_of({lattice::Lattice::square,
                                   {12, 8},
                                   model::SpinKind::blume_capel(),
                                   {{"nn", 0.0}, {"biquadratic", biquadratic}, {"crystal_field", crystal_field}}},
                                  {"heat-bath", "metropolis"}, 8);
    task.parameters.thermalization = 500;
    task.parameters.sweeps = 10000;
    task.parameters.measure_every = 5;
    const double ising = model::kaufman(12, 8, coupling).energy;
    check_rows(task, {{"energy per site", -biquadratic * (2 - ising) / 4 + crystal_field / 2},
                      {"density of occupied sites", 0.5}});
}

BOOST_AUTO_TEST_CASE(updates_of_potts_spins_refuse_what_they_cannot_sample) {
    const auto refused = [](const System& system, const std::string& update) {
        BOOST_CHECK_THROW(sampling::check_updates(task_of(system, {update}, 1)), core::InputError);
    };
    refused(potts(lattice::Lattice::square, {4, 4}, 3, -0.5), "swendsen-wang");
    refused(potts(lattice::Lattice::square, {4, 4}, 3, -0.5), "wolff");
    refused(potts(lattice::Lattice::square, {4, 4}, 3, 0.5, 0.1), "swendsen-wang");
    refused(potts(lattice::Lattice::square, {1, 4}, 3, 0.5), "heat-bath");
    refused(potts(lattice::Lattice::square, {4, 4}, 3, 100.0), "metropolis");
    BOOST_CHECK_THROW(model::SpinKind::potts(1), core::InputError);
}

// ln(1 + √2)/2 and −√2: Onsager's point, in Ising terms.
BOOST_AUTO_TEST_CASE(the_critical_point_of_two_states_is_onsagers) {
    const auto [coupling, energy] = model::potts_critical_point(2);
    BOOST_TEST(coupling / 2 == 0.44068679350977147, boost::test_tools::tolerance(1e-15));
    BOOST_TEST(2 * energy + 2 == -std::numbers::sqrt2, boost::test_tools::tolerance(1e-15));
}
