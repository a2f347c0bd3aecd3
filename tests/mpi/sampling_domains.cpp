// A lattice cut into domains evolves bit by bit like the whole one.
#include "sampling_systems.hpp"
#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/model/terms.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/process/timers.hpp>
#include <blockspin/sampling/cluster_sums.hpp>
#include <blockspin/sampling/heat_bath.hpp>
#include <blockspin/sampling/layer_sums.hpp>
#include <blockspin/sampling/measurements.hpp>
#include <blockspin/sampling/metropolis.hpp>
#include <blockspin/sampling/operator_sums.hpp>
#include <blockspin/sampling/placement.hpp>
#include <blockspin/sampling/random_bond_update.hpp>
#include <blockspin/sampling/stencil_update.hpp>
#include <blockspin/sampling/strip_update.hpp>
#include <blockspin/sampling/structure.hpp>
#include <blockspin/sampling/sweep_time.hpp>
#include <blockspin/sampling/swendsen_wang.hpp>
#include <blockspin/sampling/two_point_sums.hpp>
#include <blockspin/sampling/wave_vectors.hpp>
#include <blockspin/sampling/wolff.hpp>

#include <complex>
#include <map>
#include <numbers>

#include <omp.h>

using namespace blockspin;
using namespace support;

namespace {

template <class MakeUpdate>
sampling::Replicas evolve(const mpi::Communicator& comm, const System& system, const sampling::Placement& placement,
                          MakeUpdate&& make_update) {
    const lattice::Geometry geometry(system.lattice, system.size, system.boundaries);
    const rng::Key key(7);
    sampling::Replicas states(comm, geometry, placement, key, sampling::Start::hot);
    auto update = make_update(states, key, system.coupling);
    process::Timers timers;
    for (int step = 0; step < sweeps; ++step) update.sweep(states, step, timers);
    states.hold_as(sampling::Representation::bytes);
    states.begin_exchange();
    states.end_exchange();
    return states;
}

const auto swendsen_wang = [](const sampling::Replicas& states, const rng::Key& key, double coupling) {
    return sampling::SwendsenWang(states, {{coupling, 0.0}, {-0.5 * coupling, 0.0}}, key);
};

template <class MakeUpdate> void check_domains(MakeUpdate&& make_update) {
    const auto& world = support::world();
    const auto self = mpi::Communicator::self();
    for (const System& system : systems()) {
        const lattice::Geometry geometry(system.lattice, system.size, system.boundaries);
        const auto alone = sampling::place(geometry, replicas, 1);
        const auto granularity = sampling::checkerboard_domains(geometry).granularity;
        sampling::Placement cut{
            .groups = 1, .grid = lattice::best_grid(geometry, world.size(), 1, granularity), .replicas = replicas};
        const auto whole = evolve(self, system, alone, make_update);
        const auto part = evolve(world, system, cut, make_update);
        BOOST_TEST_CONTEXT(name(system.lattice) << " on " << world.size() << " ranks") {
            BOOST_TEST(mpi::all_reduce(world, differences(part, whole), mpi::Op::sum) == 0);
            for (std::int64_t i = 0; i < replicas; ++i) {
                BOOST_TEST(mpi::all_reduce(world, bond_sum(part, i), mpi::Op::sum) == bond_sum(whole, i));
                BOOST_TEST(mpi::all_reduce(world, spin_sum(part, i), mpi::Op::sum) == spin_sum(whole, i));
            }
        }
    }
}

/// What TwoPointSums measures of a whole lattice, site by site.
std::vector<std::int64_t> products_far_apart(const sampling::Replicas& whole, const sampling::TwoPointSums& two_point) {
    const lattice::Geometry& geometry = whole.geometry();
    std::vector<std::int64_t> sums;
    for (const auto& field : whole.fields()) {
        for (const sampling::Displacements& equal : two_point.displacements()) {
            for (std::int32_t r = 0; r < static_cast<std::int32_t>(two_point.distances()); ++r) {
                std::int64_t& sum = sums.emplace_back(0);
                for (lattice::Coordinates step : equal.steps) {
                    for (auto& each : step) each *= r;
                    for (std::int64_t site = 0; site < geometry.sites(); ++site) {
                        const auto at = geometry.coordinates(site);
                        sum += field[at] * field[*geometry.shifted(at, step)];
                    }
                }
            }
        }
    }
    return sums;
}

/// Wave vectors along which a lattice is periodic: a small one, one at the edge of the zone, one inside.
io::KeyedValues<std::vector<std::int64_t>> wave_vectors(const lattice::Geometry& geometry) {
    std::vector<std::int64_t> small, edge, inside;
    for (int d = 0; d < geometry.dimension(); ++d) {
        const bool is_along_bricks = geometry.lattice() == lattice::Lattice::honeycomb && d == 1;
        const std::int64_t length = geometry.is_periodic(d) && !is_along_bricks ? geometry.extents()[d] : 0;
        small.push_back(length > 0 ? 1 : 0);
        edge.push_back(length / 2);
        inside.push_back(d % 2 == 0 ? -length / 3 : 3 * length / 8);
    }
    return {{"small", small}, {"edge", edge}, {"inside", inside}};
}

/// Σ_r s_r e^{ik·r}, site by site.
std::complex<double> direct_amplitude(const lattice::Geometry& geometry, std::span<const sampling::Spin> spins,
                                      const std::vector<std::int64_t>& n) {
    std::complex<double> sum = 0;
    for (std::int64_t site = 0; site < geometry.sites(); ++site) {
        double phase = 0;
        for (int d = 0; d < geometry.dimension(); ++d) {
            phase += static_cast<double>(n[static_cast<std::size_t>(d)] * geometry.coordinates(site)[d]) /
                     geometry.extents()[d];
        }
        sum +=
            static_cast<double>(spins[static_cast<std::size_t>(site)]) * std::polar(1.0, 2 * std::numbers::pi * phase);
    }
    return sum;
}

} // namespace

