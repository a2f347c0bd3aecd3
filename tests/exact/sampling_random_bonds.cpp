// Models with random bonds, and parallel tempering: samples against sums over all configurations, and against
// Nishimori's energy.
#include "sampling_support.hpp"

#include <boost/test/unit_test.hpp>

#include "support/scratch_folder.hpp"

#include <blockspin/rng/ars.hpp>
#include <blockspin/sampling/analysis.hpp>
#include <blockspin/sampling/chains.hpp>
#include <blockspin/sampling/lane_update.hpp>
#include <blockspin/sampling/placement.hpp>
#include <blockspin/sampling/tempering.hpp>
#include <blockspin/stats/comparison.hpp>

#include <fmt/format.h>
#include <hwy/targets.h>

#include <cmath>
#include <cstdlib>
#include <iterator>
#include <numeric>

using namespace blockspin;

namespace {

constexpr auto open = lattice::Boundary::open, periodic = lattice::Boundary::periodic;

/// All comparisons of this file share a false-alarm rate of 1e-3.
constexpr std::size_t comparisons = 200;

const model::DisorderParameters plus_minus{.antiferromagnetic = 0.4, .samples = 4};
const model::DisorderParameters gaussian{.distribution = "gaussian", .mean = 0.2, .width = 0.9, .samples = 4};

sampling::Task task(lattice::Geometry geometry, double coupling, double field, const std::string& update,
                    const model::DisorderParameters& disorder) {
    io::KeyedValues<double> couplings;
    couplings.set("nn", coupling);
    couplings.set("field", field);
    return {.geometry = std::move(geometry),
            .points = {{.label = fmt::format("nn = {}", coupling), .couplings = couplings}},
            .parameters = {.update = {update}, .chains = 2, .measure = {}},
            .seed = 1975,
            .disorder = disorder};
}

/// All states of one sample: Σ J s s, in J, and −H/kT.
struct State {
    double bonds, exponent;
};

struct Bond {
    std::int64_t from, to;
    double J;
};

std::vector<Bond> bonds(const sampling::Task& task, std::int64_t sample) {
    const lattice::Geometry& geometry = task.geometry;
    std::vector<Bond> all;
    for (std::int64_t site = 0; site < geometry.sites(); ++site) {
        for (const auto& offset : geometry.bond_offsets(geometry.sublattice(geometry.coordinates(site)))) {
            const auto other = geometry.neighbour(site, offset);
            if (!other) continue;
            const auto directions = geometry.bond_offsets(0);
            const auto direction = std::ranges::find(directions, offset) - directions.begin();
            double J = 1.0;
            if (task.disorder) J = task.bonds().unit() * task.bonds().bond(sample, site, static_cast<int>(direction));
            all.push_back({site, *other, J});
        }
    }
    return all;
}

std::vector<State> states(const sampling::Task& task, std::int64_t sample, std::int64_t point = 0) {
    const model::Point& here = task.points.at(static_cast<std::size_t>(point));
    const double K = here.coupling("nn"), h = here.coupling("field");
    std::vector<State> all(std::size_t{1} << task.geometry.sites());
    const std::vector<Bond> of_sample = bonds(task, sample);
    for (std::size_t state = 0; state < all.size(); ++state) {
        const auto spin = [&](std::int64_t site) { return (state >> site & 1) != 0 ? 1 : -1; };
        for (const Bond& bond : of_sample) all[state].bonds += bond.J * spin(bond.from) * spin(bond.to);
        for (std::int64_t site = 0; site < task.geometry.sites(); ++site) all[state].exponent += h * spin(site);
        all[state].exponent += K * all[state].bonds;
    }
    return all;
}

std::vector<double> probabilities(const std::vector<State>& states) {
    std::vector<double> weights;
    for (const State& each : states) weights.push_back(std::exp(each.exponent));
    const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (double& weight : weights) weight /= total;
    return weights;
}

struct System {
    lattice::Geometry geometry;
    double coupling, field;
};

/// Sides that fit the colours and that do not, sides of 2, open ones, both kinds of sites.
std::vector<System> systems() {
    return {{{lattice::Lattice::chain, {7}}, 0.7, 0.2},
            {{lattice::Lattice::square, {4, 2}}, 0.3, -0.1},
            {{lattice::Lattice::square, {3, 3}, {open, periodic}}, 0.35, 0.2},
            {{lattice::Lattice::triangular, {3, 3}}, 0.2, 0.1},
            {{lattice::Lattice::triangular, {2, 4}, {periodic, open}}, 0.25, 0.15},
            {{lattice::Lattice::honeycomb, {4, 2}}, 0.4, 0.15},
            {{lattice::Lattice::cubic, {2, 2, 2}}, 0.15, 0.25}};
}

/// Pearson's test, for each point and sample of its own, of the states that its chains are in every `gap` sweeps.
std::vector<double> p_values(const sampling::Task& task) {
    constexpr int gap = 8;
    const int of_two = std::getenv("BLOCKSPIN_LONG") != nullptr ? 20000 : 800;
    const int counted = static_cast<int>(of_two * 2 / task.parameters.chains);
    const auto self = mpi::Communicator::self();
    sampling::Replicas replicas(self, task.geometry, sampling::place(task, 1), rng::Key(task.seed),
                                sampling::Start::hot);
    const auto bonds = sampling::random_bonds(replicas, task);
    auto updates = sampling::updates(task, replicas, bonds);
    std::optional<sampling::Tempering> tempering;
    if (task.parameters.tempering) tempering.emplace(task, bonds);
    process::Timers timers;
    const auto chains = task.parameters.chains; // replicas of one point and sample follow each other
    std::vector<std::vector<std::int64_t>> counts(static_cast<std::size_t>(task.replicas() / chains));
    for (auto& each : counts) each.resize(std::size_t{1} << task.geometry.sites());
    for (std::int64_t step = 0; step < (counted + 30) * gap; ++step) {
        sampling::sweep(updates, replicas, step, timers);
        if (tempering) tempering->after_sweep(self, step + 1, replicas);
        if (step < 30 * gap || step % gap != 0) continue;
        std::vector<sampling::Spin> spins(static_cast<std::size_t>(task.geometry.sites()));
        for (std::int64_t i = 0; i < replicas.count(); ++i) {
            replicas.copy_spins(i, spins);
            std::size_t state = 0;
            for (std::size_t site = 0; site < spins.size(); ++site) state |= std::size_t{spins[site] > 0} << site;
            ++counts[static_cast<std::size_t>(replicas.slot(i) / chains)][state];
        }
    }
    std::vector<double> p;
    for (std::size_t at = 0; at < counts.size(); ++at) {
        const std::int64_t slot = static_cast<std::int64_t>(at) * chains;
        const auto expected = probabilities(states(task, task.sample_of(slot), task.point_of(slot)));
        p.push_back(stats::goodness_of_fit(counts[at], expected).p_value);
    }
    return p;
}

/// Two chains of each sample are held as bytes, many in lanes.
constexpr std::int64_t many_chains = 40;

void check_distributions(const std::string& update, const model::DisorderParameters& disorder,
                         std::int64_t chains = 2) {
    for (const System& system : systems()) {
        auto here = task(system.geometry, system.coupling, system.field, update, disorder);
        here.parameters.chains = chains;
        BOOST_TEST(sampling::uses_lanes(here) == (chains == many_chains && disorder.is_plus_minus()));
        BOOST_TEST_CONTEXT(name(system.geometry.lattice()) << ", " << disorder.distribution << ", " << update) {
            for (const double p : p_values(here)) BOOST_TEST(p > 1e-3 / comparisons);
        }
    }
}

const io::Row& find(const std::vector<io::Row>& rows, const std::string& quantity, io::Kind kind) {
    const auto found =
        std::ranges::find_if(rows, [&](const io::Row& row) { return row.quantity == quantity && row.kind == kind; });
    BOOST_REQUIRE((found != rows.end()));
    return *found;
}

} // namespace

