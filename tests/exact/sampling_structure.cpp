// Structure factor, two-point function of layers, estimators from clusters and finite-size scaling against enumeration
// and exact critical points.
#include "sampling_support.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/model/onsager.hpp>
#include <blockspin/sampling/analysis.hpp>
#include <blockspin/sampling/finite_size.hpp>
#include <blockspin/stats/comparison.hpp>

#include <cmath>
#include <complex>
#include <numbers>

using namespace blockspin;

namespace {

sampling::Task task_on(const std::vector<std::int64_t>& size, const std::vector<double>& couplings,
                       std::int64_t sweeps) {
    sampling::Task task{.geometry = {lattice::Lattice::square, size}, .points = {}, .parameters = {}, .seed = 1990};
    for (const double coupling : couplings) task.points.push_back({.label = "", .couplings = {{"nn", coupling}}});
    task.parameters.update = {"swendsen-wang"};
    task.parameters.thermalization = 200;
    task.parameters.sweeps = sweeps;
    task.parameters.measure_every = 1;
    return task;
}

/// Exact averages over the states of a small torus.
struct Exact {
    double m2 = 0;
    std::vector<double> structure_factor, layer_correlation, two_point_axes, two_point_diagonals, structure_factor_at;
};

/// Wave vectors on and off the axes.
const io::KeyedValues<std::vector<std::int64_t>> wave_vectors{
    {"axis", {0, -1}}, {"inside", {1, 1}}, {"corner", {2, 2}}};

/// |M(k)|² at these, of the spins of a state.
std::vector<double> squared_modes(const lattice::Geometry& geometry, std::uint64_t state) {
    std::vector<double> squares;
    for (const auto& [name, n] : wave_vectors) {
        std::complex<double> mode = 0;
        for (std::int64_t site = 0; site < geometry.sites(); ++site) {
            const auto at = geometry.coordinates(site);
            const double turns = static_cast<double>(n[0] * at[0]) / geometry.extents()[0] +
                                 static_cast<double>(n[1] * at[1]) / geometry.extents()[1];
            mode += ((state >> site & 1) != 0 ? 1.0 : -1.0) * std::polar(1.0, 2 * std::numbers::pi * turns);
        }
        squares.push_back(std::norm(mode));
    }
    return squares;
}

Exact enumerated(const lattice::Geometry& geometry, double coupling) {
    const auto length = static_cast<std::size_t>(geometry.extents()[0]);
    const double sites = static_cast<double>(geometry.sites());
    Exact exact{.m2 = 0,
                .structure_factor = std::vector<double>(length / 2 + 1),
                .layer_correlation = std::vector<double>(length / 2 + 1),
                .two_point_axes = std::vector<double>(length / 2 + 1),
                .two_point_diagonals = std::vector<double>(length / 2 + 1),
                .structure_factor_at = std::vector<double>(wave_vectors.size())};
    double total = 0;
    for (std::uint64_t state = 0; state < std::uint64_t{1} << geometry.sites(); ++state) {
        const auto spin = [&](std::int64_t site) { return (state >> site & 1) != 0 ? 1.0 : -1.0; };
        std::vector<double> layers(length);
        double bonds = 0;
        for (std::int64_t site = 0; site < geometry.sites(); ++site) {
            layers[static_cast<std::size_t>(geometry.coordinates(site)[0])] += spin(site);
            for (const auto& offset : geometry.bond_offsets(0))
                bonds += spin(site) * spin(*geometry.neighbour(site, offset));
        }
        const double weight = std::exp(coupling * bonds);
        total += weight;
        const std::vector<double> squares = squared_modes(geometry, state);
        for (std::size_t v = 0; v < squares.size(); ++v) exact.structure_factor_at[v] += weight * squares[v] / sites;
        for (std::size_t n = 0; n < exact.structure_factor.size(); ++n) {
            std::complex<double> mode = 0;
            double product = 0;
            for (std::size_t x = 0; x < length; ++x) {
                mode += layers[x] * std::polar(1.0, 2 * std::numbers::pi * static_cast<double>(n * x) /
                                                        static_cast<double>(length));
                product += layers[x] * layers[(x + n) % length];
            }
            exact.structure_factor[n] += weight * std::norm(mode) / sites;
            exact.layer_correlation[n] += weight * product / sites;
            const auto r = static_cast<std::int32_t>(n); // all sites and directions are alike in the mean
            exact.two_point_axes[n] += weight * spin(0) * spin(*geometry.neighbour(0, {r}));
            exact.two_point_diagonals[n] += weight * spin(0) * spin(*geometry.neighbour(0, {r, r}));
        }
    }
    for (auto* const values : {&exact.structure_factor, &exact.layer_correlation, &exact.two_point_axes,
                               &exact.two_point_diagonals, &exact.structure_factor_at}) {
        for (double& each : *values) each /= total;
    }
    exact.m2 = exact.structure_factor[0] / sites;
    return exact;
}

const sampling::Table& table(const sampling::Analysis& analysis, const std::string& name) {
    return *std::ranges::find(analysis.tables, name, &sampling::Table::name);
}

stats::Estimate estimate(const std::vector<io::Row>& rows, const std::string& quantity) {
    const auto found = std::ranges::find(rows, quantity, &io::Row::quantity);
    BOOST_REQUIRE_MESSAGE(found != rows.end(), quantity);
    return {.mean = found->value, .error = found->error.value()};
}

} // namespace