BOOST_AUTO_TEST_CASE(amplitudes_at_wave_vectors_are_direct_sums_over_all_cuts) {
    const auto& world = support::world();
    for (const System& system : systems()) {
        const lattice::Geometry geometry(system.lattice, system.size, system.boundaries);
        const auto vectors = wave_vectors(geometry);
        const sampling::WaveVectors wave_vectors(geometry, vectors);
        const auto granularity = sampling::checkerboard_domains(geometry).granularity;
        const sampling::Placement cut{
            .groups = 1, .grid = lattice::best_grid(geometry, world.size(), 1, granularity), .replicas = replicas};
        const auto ordered = [&](const lattice::Box& all, sampling::Replicas& states) {
            for (auto& field : states.fields()) {
                lattice::for_each_row(all, [&](const lattice::Coordinates& at) {
                    std::ranges::fill(field.row(at[1], at[2], at[3]), sampling::Spin{1});
                });
            }
        };
        const std::array measured{wave_vectors.measurement()};
        const auto amplitudes = [&](sampling::Replicas& states) {
            std::vector<std::int64_t> sums = measure_all(states, measured);
            mpi::all_reduce(world, std::span(sums), mpi::Op::sum);
            return sums;
        };
        sampling::Replicas states(world, geometry, cut, rng::Key(7), sampling::Start::hot);
        const sampling::Replicas whole(mpi::Communicator::self(), geometry, sampling::place(geometry, replicas, 1),
                                       rng::Key(7), sampling::Start::hot);
        const auto sums = amplitudes(states);
        std::vector<sampling::Spin> spins(static_cast<std::size_t>(geometry.sites()));
        BOOST_TEST_CONTEXT(name(system.lattice) << " on " << world.size() << " ranks") {
            for (std::size_t i = 0; i < replicas; ++i) {
                whole.copy_spins(static_cast<std::int64_t>(i), spins);
                std::size_t v = 0;
                for (const auto& [name, n] : vectors) {
                    const std::size_t at = 2 * (i * vectors.size() + v);
                    const double unit = std::ldexp(1.0, -wave_vectors.shift(v));
                    const std::complex<double> sum{unit * static_cast<double>(sums[at]),
                                                   unit * static_cast<double>(sums[at + 1])};
                    const double error = std::abs(sum - direct_amplitude(geometry, spins, n));
                    BOOST_TEST(error < 1e-6 * std::sqrt(static_cast<double>(geometry.sites())), name << ": " << error);
                    ++v;
                }
            }
            ordered({.extent = states.decomposition().box().extent}, states);
            const auto of_order = amplitudes(states);
            const bool along_x = geometry.is_periodic(0); // else rounded factors need not add up to zero
            for (const std::int64_t each : of_order) BOOST_TEST((!along_x || each == 0));
        }
    }
}