BOOST_AUTO_TEST_CASE(every_sample_visits_its_states_as_often_as_their_weights_say) {
    check_distributions("heat-bath", plus_minus);
    check_distributions("metropolis", plus_minus);
    check_distributions("heat-bath", plus_minus, many_chains);
    check_distributions("metropolis", plus_minus, many_chains);
    check_distributions("heat-bath", gaussian);
    check_distributions("metropolis", gaussian);
}

namespace {

/// One sweep of one replica as LaneUpdate defines it: site by site, bit by bit.
void walk(const sampling::Task& task, const sampling::SpinRule& rule, std::int64_t replica, std::int64_t step,
          std::vector<sampling::Spin>& spins) {
    const lattice::Geometry& geometry = task.geometry;
    const bool is_metropolis = task.parameters.update.front() == "metropolis";
    const std::vector<Bond> all = bonds(task, task.sample_of(replica));
    for (int colour = 0; colour < geometry.colours(); ++colour) {
        for (std::int64_t site = 0; site < geometry.sites(); ++site) {
            if (geometry.colour(geometry.coordinates(site)) != colour) continue;
            int sum = 0;
            for (const Bond& bond : all) {
                const int J = bond.J > 0 ? 1 : -1;
                if (bond.from == site) sum += J * spins[static_cast<std::size_t>(bond.to)];
                if (bond.to == site) sum += J * spins[static_cast<std::size_t>(bond.from)];
            }
            sampling::Spin& spin = spins[static_cast<std::size_t>(site)];
            const sampling::SpinRule::Case& here = rule.cases[static_cast<std::size_t>(sum + geometry.coordination())];
            const sampling::Spin favoured = here.is_tie       ? static_cast<sampling::Spin>(-spin)
                                            : here.favours_up ? sampling::Spin{1}
                                                              : sampling::Spin{-1};
            bool takes_other = false;
            const std::uint64_t reluctance = here.is_tie ? std::uint64_t{1} << 63 : here.reluctance;
            for (int bit = 0; bit < 64 && !(is_metropolis && spin != favoured); ++bit) {
                const rng::Address address{.purpose = is_metropolis ? rng::Purpose::lane_metropolis
                                                                    : rng::Purpose::lane_heat_bath,
                                           .chain = static_cast<std::int32_t>(replica / 128),
                                           .step = step,
                                           .place = site,
                                           .draw = 64 * colour + bit};
                const rng::Block random = rng::ars4x32<5>(rng::pack(address), rng::Key(task.seed).ars());
                if ((random[static_cast<std::size_t>(replica % 128 / 32)] >> (replica % 32) & 1) == 0) continue;
                takes_other = (reluctance >> (63 - bit) & 1) != 0;
                break;
            }
            spin = takes_other ? static_cast<sampling::Spin>(-favoured) : favoured;
        }
    }
}

} // namespace

