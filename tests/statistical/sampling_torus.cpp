// Energies of the torus against Kaufman's exact ones, for every update and their composition.
#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/model/kaufman.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/process/timers.hpp>
#include <blockspin/sampling/measurements.hpp>
#include <blockspin/sampling/update.hpp>
#include <blockspin/stats/comparison.hpp>
#include <blockspin/stats/gamma_method.hpp>

#include <cstdlib>

using namespace blockspin;

namespace {

constexpr std::int64_t chains = 8;

/// Energy per site of a torus with its statistical error; chains are spread over the ranks.
stats::Estimate energy(const std::vector<std::string>& update, double coupling, std::int64_t sweeps) {
    const auto& world = support::world();
    const lattice::Geometry geometry(lattice::Lattice::square, {16, 12});
    const sampling::Task task{.geometry = geometry,
                              .points = {{.label = "", .couplings = {{"nn", coupling}}}},
                              .parameters = {.update = update, .chains = chains},
                              .seed = 1949};
    sampling::Replicas states(world, geometry, sampling::place(geometry, chains, world.size()), rng::Key(task.seed),
                              sampling::Start::cold);
    auto updates = sampling::updates(task, states);
    process::Timers timers;
    std::vector<std::vector<double>> series(chains, std::vector<double>(static_cast<std::size_t>(sweeps)));
    for (std::int64_t step = -500; step < sweeps; ++step) {
        sampling::sweep(updates, states, step + 500, timers);
        if (step < 0) continue;
        states.hold_as(sampling::Representation::bytes);
        states.begin_exchange();
        states.end_exchange();
        for (std::int64_t i = 0; i < states.count(); ++i) {
            const double sum = static_cast<double>(bond_sum(states, i));
            series[static_cast<std::size_t>(states.first() + i)][static_cast<std::size_t>(step)] = -sum / 192.0;
        }
    }
    std::vector<stats::Series> record;
    for (auto& one : series) { // each is zero but on the rank that has the chain
        mpi::all_reduce(world, std::span(one), mpi::Op::sum);
        record.emplace_back(one);
    }
    return stats::gamma_method(record);
}

} // namespace

BOOST_AUTO_TEST_CASE(energies_agree_with_kaufman) {
    const bool long_run = std::getenv("BLOCKSPIN_LONG") != nullptr;
    const std::int64_t sweeps = long_run ? 200000 : 4000;
    const double largest_error = long_run ? 1e-3 : 8e-3;
    const std::vector<std::vector<std::string>> updates{
        {"metropolis"}, {"heat-bath"}, {"swendsen-wang"}, {"heat-bath", "swendsen-wang"}};
    const std::vector<double> couplings{0.3, 0.44068679350977147, 0.5};
    for (const auto& update : updates) {
        for (const double coupling : couplings) {
            const stats::Estimate estimate = energy(update, coupling, sweeps);
            const auto comparison = stats::compare(estimate, model::kaufman(16, 12, coupling).energy);
            BOOST_TEST_CONTEXT(update.back() << " of " << update.size() << " at K = " << coupling << ": "
                                             << comparison.sigmas() << " sigma, error " << estimate.error) {
                BOOST_TEST(comparison.agrees(updates.size() * couplings.size()));
                BOOST_TEST(estimate.error < largest_error);
            }
        }
    }
}