BOOST_AUTO_TEST_CASE(heat_bath_does_not_see_the_cuts) {
    check_domains([](const sampling::Replicas& states, const rng::Key& key, double coupling) {
        return sampling::HeatBath(states.geometry(), {{coupling, 0.05}, {0.5 * coupling, 0.0}}, key);
    });
}

BOOST_AUTO_TEST_CASE(metropolis_does_not_see_the_cuts) {
    check_domains([](const sampling::Replicas& states, const rng::Key& key, double coupling) {
        return sampling::Metropolis(states.geometry(), {{coupling, 0.05}, {0.5 * coupling, 0.0}}, key);
    });
}

BOOST_AUTO_TEST_CASE(ghosts_of_bits_come_through_shared_memory_or_in_messages) {
    const auto& world = support::world();
    for (const System& system : systems()) {
        const lattice::Geometry geometry(system.lattice, system.size, system.boundaries);
        if (sampling::checkerboard_representation(geometry) == sampling::Representation::bytes) continue;
        const auto granularity = sampling::checkerboard_domains(geometry).granularity;
        const sampling::Placement cut{
            .groups = 1, .grid = lattice::best_grid(geometry, world.size(), 1, granularity), .replicas = replicas};
        sampling::Replicas states(world, geometry, cut, rng::Key(7), sampling::Start::hot);
        states.hold_as(sampling::Representation::bits);
        const auto exchanged = [&](bool in_shared_memory) {
            sampling::PackedHalo halo(world, states.decomposition(), replicas, in_shared_memory);
            std::vector<sampling::PackedSpins> spins(states.packed().begin(), states.packed().end());
            for (const int colour : {0, 1, 1, 0}) {
                halo.begin(spins, colour);
                halo.end(spins, colour);
            }
            std::vector<sampling::Word> words;
            for (const sampling::PackedSpins& one : spins) {
                for (const int colour : {0, 1})
                    words.insert(words.end(), one.words(colour), one.words(colour) + one.layout().size());
            }
            return words;
        };
        BOOST_TEST_CONTEXT(name(system.lattice) << " on " << world.size() << " ranks") {
            BOOST_TEST((exchanged(true) == exchanged(false)));
        }
    }
}

BOOST_AUTO_TEST_CASE(bits_are_measured_like_bytes) {
    const auto& world = support::world();
    for (const System& system : systems()) {
        const lattice::Geometry geometry(system.lattice, system.size, system.boundaries);
        if (sampling::checkerboard_representation(geometry) == sampling::Representation::bytes) continue;
        const std::vector measurements{sampling::bond_sums(), sampling::spin_sums(),
                                       sampling::SmallestModes(geometry).measurement(),
                                       sampling::WaveVectors(geometry, wave_vectors(geometry)).measurement()};
        const auto granularity = sampling::checkerboard_domains(geometry).granularity;
        const sampling::Placement cut{
            .groups = 1, .grid = lattice::best_grid(geometry, world.size(), 1, granularity), .replicas = replicas};
        sampling::Replicas states(world, geometry, cut, rng::Key(7), sampling::Start::hot);
        sampling::HeatBath update(geometry, {{system.coupling, 0.05}, {-system.coupling, 0.0}}, rng::Key(7));
        process::Timers timers;
        for (int step = 0; step < sweeps; ++step) update.sweep(states, step, timers);
        const auto measured = [&] {
            std::size_t numbers = 0;
            for (const auto& each : measurements) numbers += each.quantity.width * replicas;
            std::vector<std::int64_t> sums(numbers);
            sampling::measure(states, measurements, sums);
            mpi::all_reduce(world, std::span(sums), mpi::Op::sum);
            return sums;
        };
        sampling::prepare(states, measurements);
        BOOST_TEST((states.representation() == sampling::Representation::bits));
        const auto from_bits = measured();
        const std::size_t memory = states.memory();
        states.hold_as(sampling::Representation::bytes);
        sampling::prepare(states, measurements);
        BOOST_TEST_CONTEXT(name(system.lattice) << " on " << world.size() << " ranks") {
            BOOST_TEST(from_bits == measured(), boost::test_tools::per_element());
            if (world.size() == 1 && geometry.extents()[0] >= 128) BOOST_TEST(memory < states.memory());
        }
    }
}