BOOST_AUTO_TEST_CASE(on_every_instruction_set_lanes_are_those_of_a_walk_from_site_to_site) {
    using enum lattice::Lattice;
    constexpr int sweeps = 3;
    const auto self = mpi::Communicator::self();
    for (const auto& [geometry, update, field] : {std::tuple{lattice::Geometry(square, {6, 4}), "heat-bath", 0.0},
                                                  {{cubic, {4, 2, 4}}, "metropolis", 0.0},
                                                  {{triangular, {6, 3}}, "heat-bath", 0.3},
                                                  {{honeycomb, {6, 4}}, "metropolis", -0.2},
                                                  {{hypercubic, {2, 4, 2, 4}}, "heat-bath", 0.0},
                                                  {{square, {4, 6}, {}}, "metropolis", 0.1}}) {
        sampling::Task here = task(geometry, 0.2, field, update, plus_minus);
        for (const double K : {0.6, -0.5}) {
            here.points.push_back(here.points.front());
            here.points.back().couplings.set("nn", K);
        }
        here.parameters.chains = 13; // 156 replicas
        const auto couplings = sampling::couplings(here);
        for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
            hwy::SetSupportedTargetsForTest(target);
            sampling::Replicas replicas(self, geometry, sampling::place(here, 1), rng::Key(here.seed),
                                        sampling::Start::hot);
            std::vector<std::vector<sampling::Spin>> walks(static_cast<std::size_t>(here.replicas()));
            for (std::int64_t i = 0; i < here.replicas(); ++i) {
                auto& spins = walks[static_cast<std::size_t>(i)];
                spins.resize(static_cast<std::size_t>(geometry.sites()));
                replicas.copy_spins(i, spins);
                sampling::MakeRule& make =
                    update == std::string("metropolis") ? sampling::metropolis_rule : sampling::heat_bath_rule;
                const auto rule = make(couplings[static_cast<std::size_t>(i)], geometry.coordination());
                for (int step = 0; step < sweeps; ++step) walk(here, rule, i, step, spins);
            }
            auto updates = sampling::updates(here, replicas);
            process::Timers timers;
            for (int step = 0; step < sweeps; ++step) sampling::sweep(updates, replicas, step, timers);
            std::int64_t wrong = 0;
            for (std::int64_t i = 0; i < here.replicas(); ++i) {
                std::vector<sampling::Spin> spins(static_cast<std::size_t>(geometry.sites()));
                replicas.copy_spins(i, spins);
                wrong += spins != walks[static_cast<std::size_t>(i)];
            }
            hwy::SetSupportedTargetsForTest(0);
            BOOST_TEST(wrong == 0, name(geometry.lattice()) << ", " << hwy::TargetName(target) << ": " << wrong);
        }
    }
}

