// 3 x 3 x 3 spins: every update of Ising spins visits all 2^27 states, sorted by the energy and the magnetization, as
// often as their weights say. The periodic cube of odd side has no checkerboard, so single-spin updates go by stencils,
// or by bonds of their own.
#include <boost/test/unit_test.hpp>

#include <blockspin/process/timers.hpp>
#include <blockspin/sampling/lane_update.hpp>
#include <blockspin/sampling/measurements.hpp>
#include <blockspin/sampling/placement.hpp>
#include <blockspin/sampling/update.hpp>
#include <blockspin/stats/comparison.hpp>

#include <bit>
#include <cmath>
#include <cstdlib>

using namespace blockspin;

namespace {

/// All comparisons of this file share a false-alarm rate of 1e-3.
constexpr double smallest_p = 1e-3 / 12;

constexpr int sites = 27, bonds = 81, layer_states = 512;
/// Classes of states: by the number of broken bonds and that of up spins.
constexpr std::size_t classes = (bonds + 1) * (sites + 1);

std::size_t class_of(int broken, int up) { return static_cast<std::size_t>(broken * (sites + 1) + up); }

/// Negative bonds: bit x + 3y of [layer][direction] is that of site (x, y) of the layer to its neighbour.
using Negative = std::array<std::array<unsigned, 3>, 3>;

Negative negative_bonds(const sampling::Task& task) {
    Negative negative{};
    if (!task.disorder) return negative;
    for (std::int64_t site = 0; site < sites; ++site) {
        for (int d = 0; d < 3; ++d) {
            const bool is_negative = task.bonds().bond(0, site, d) < 0;
            negative[static_cast<std::size_t>(site / 9)][static_cast<std::size_t>(d)] |= unsigned{is_negative}
                                                                                         << site % 9;
        }
    }
    return negative;
}

/// The neighbours of all sites of a layer, one further along x or y.
unsigned shifted(unsigned layer, int direction) {
    unsigned result = 0;
    for (int y = 0; y < 3; ++y) {
        for (int x = 0; x < 3; ++x) {
            const int from = direction == 0 ? (x + 1) % 3 + 3 * y : x + 3 * ((y + 1) % 3);
            result |= (layer >> from & 1) << (x + 3 * y);
        }
    }
    return result;
}

/// The number of states in each class, layer by layer.
std::vector<std::int64_t> count_states(const Negative& negative) {
    std::array<std::array<int, layer_states>, 3> inside{}; // broken bonds within each layer
    for (std::size_t z = 0; z < 3; ++z) {
        for (unsigned layer = 0; layer < layer_states; ++layer) {
            for (const int d : {0, 1}) {
                inside[z][layer] += std::popcount(layer ^ shifted(layer, d) ^ negative[z][static_cast<std::size_t>(d)]);
            }
        }
    }
    std::array<int, layer_states> ones{};
    for (unsigned layer = 0; layer < layer_states; ++layer) ones[layer] = std::popcount(layer);
    std::array<int, layer_states> last{}; // of the class of a layer's own
    for (unsigned c = 0; c < layer_states; ++c) last[c] = inside[2][c] * (sites + 1) + ones[c];
    std::vector<std::int64_t> counts(classes);
    for (unsigned a = 0; a < layer_states; ++a) {
        for (unsigned b = 0; b < layer_states; ++b) {
            const int broken = inside[0][a] + inside[1][b] + ones[a ^ b ^ negative[0][2]];
            std::int64_t* const from = counts.data() + class_of(broken, ones[a] + ones[b]);
            const unsigned to_b = b ^ negative[1][2], to_a = a ^ negative[2][2];
            for (unsigned c = 0; c < layer_states; ++c) {
                ++from[last[c] + (ones[to_b ^ c] + ones[c ^ to_a]) * (sites + 1)];
            }
        }
    }
    return counts;
}

std::vector<double> probabilities(const std::vector<std::int64_t>& counts, double K, double h) {
    std::vector<double> p(classes);
    double total = 0.0;
    for (int broken = 0; broken <= bonds; ++broken) {
        for (int up = 0; up <= sites; ++up) {
            double& here = p[class_of(broken, up)];
            here = static_cast<double>(counts[class_of(broken, up)]) *
                   std::exp(K * (bonds - 2 * broken) + h * (2 * up - sites));
            total += here;
        }
    }
    for (double& each : p) each /= total;
    return p;
}

sampling::Task task(const std::string& update, double K, double h, bool has_disorder, std::int64_t chains) {
    sampling::Task task{.geometry = lattice::Geometry(lattice::Lattice::cubic, {3, 3, 3}),
                        .points = {{.label = "", .couplings = {}}},
                        .parameters = {.update = {update}, .chains = chains, .measure = {}},
                        .seed = 333};
    task.points.front().couplings.set("nn", K);
    task.points.front().couplings.set("field", h);
    if (has_disorder) task.disorder = model::DisorderParameters{.antiferromagnetic = 0.4, .samples = 1};
    return task;
}

/// Pearson's test of what all chains are in every `gap` sweeps, against weights at K' = `scale` K.
double p_value(const sampling::Task& task, const std::vector<std::int64_t>& states, double scale = 1.0) {
    constexpr int gap = 8; // a few autocorrelation times at these couplings
    const std::int64_t counted = (std::getenv("BLOCKSPIN_LONG") != nullptr ? 400000 : 6000) / task.parameters.chains;
    const auto self = mpi::Communicator::self();
    sampling::Replicas replicas(self, task.geometry, sampling::place(task, 1), rng::Key(task.seed),
                                sampling::Start::hot);
    const auto random_bonds = sampling::random_bonds(replicas, task);
    auto updates = sampling::updates(task, replicas, random_bonds);
    const std::vector<sampling::Measurement> measured{
        task.disorder ? sampling::random_bond_sums(random_bonds, 1.0) : sampling::bond_sums(), sampling::spin_sums()};
    process::Timers timers;
    std::vector<std::int64_t> counts(classes);
    const auto chains = static_cast<std::size_t>(task.parameters.chains);
    for (std::int64_t step = 0; step < (counted + 20) * gap; ++step) {
        sampling::sweep(updates, replicas, step, timers);
        if (step < 20 * gap || step % gap != 0) continue;
        std::vector<std::int64_t> sums(2 * chains);
        sampling::prepare(replicas, measured);
        sampling::measure(replicas, measured, sums);
        for (std::size_t i = 0; i < chains; ++i) {
            const auto broken = static_cast<int>((bonds - sums[i]) / 2),
                       up = static_cast<int>((sums[chains + i] + sites) / 2);
            ++counts[class_of(broken, up)];
        }
    }
    const model::Point& point = task.points.front();
    return stats::goodness_of_fit(counts, probabilities(states, scale * point.coupling("nn"), point.coupling("field")))
        .p_value;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_cube_has_the_states_it_should) {
    const auto counts = count_states({});
    std::int64_t all = 0, ground = 0;
    for (const std::int64_t each : counts) all += each;
    for (int up = 0; up <= sites; ++up) ground += counts[class_of(0, up)];
    BOOST_TEST(all == std::int64_t{1} << sites);
    BOOST_TEST(ground == 2);
    BOOST_TEST(counts[class_of(6, 1)] == sites); // one spin of six bonds
}

BOOST_AUTO_TEST_CASE(on_the_cube_every_update_visits_classes_of_states_as_often_as_their_weights_say) {
    const auto states = count_states({});
    for (const auto& [update, h] :
         {std::pair{"heat-bath", 0.05}, {"metropolis", 0.05}, {"swendsen-wang", 0.0}, {"wolff", 0.0}}) {
        BOOST_TEST(p_value(task(update, 0.16, h, false, 24), states) > smallest_p, update);
    }
    // Another temperature is noticed.
    BOOST_TEST(p_value(task("heat-bath", 0.16, 0.05, false, 24), states, 0.9) < 1e-6);
}

BOOST_AUTO_TEST_CASE(in_random_bonds_too_byte_by_byte_and_in_lanes) {
    const auto states = count_states(negative_bonds(task("heat-bath", 0.3, 0.05, true, 8)));
    for (const std::string update : {"heat-bath", "metropolis"}) {
        for (const std::int64_t chains : {8, 150}) {
            const sampling::Task here = task(update, 0.3, 0.05, true, chains);
            BOOST_TEST(sampling::uses_lanes(here) == (chains == 150));
            BOOST_TEST(p_value(here, states) > smallest_p, update << ", " << chains << " chains");
        }
    }
    BOOST_TEST(p_value(task("heat-bath", 0.3, 0.05, true, 150), states, 0.9) < 1e-6);
}