BOOST_AUTO_TEST_CASE(products_of_spins_far_apart_are_summed_over_all_cuts) {
    constexpr auto open = lattice::Boundary::open, periodic = lattice::Boundary::periodic;
    const std::vector<System> squares{{lattice::Lattice::chain, {24}, 0.9},
                                      {lattice::Lattice::square, {70, 70}, 0.44},
                                      {lattice::Lattice::square, {14, 6}, 0.5, {open, periodic}},
                                      {lattice::Lattice::triangular, {12, 12}, 0.28},
                                      {lattice::Lattice::honeycomb, {10, 8}, 0.6},
                                      {lattice::Lattice::cubic, {6, 6, 6}, 0.22},
                                      {lattice::Lattice::hypercubic, {4, 4, 4, 6}, 0.15}};
    const auto& world = support::world();
    const auto make_update = [](const sampling::Replicas& states, const rng::Key& key, double coupling) {
        return sampling::HeatBath(states.geometry(), {{coupling, 0.05}, {0.5 * coupling, 0.0}}, key);
    };
    for (const System& system : squares) {
        const lattice::Geometry geometry(system.lattice, system.size, system.boundaries);
        const sampling::TwoPointSums two_point(geometry);
        const auto whole =
            evolve(mpi::Communicator::self(), system, sampling::place(geometry, replicas, 1), make_update);
        const auto granularity = sampling::checkerboard_domains(geometry).granularity;
        const auto part = evolve(
            world, system,
            {.groups = 1, .grid = lattice::best_grid(geometry, world.size(), 1, granularity), .replicas = replicas},
            make_update);
        std::vector<std::int64_t> sums(replicas * two_point.displacements().size() * two_point.distances());
        two_point.measurement().add_all(part, sums);
        mpi::all_reduce(world, std::span(sums), mpi::Op::sum);
        BOOST_TEST_CONTEXT(name(system.lattice) << " on " << world.size() << " ranks") {
            BOOST_TEST(sums == products_far_apart(whole, two_point), boost::test_tools::per_element());
        }
    }
}

BOOST_AUTO_TEST_CASE(sums_over_clusters_are_those_over_sites) {
    const auto& world = support::world();
    for (const System& system : systems()) {
        const lattice::Geometry geometry(system.lattice, system.size, system.boundaries);
        const sampling::ClusterSums cluster_sums(geometry);
        const sampling::SmallestModes modes(geometry);
        const auto sums_on = [&](const mpi::Communicator& comm, const sampling::Placement& placement) {
            sampling::Replicas states(comm, geometry, placement, rng::Key(7), sampling::Start::hot);
            sampling::SwendsenWang update(states, {{system.coupling, 0.0}, {0.5 * system.coupling, 0.0}}, rng::Key(7));
            process::Timers timers;
            for (int step = 0; step < 5; ++step) update.sweep(states, step, timers);
            std::vector<std::int64_t> sums(2 * replicas);
            cluster_sums.measure(update.clusters(), states, sums);
            mpi::all_reduce(comm, std::span(sums), mpi::Op::sum);
            if (comm.size() > 1) return sums;
            for (std::int64_t i = 0; i < replicas; ++i) { // every site by itself
                std::map<std::int64_t, std::vector<std::complex<double>>> clusters;
                for (std::int64_t site = 0; site < geometry.sites(); ++site) {
                    auto& cluster = clusters[*update.clusters().label(i, site)];
                    cluster.resize(1 + modes.directions().size());
                    cluster[0] += 1;
                    for (std::size_t n = 0; n < modes.directions().size(); ++n) {
                        const double x = geometry.coordinates(site)[modes.directions()[n]];
                        cluster[n + 1] += std::polar(1.0, 2 * std::numbers::pi * x / modes.length());
                    }
                }
                double squares = 0, of_modes = 0;
                for (const auto& [label, cluster] : clusters) {
                    squares += std::norm(cluster[0]);
                    for (std::size_t n = 1; n < cluster.size(); ++n)
                        of_modes += std::norm(cluster[n]) / static_cast<double>(cluster.size() - 1);
                }
                const auto at = static_cast<std::size_t>(2 * i);
                BOOST_TEST(static_cast<double>(sums[at]) / cluster_sums.scale() == squares,
                           boost::test_tools::tolerance(1e-12));
                BOOST_TEST(static_cast<double>(sums[at + 1]) / cluster_sums.scale() == of_modes,
                           boost::test_tools::tolerance(1e-6));
            }
            return sums;
        };
        BOOST_TEST_CONTEXT(name(system.lattice) << " on " << world.size() << " ranks") {
            const sampling::Placement cut{
                .groups = 1, .grid = lattice::best_grid(geometry, world.size(), 1), .replicas = replicas};
            const auto whole = sums_on(mpi::Communicator::self(), sampling::place(geometry, replicas, 1));
            BOOST_TEST(sums_on(world, cut) == whole, boost::test_tools::per_element());
        }
    }
}