BOOST_AUTO_TEST_CASE(structure_and_clusters_agree_with_enumeration) {
    sampling::Task task = task_on({4, 4}, {0.3}, 20000);
    task.parameters.measure = {"correlation-length", "structure-factor", "two-point-function", "clusters"};
    task.parameters.wave_vectors = wave_vectors;
    const auto analysis = sampling::analyse(task, support::sampled(task));
    const Exact exact = enumerated(task.geometry, 0.3);
    constexpr std::size_t comparisons = 17;
    for (const auto& [name, values] :
         {std::pair{"structure_factor", &exact.structure_factor},
          std::pair{"layer_correlation", &exact.layer_correlation}, std::pair{"two_point_axes", &exact.two_point_axes},
          std::pair{"two_point_diagonals", &exact.two_point_diagonals},
          std::pair{"structure_factor_at", &exact.structure_factor_at}}) {
        const sampling::Table &mean = table(analysis, name), &error = table(analysis, std::string(name) + "_error");
        BOOST_TEST((mean.shape == std::vector<std::uint64_t>{1, 3}));
        for (std::size_t n = 0; n < 3; ++n) {
            BOOST_TEST_CONTEXT(name << " " << n << ": " << mean.values[n] << " +- " << error.values[n]) {
                BOOST_TEST(stats::compare({.mean = mean.values[n], .error = error.values[n]}, (*values)[n])
                               .agrees(comparisons));
                BOOST_TEST(error.values[n] < 0.01 * exact.structure_factor[0]);
            }
        }
    }
    BOOST_TEST(estimate(analysis.rows, "S(k) at corner").mean == table(analysis, "structure_factor_at").values[2]);
    const auto m2 = estimate(analysis.rows, "<m^2>, from clusters");
    BOOST_TEST(stats::compare(m2, exact.m2).agrees(comparisons));
    const double ratio = exact.structure_factor[0] / exact.structure_factor[1];
    const double xi = std::sqrt(ratio - 1) / (2 * std::sin(std::numbers::pi / 4));
    const auto from_clusters = estimate(analysis.rows, "correlation length, from clusters");
    BOOST_TEST(stats::compare(from_clusters, xi).agrees(comparisons));
    // That is what they are for.
    BOOST_TEST(from_clusters.error < estimate(analysis.rows, "correlation length").error);
    BOOST_TEST(estimate(analysis.rows, "N <m^2>, from clusters").error <
               table(analysis, "structure_factor_error").values[0]);
}

BOOST_AUTO_TEST_CASE(crossings_and_exponents_of_the_square_lattice) {
    const std::vector<double> couplings{0.39, 0.405, 0.42, 0.43, 0.44, 0.45};
    const auto family = [&](const sampling::Task& task) {
        return sampling::ReweightedFamily(task, sampling::families(task.points)[0], support::sampled(task));
    };
    const auto small = family(task_on({16, 16}, couplings, 4000)), large = family(task_on({32, 32}, couplings, 4000));
    const auto rows = sampling::finite_size_rows({16, &small}, {32, &large});
    // Corrections to scaling at these sizes are below the largest errors accepted here.
    const auto check = [&](const std::string& quantity, double exact, double shift, double largest_error) {
        const auto found = estimate(rows, quantity);
        BOOST_TEST_CONTEXT(quantity << ": " << found.mean << " +- " << found.error) {
            BOOST_TEST(std::abs(found.mean - exact) < shift + 4 * found.error);
            BOOST_TEST(found.error < largest_error);
        }
    };
    check("coupling where the Binder cumulant crosses", model::square_critical_coupling, 5e-4, 2e-3);
    check("Binder cumulant there", 0.61069, 0.003, 0.01);
    check("1/nu from the slopes of the Binder cumulant", 1.0, 0.03, 0.1);
    check("coupling where the correlation length / L crosses", model::square_critical_coupling, 5e-4, 1e-3);
    check("1/nu from the slopes of the correlation length / L", 1.0, 0.03, 0.1);
    check("gamma/nu from the largest susceptibilities", 1.75, 0.03, 0.05);
    BOOST_TEST(sampling::finite_size_rows({16, &small}, {32, &small}).size() <
               rows.size()); // one curve does not cross itself
}