BOOST_AUTO_TEST_CASE(lanes_are_measured_as_bytes_are) {
    const auto self = mpi::Communicator::self();
    for (const lattice::Geometry& geometry : {lattice::Geometry(lattice::Lattice::square, {7, 5}),
                                              {lattice::Lattice::cubic, {4, 3, 2}, {open, periodic, open}},
                                              {lattice::Lattice::honeycomb, {4, 6}}}) {
        sampling::Task here = task(geometry, 0.3, 0.0, "heat-bath", plus_minus);
        here.parameters.chains = 50;
        sampling::Replicas replicas(self, geometry, sampling::place(here, 1), rng::Key(3), sampling::Start::hot);
        const auto bonds = sampling::random_bonds(replicas, here);
        const std::vector<sampling::Measurement> both{sampling::random_bond_sums(bonds, 1.0), sampling::spin_sums()};
        std::vector<std::int64_t> of_bytes(400), of_lanes(400);
        sampling::prepare(replicas, both);
        sampling::measure(replicas, both, of_bytes);
        replicas.hold_as(sampling::Representation::lanes);
        sampling::prepare(replicas, both);
        BOOST_TEST((replicas.representation() == sampling::Representation::lanes));
        sampling::measure(replicas, both, of_lanes);
        BOOST_TEST(of_lanes == of_bytes);
        BOOST_TEST(std::ranges::count(of_bytes, of_bytes.front()) < 200);
    }
}

BOOST_AUTO_TEST_CASE(chains_that_exchange_their_points_visit_the_states_of_each_point_as_often_as_weights_say) {
    const lattice::Geometry square{lattice::Lattice::square, {4, 2}};
    std::vector<sampling::Task> tasks{task(square, 0.1, 0.2, "heat-bath", plus_minus),
                                      task(square, 0.1, 0.2, "metropolis", gaussian),
                                      task(square, 0.1, 0.2, "heat-bath", plus_minus),
                                      task(square, 0.1, 0.0, "wolff", plus_minus),
                                      task({lattice::Lattice::square, {3, 3}}, 0.1, 0.1, "metropolis", plus_minus),
                                      task(square, 0.1, 0.0, "heat-bath", plus_minus),
                                      task(square, 0.1, 0.2, "metropolis", plus_minus)};
    for (const std::size_t pure : {2, 3, 4}) tasks[pure].disorder.reset(); // the last one with the update of stencils
    for (const std::size_t lanes : {5, 6}) tasks[lanes].parameters.chains = 16;
    for (sampling::Task& here : tasks) {
        for (const double K : {0.35, 0.6}) {
            here.points.push_back(here.points.front());
            here.points.back().couplings.set("nn", K);
        }
        here.parameters.tempering.emplace();
        sampling::check_tempering(here);
        BOOST_TEST_CONTEXT(here.parameters.update.front() << (here.disorder ? " with random bonds" : "")) {
            for (const double p : p_values(here)) BOOST_TEST(p > 1e-3 / comparisons);
        }
    }
}