BOOST_AUTO_TEST_CASE(clusters_do_not_see_the_cuts) {
    check_domains(swendsen_wang);
    check_domains([](const sampling::Replicas& states, const rng::Key& key, double coupling) {
        return sampling::Wolff(states, {{coupling, 0.0}, {-0.5 * coupling, 0.0}}, key);
    });
}

BOOST_AUTO_TEST_CASE(clusters_do_not_see_the_threads) {
    const auto self = mpi::Communicator::self();
    const int threads = omp_get_max_threads();
    for (const System& system : systems()) {
        const lattice::Geometry geometry(system.lattice, system.size, system.boundaries);
        const auto alone = sampling::place(geometry, replicas, 1);
        std::vector<sampling::Replicas> ends;
        for (const int n : {1, 5}) {
            omp_set_num_threads(n);
            ends.push_back(evolve(self, system, alone, swendsen_wang));
        }
        omp_set_num_threads(threads);
        BOOST_TEST_CONTEXT(name(system.lattice)) { BOOST_TEST(differences(ends[1], ends[0]) == 0); }
    }
}

BOOST_AUTO_TEST_CASE(stencils_do_not_see_the_cuts) {
    constexpr auto open = lattice::Boundary::open, periodic = lattice::Boundary::periodic;
    const std::vector<std::pair<System, std::vector<std::string>>> cases{
        {{lattice::Lattice::square, {11, 15}, 0.3}, {"nn", "nnn", "plaquette", "h"}},
        {{lattice::Lattice::square, {16, 13}, 0.2, {open, periodic}}, {"nn", "3nn", "(0,0)(1,0)(0,1)"}},
        {{lattice::Lattice::honeycomb, {14, 12}, 0.2}, {"nn", "nnn", "3nn"}},
        {{lattice::Lattice::cubic, {5, 6, 9}, 0.1}, {"nn", "nnn", "cube"}}};
    const auto& world = support::world();
    for (const auto& [system, names] : cases) {
        const lattice::Geometry geometry(system.lattice, system.size, system.boundaries);
        const auto basis = model::OperatorBasis::from_names(system.lattice, names);
        const std::int32_t ghosts = sampling::halo_width(basis);
        const auto update = [&](const sampling::Replicas& states, const rng::Key& key, double coupling) {
            const std::vector<double> couplings(basis.size(), coupling);
            return sampling::StencilUpdate(states, basis, {couplings, couplings}, sampling::Dynamics::heat_bath, key);
        };
        sampling::Placement cut{.groups = 1,
                                .grid = lattice::best_grid(geometry, world.size(), ghosts),
                                .replicas = replicas,
                                .ghosts = ghosts};
        const auto part = evolve(world, system, cut, update);
        cut.grid = {};
        const auto whole = evolve(mpi::Communicator::self(), system, cut, update);
        BOOST_TEST_CONTEXT(name(system.lattice) << " on " << world.size() << " ranks") {
            BOOST_TEST(mpi::all_reduce(world, differences(part, whole), mpi::Op::sum) == 0);
            const std::vector<sampling::Measurement> measured{sampling::operator_sums(basis)};
            std::vector<std::int64_t> sums(replicas * basis.size());
            measure(part, measured, sums);
            mpi::all_reduce(world, std::span(sums), mpi::Op::sum);
            std::vector<sampling::Spin> spins(static_cast<std::size_t>(geometry.sites()));
            for (std::int64_t i = 0; i < replicas; ++i) {
                whole.copy_spins(i, spins);
                const auto here = std::span(sums).subspan(static_cast<std::size_t>(i) * basis.size(), basis.size());
                BOOST_TEST(here == model::sums(basis, geometry, spins), boost::test_tools::per_element());
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(strips_do_not_see_the_cuts_and_survive_being_held_as_bytes) {
    const std::vector<std::pair<System, std::vector<std::string>>> cases{
        {{lattice::Lattice::square, {32, 44}, 0.2}, {"nn", "nnn", "plaquette", "h"}},
        {{lattice::Lattice::triangular, {36, 54}, 0.2}, {"nn"}},
        {{lattice::Lattice::honeycomb, {16, 26}, 0.2}, {"nn", "nnn"}},
        {{lattice::Lattice::cubic, {8, 4, 20}, 0.1}, {"nn", "nnn"}},
        {{lattice::Lattice::hypercubic, {4, 4, 2, 20}, 0.1}, {"nn"}}};
    const auto& world = support::world();
    for (const auto& [system, names] : cases) {
        const lattice::Geometry geometry(system.lattice, system.size);
        const auto basis = model::OperatorBasis::from_names(system.lattice, names);
        const auto plan = *sampling::strip_plan(geometry, sampling::StencilModel(geometry, basis).reach());
        const auto update = [&](const sampling::Replicas& states, const rng::Key& key, double coupling) {
            const std::vector<std::vector<double>> couplings{std::vector<double>(basis.size(), coupling),
                                                             std::vector<double>(basis.size(), -coupling)};
            return sampling::StripUpdate(states, basis, couplings, plan, sampling::Dynamics::metropolis, key);
        };
        sampling::Placement cut{.groups = 1,
                                .grid = lattice::best_grid(geometry, world.size(), 1, plan.granularity()),
                                .replicas = replicas,
                                .ghosts = sampling::halo_width(basis)};
        auto part = evolve(world, system, cut, update);
        cut.grid = {};
        const auto whole = evolve(mpi::Communicator::self(), system, cut, update);
        // Put down as bytes after every sweep.
        const rng::Key key(7);
        sampling::Replicas again(mpi::Communicator::self(), geometry, cut, key, sampling::Start::hot);
        auto single = update(again, key, system.coupling);
        process::Timers timers;
        for (int step = 0; step < sweeps; ++step) {
            single.sweep(again, step, timers);
            again.hold_as(sampling::Representation::bytes);
        }
        BOOST_TEST_CONTEXT(name(system.lattice) << " on " << world.size() << " ranks") {
            BOOST_TEST(mpi::all_reduce(world, differences(part, whole), mpi::Op::sum) == 0);
            BOOST_TEST(differences(again, whole) == 0);
            // Measured from strips after one more sweep, and from bytes.
            auto cut_update = update(part, key, system.coupling);
            cut_update.sweep(part, sweeps, timers);
            single.sweep(again, sweeps, timers);
            again.hold_as(sampling::Representation::bytes);
            const sampling::SmallestModes modes(geometry);
            const std::vector<sampling::Measurement> measured{
                sampling::bond_sums(),
                sampling::spin_sums(),
                sampling::operator_sums(basis),
                modes.measurement(),
                sampling::LayerSums(modes.directions(), modes.length()).measurement(),
                sampling::WaveVectors(geometry, wave_vectors(geometry)).measurement()};
            std::vector<std::int64_t> of_strips = measure_all(part, measured), of_bytes = measure_all(again, measured);
            BOOST_TEST((part.representation() == sampling::Representation::strips));
            BOOST_TEST((again.representation() == sampling::Representation::bytes));
            mpi::all_reduce(world, std::span(of_strips), mpi::Op::sum);
            BOOST_TEST(of_strips == of_bytes, boost::test_tools::per_element());
        }
    }
}

BOOST_AUTO_TEST_CASE(random_bonds_do_not_see_the_cuts) {
    const auto& world = support::world();
    for (const System& system : systems()) {
        const lattice::Geometry geometry(system.lattice, system.size, system.boundaries);
        if (geometry.sites() > 4000) continue;
        for (const char* distribution : {"plus-minus", "gaussian"}) {
            io::KeyedValues<double> couplings;
            couplings.set("nn", system.coupling);
            const sampling::Task task{.geometry = geometry,
                                      .points = {{.label = "", .couplings = couplings}},
                                      .parameters = {.chains = 1},
                                      .seed = 7,
                                      .disorder =
                                          model::DisorderParameters{.distribution = distribution, .samples = 2}};
            const auto update = [&](const sampling::Replicas& states, const rng::Key& key, double coupling) {
                return sampling::RandomBondUpdate(states, sampling::random_bonds(states, task),
                                                  {{coupling, 0.1}, {coupling, 0.0}}, sampling::Dynamics::heat_bath,
                                                  key);
            };
            const sampling::Placement cut{
                .groups = 1, .grid = lattice::best_grid(geometry, world.size(), 1), .replicas = replicas};
            const auto part = evolve(world, system, cut, update);
            const auto whole =
                evolve(mpi::Communicator::self(), system, sampling::place(geometry, replicas, 1), update);
            const std::vector<sampling::Measurement> of_part{
                sampling::random_bond_sums(sampling::random_bonds(part, task), 1.0)};
            const std::vector<sampling::Measurement> of_whole{
                sampling::random_bond_sums(sampling::random_bonds(whole, task), 1.0)};
            std::vector<std::int64_t> sums(replicas), all(replicas);
            measure(part, of_part, sums);
            measure(whole, of_whole, all);
            mpi::all_reduce(world, std::span(sums), mpi::Op::sum);
            BOOST_TEST_CONTEXT(name(system.lattice) << ", " << distribution << " on " << world.size() << " ranks") {
                BOOST_TEST(mpi::all_reduce(world, differences(part, whole), mpi::Op::sum) == 0);
                BOOST_TEST(sums == all);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(sums_are_those_of_a_walk_over_all_bonds) {
    const auto self = mpi::Communicator::self();
    for (const System& system : systems()) {
        const lattice::Geometry geometry(system.lattice, system.size, system.boundaries);
        sampling::Replicas states(self, geometry, sampling::place(geometry, 1, 1), rng::Key(3), sampling::Start::hot);
        states.begin_exchange();
        states.end_exchange();
        const auto& field = states.fields()[0];
        std::int64_t bonds = 0, spins = 0;
        for (std::int64_t site = 0; site < geometry.sites(); ++site) {
            const auto at = geometry.coordinates(site);
            spins += field[at];
            for (const auto& offset : geometry.bond_offsets(geometry.sublattice(at))) {
                if (const auto other = geometry.shifted(at, offset)) bonds += field[at] * field[*other];
            }
        }
        BOOST_TEST(bond_sum(states, 0) == bonds);
        BOOST_TEST(spin_sum(states, 0) == spins);
    }
}

BOOST_AUTO_TEST_CASE(smallest_modes_are_those_of_a_walk_over_all_sites_however_the_lattice_is_cut) {
    const auto& world = support::world();
    for (const System& system : systems()) {
        const lattice::Geometry geometry(system.lattice, system.size, system.boundaries);
        const sampling::SmallestModes modes(geometry);
        const sampling::Placement cut{
            .groups = 1, .grid = lattice::best_grid(geometry, world.size(), 1), .replicas = replicas};
        const sampling::Replicas part(world, geometry, cut, rng::Key(3), sampling::Start::hot);
        const sampling::Replicas whole(mpi::Communicator::self(), geometry, sampling::place(geometry, replicas, 1),
                                       rng::Key(3), sampling::Start::hot);
        const std::vector<sampling::Measurement> measurements{modes.measurement()};
        const std::size_t width = 2 * modes.directions().size();
        std::vector<std::int64_t> here(width * replicas), all(width * replicas);
        sampling::measure(part, measurements, here);
        sampling::measure(whole, measurements, all);
        mpi::all_reduce(world, std::span(here), mpi::Op::sum);
        BOOST_TEST(here == all);
        for (std::size_t n = 0; n < modes.directions().size(); ++n) {
            std::complex<double> sum = 0.0;
            for (std::int64_t site = 0; site < geometry.sites(); ++site) {
                const auto at = geometry.coordinates(site);
                const double angle = 2 * std::numbers::pi * at[modes.directions()[n]] / modes.length();
                sum += static_cast<double>(whole.fields()[1][at]) * std::polar(1.0, angle);
            }
            BOOST_TEST(std::abs(static_cast<double>(all[width + 2 * n]) / modes.scale() - sum.real()) < 1e-6);
            BOOST_TEST(std::abs(static_cast<double>(all[width + 2 * n + 1]) / modes.scale() - sum.imag()) < 1e-6);
        }
    }
}

BOOST_AUTO_TEST_CASE(placement_uses_all_ranks_and_deals_all_replicas) {
    const lattice::Geometry geometry(lattice::Lattice::square, {64, 64});
    for (const int ranks : {1, 2, 3, 4, 6, 8}) {
        for (const std::int64_t count : {1, 2, 5, 12}) {
            const auto placement = sampling::place(geometry, count, ranks);
            BOOST_TEST(placement.groups * placement.ranks_per_group() == ranks);
            BOOST_TEST(placement.first_replica(0) == 0);
            BOOST_TEST(placement.first_replica(placement.groups) == count);
            for (int group = 0; group < placement.groups; ++group) {
                BOOST_TEST(placement.first_replica(group) < placement.first_replica(group + 1));
            }
        }
    }
    BOOST_CHECK_THROW(sampling::place(lattice::Geometry(lattice::Lattice::square, {2, 2}), 1, 7), core::InputError);
    BOOST_CHECK_THROW(sampling::place(geometry, 1, 4, {3, 1}), core::InputError);
    BOOST_CHECK_THROW(sampling::place(geometry, 1, 4, {4}), core::InputError);
}

BOOST_AUTO_TEST_CASE(the_time_of_a_sweep_counts_spins_and_sides) {
    sampling::Task task{.geometry = lattice::Geometry(lattice::Lattice::square, {4096, 4096}),
                        .points = {{.label = "", .couplings = {}}},
                        .parameters = {.update = {"metropolis", "heat-bath"}, .chains = 1}};
    task.points.front().couplings.set("nn", 0.44);
    const mpi::MessageTime message{.latency = 1e-6, .bandwidth = 1e9};
    constexpr double per_spin = 1e-10, tolerance = 1e-12;
    const auto alone = sampling::sweep_time(task, 1, per_spin, message);
    BOOST_TEST(alone.messages == 0.0);
    BOOST_TEST(alone.computing == 4096.0 * 4096.0 * per_spin, boost::test_tools::tolerance(tolerance));
    // 4 x 4 domains of 1024 x 1024; 2 updates, 2 colours, 4 sides, half of 1024 spins as bits across each
    const auto cut = sampling::sweep_time(task, 16, per_spin, message);
    BOOST_TEST(cut.computing == alone.computing / 16, boost::test_tools::tolerance(tolerance));
    BOOST_TEST(cut.messages == 2 * 2 * 4 * (1e-6 + 64 / 1e9), boost::test_tools::tolerance(tolerance));
    task.parameters.chains = 16; // a group for each: nothing is cut
    BOOST_TEST(sampling::sweep_time(task, 16, per_spin, message).messages == 0.0);
    BOOST_CHECK_THROW(sampling::sweep_time(task, 1 << 20, per_spin, message), core::InputError);
    task.parameters.update = {"swendsen-wang"};
    BOOST_TEST(!sampling::has_sweep_time(task));
}