BOOST_AUTO_TEST_CASE(energies_of_samples_are_those_of_enumeration) {
    for (const model::DisorderParameters& disorder : {plus_minus, gaussian}) {
        sampling::Task here = task({lattice::Lattice::square, {4, 4}}, 0.6, 0.0, "heat-bath", disorder);
        here.parameters.thermalization = 200;
        here.parameters.sweeps = 6000;
        here.parameters.measure_every = 2;
        const sampling::Analysis analysis = sampling::analyse(here, support::sampled(here));
        double mean = 0.0;
        for (std::int64_t sample = 0; sample < here.samples(); ++sample) {
            const auto all = states(here, sample);
            const auto p = probabilities(all);
            double e = 0.0, e2 = 0.0;
            for (std::size_t state = 0; state < all.size(); ++state) {
                e -= p[state] * all[state].bonds;
                e2 += p[state] * all[state].bonds * all[state].bonds;
            }
            const auto at = static_cast<std::size_t>(sample);
            const stats::Estimate energy{.mean = analysis.tables[0].values[at], .error = analysis.tables[1].values[at]};
            BOOST_TEST(stats::compare(energy, e / 16).agrees(comparisons), "sample " << sample << ": " << energy.mean);
            BOOST_TEST(energy.error < 0.02);
            BOOST_TEST(std::abs(analysis.tables[2].values[at] / (0.36 * (e2 - e * e) / 16) - 1) < 0.15);
            mean += energy.mean / static_cast<double>(here.samples());
        }
        const io::Row& row = find(analysis.rows, "energy per site", io::Kind::sampled);
        BOOST_TEST(std::abs(row.value - mean) < 1e-12);
        BOOST_TEST(*row.n_eff == 4.0);
    }
}

BOOST_AUTO_TEST_CASE(the_energy_on_nishimoris_line_is_exact) {
    model::DisorderParameters signs{.antiferromagnetic = 0.2, .samples = 150};
    model::DisorderParameters normal{.distribution = "gaussian", .mean = 0.5, .width = 1.0, .samples = 150};
    for (const auto& disorder : {signs, normal}) {
        const double K = *model::Disorder(disorder, 0).nishimori_coupling();
        sampling::Task here = task({lattice::Lattice::square, {6, 6}}, K, 0.0, "heat-bath", disorder);
        here.parameters.thermalization = 60;
        here.parameters.sweeps = 120;
        here.parameters.measure_every = 2;
        const sampling::Analysis analysis = sampling::analyse(here, support::sampled(here));
        const io::Row& sampled = find(analysis.rows, "energy per site", io::Kind::sampled);
        const io::Row& exact = find(analysis.rows, "energy per site", io::Kind::exact);
        BOOST_TEST(std::abs(exact.value - (disorder.is_plus_minus() ? -2 * std::tanh(K) : -1.0)) < 1e-12);
        const stats::Estimate estimate{.mean = sampled.value, .error = *sampled.error};
        BOOST_TEST(stats::compare(estimate, exact.value).agrees(comparisons), sampled.value << " and " << exact.value);
        BOOST_TEST(estimate.error < 0.03);
        // Another temperature is noticed.
        here.points[0].couplings.set("nn", 0.7 * K);
        const auto warmer = sampling::analyse(here, support::sampled(here));
        BOOST_TEST(std::abs(warmer.rows.front().value - exact.value) > 6 * *warmer.rows.front().error);
    }
}

BOOST_AUTO_TEST_CASE(overlaps_are_those_of_enumeration) {
    // Two samples, two points that are exchanged: [⟨q²⟩] = [Σ_ij ⟨s_i s_j⟩²]/N², the link overlap [⟨s_i s_j⟩²] per
    // bond.
    sampling::Task here = task({lattice::Lattice::square, {4, 3}}, 0.3, 0.0, "heat-bath", plus_minus);
    here.disorder->samples = 2;
    here.points.push_back(here.points.front());
    here.points.back().couplings.set("nn", 0.7);
    here.points.back().label = "nn = 0.7";
    here.parameters.tempering.emplace();
    here.parameters.thermalization = 200;
    here.parameters.sweeps = 20000;
    here.parameters.measure_every = 5;
    here.parameters.measure = {"correlation-length"};
    const auto self = mpi::Communicator::self();
    const support::ScratchFolder folder(self);
    process::Timers timers;
    sampling::Chains chains(self, here, sampling::place(here, 1), folder.path(), timers);
    while (!chains.done()) chains.step();
    chains.seal();
    const auto rows = chains.results();
    for (std::int64_t point = 0; point < 2; ++point) {
        double q2 = 0.0, link = 0.0;
        for (std::int64_t sample = 0; sample < 2; ++sample) {
            const auto p = probabilities(states(here, sample, point));
            const auto squared = [&](std::int64_t i, std::int64_t j) {
                double mean = 0.0;
                for (std::size_t state = 0; state < p.size(); ++state) {
                    mean += ((state >> i ^ state >> j) & 1) == 0 ? p[state] : -p[state];
                }
                return mean * mean;
            };
            for (std::int64_t i = 0; i < 12; ++i) {
                for (std::int64_t j = 0; j < 12; ++j) q2 += squared(i, j) / 2;
            }
            const auto all = bonds(here, sample);
            for (const Bond& bond : all) link += squared(bond.from, bond.to) / (2.0 * static_cast<double>(all.size()));
        }
        const auto of_point = [&](const io::Row& row) {
            return row.point == here.points[static_cast<std::size_t>(point)].label;
        };
        std::vector<io::Row> mine;
        std::ranges::copy_if(rows, std::back_inserter(mine), of_point);
        // Four thousand measurements, a few sweeps of a dozen spins apart.
        BOOST_TEST(std::abs(find(mine, "spin-glass susceptibility", io::Kind::sampled).value / (q2 / 12) - 1) < 0.05);
        BOOST_TEST(std::abs(find(mine, "link overlap", io::Kind::sampled).value / link - 1) < 0.05);
    }
}

BOOST_AUTO_TEST_CASE(bonds_have_the_asked_distribution_and_do_not_repeat) {
    constexpr std::int64_t sites = 20000;
    const model::Disorder signs(plus_minus, 7), normal(gaussian, 7), others(plus_minus, 8);
    std::int64_t negative = 0, equal = 0, equal_samples = 0, equal_seeds = 0;
    double sum = 0.0, squares = 0.0;
    for (std::int64_t site = 0; site < sites; ++site) {
        negative += signs.bond(0, site, 0) < 0;
        equal += signs.bond(0, site, 0) == signs.bond(0, site, 1);
        equal_samples += signs.bond(0, site, 0) == signs.bond(1, site, 0);
        equal_seeds += signs.bond(0, site, 0) == others.bond(0, site, 0);
        const double J = normal.unit() * normal.bond(2, site, 1);
        sum += J;
        squares += J * J;
    }
    const auto sigmas = [&](std::int64_t count, double p) {
        return std::abs(static_cast<double>(count) - sites * p) / std::sqrt(sites * p * (1 - p));
    };
    BOOST_TEST(sigmas(negative, 0.4) < 4.5);
    for (const std::int64_t count : {equal, equal_samples, equal_seeds}) BOOST_TEST(sigmas(count, 0.52) < 4.5);
    BOOST_TEST(std::abs(sum / sites - 0.2) < 4.5 * 0.9 / std::sqrt(sites));
    BOOST_TEST(std::abs(squares / sites - 0.04 - 0.81) < 4.5 * 0.81 * std::sqrt(2.5 / sites));
}

BOOST_AUTO_TEST_CASE(what_random_bonds_cannot_have_is_refused) {
    const lattice::Geometry geometry(lattice::Lattice::square, {4, 4});
    sampling::check_updates(task(geometry, 0.5, 0.1, "heat-bath", plus_minus));
    BOOST_CHECK_THROW(sampling::check_updates(task(geometry, 0.5, 0.0, "swendsen-wang", plus_minus)), core::InputError);
    sampling::Task further = task(geometry, 0.5, 0.0, "heat-bath", plus_minus);
    further.points[0].couplings.set("nnn", 0.1);
    BOOST_CHECK_THROW(sampling::check_updates(further), core::InputError);
    BOOST_CHECK_THROW(
        sampling::check_updates(task({lattice::Lattice::square, {4, 1}}, 0.5, 0.0, "heat-bath", plus_minus)),
        core::InputError);
}
