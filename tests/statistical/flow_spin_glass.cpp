// Populations of random bonds: Nishimori's identities, the exact flow without disorder, published exponents, and the
// same bits on any ranks.
#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/flow/fixed_point.hpp>
#include <blockspin/flow/migdal_kadanoff.hpp>
#include <blockspin/flow/nishimori_point.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/stats/comparison.hpp>

#include <cmath>
#include <cstdlib>

using namespace blockspin;

namespace {

constexpr std::uint64_t seed = 1977;

/// What the long tier raises the effort by.
int effort() { return std::getenv("BLOCKSPIN_LONG") != nullptr ? 10 : 1; }

flow::SpinGlass glass(int d, flow::Disorder disorder, int population = 20000) {
    return {.spatial_dimension = d, .disorder = disorder, .population = population * effort(), .seed = seed};
}

/// Mean of tanh K − tanh² K over the bonds of independent populations after some levels: 0 on Nishimori's line.
stats::Estimate nishimori_defect(const flow::SpinGlass& glass, const flow::GlassModel& model, int levels) {
    constexpr int populations = 24;
    double sum = 0.0, squares = 0.0;
    for (int number = 0; number < populations; ++number) {
        flow::BondPopulation population(glass, model, number);
        for (int level = 0; level < levels; ++level) population.advance(support::world());
        double defect = 0.0;
        for (const double bond : population.bonds())
            defect += (std::tanh(bond) - std::pow(std::tanh(bond), 2)) / glass.population;
        sum += defect;
        squares += defect * defect;
    }
    const double mean = sum / populations;
    return {.mean = mean, .error = std::sqrt((squares / populations - mean * mean) / (populations - 1))};
}

void check(const stats::Estimate& measured, double reference, double reference_error, double largest_error) {
    constexpr std::size_t comparisons = 9;
    BOOST_TEST_MESSAGE(measured.mean << " ± " << measured.error << " for " << reference);
    BOOST_TEST_CONTEXT(measured.mean << " ± " << measured.error << " where " << reference << " was expected") {
        BOOST_TEST(stats::compare(measured, reference, reference_error).agrees(comparisons));
        BOOST_TEST(measured.error < largest_error);
    }
}

} // namespace

BOOST_AUTO_TEST_CASE(without_disorder_a_population_flows_like_the_hierarchical_lattice) {
    const mpi::Communicator& comm = support::world();
    for (const int d : {2, 3}) {
        const flow::SpinGlass pure = glass(d, flow::Disorder::plus_minus, 1000);
        const flow::HierarchicalLattice map(2, d);
        flow::BondPopulation population(pure, {1.0, 2.5}, 0);
        std::vector<double> point{1 / 2.5, 0.0};
        for (int level = 0; level < 4; ++level) {
            population.advance(comm);
            point = map.apply(point).couplings;
            BOOST_TEST(std::abs(population.mean() - point[0]) < 1e-12);
            BOOST_TEST(population.width() < 1e-12);
        }
        const double exact = flow::bracket_fixed_point(map, 0, 0.01, 5.0).couplings[0];
        const auto critical = flow::critical_temperature(comm, pure, 1.0, 2);
        BOOST_REQUIRE(critical.has_value());
        BOOST_TEST(std::abs(critical->mean - 1 / exact) < 1e-4);
    }
}

BOOST_AUTO_TEST_CASE(distributions_stay_on_nishimoris_line) {
    for (const flow::Disorder disorder : {flow::Disorder::plus_minus, flow::Disorder::gaussian}) {
        const flow::SpinGlass model = glass(3, disorder, 5000);
        const double temperature = disorder == flow::Disorder::plus_minus ? 1.7 : 1.4;
        const double x = flow::nishimori_composition(disorder, temperature);
        check(nishimori_defect(model, {x, temperature}, 2), 0.0, 0.0, 0.005);
        // Off the line the defect is many errors: the comparison can fail.
        const stats::Estimate off = nishimori_defect(model, {x, 0.8 * temperature}, 2);
        BOOST_TEST(std::abs(off.mean) > 10 * off.error);
    }
}

BOOST_AUTO_TEST_CASE(the_stiffness_exponents_of_southern_and_young) {
    const mpi::Communicator& comm = support::world();
    // Southern and Young 1977; A. J. Bray, M. A. Moore, J. Phys. C 17 (1984) L463: 0.255 and −0.27 for b = 2.
    check(flow::stiffness_exponent(comm, glass(3, flow::Disorder::plus_minus, 5000), 16), 0.255, 0.001, 0.002);
    check(flow::stiffness_exponent(comm, glass(2, flow::Disorder::plus_minus, 5000), 16), -0.2711, 0.001, 0.002);
}

BOOST_AUTO_TEST_CASE(exponents_of_both_transitions_agree_with_distributions_on_a_grid) {
    // Densities of bonds on grids of spacing 0.08, 0.04 and 0.02 in NumPy, chains by summing over pairs of grid points,
    // bonds side by side by Fourier transforms: y_T = 0.333985, 0.336065, 0.336588, in steps of 4, so 0.33676.
    const mpi::Communicator& comm = support::world();
    check(flow::glass_transition(comm, glass(3, flow::Disorder::plus_minus, 5000), 16).y_T, 0.33676, 0.00005, 0.01);
    // On Nishimori's line at the spacing 0.02: 0.738, and 1.2225 together with the temperature's.
    const auto point = flow::nishimori_point(comm, glass(3, flow::Disorder::plus_minus, 2000), 12);
    BOOST_REQUIRE(point.has_value());
    check(point->along, 0.738, 0.001, 0.03);
    check(point->other, 0.485, 0.002, 0.06);
}

BOOST_AUTO_TEST_CASE(same_bits_whoever_shares_the_work) {
    const mpi::Communicator& comm = support::world();
    const mpi::Communicator alone = comm.split(comm.rank(), 0);
    const flow::SpinGlass model = glass(3, flow::Disorder::gaussian, 1001);
    flow::BondPopulation shared(model, {0.2, 1.0}, 3), own(model, {0.2, 1.0}, 3), other(model, {0.2, 1.0}, 4);
    shared.trace();
    own.trace();
    for (int level = 0; level < 3; ++level) {
        shared.advance(comm);
        own.advance(alone);
        other.advance(alone);
    }
    BOOST_TEST((shared.bonds() == own.bonds()));
    BOOST_TEST(shared.width_slope() == own.width_slope());
    BOOST_TEST((shared.bonds() != other.bonds()));
}

BOOST_AUTO_TEST_CASE(slopes_are_derivatives_by_a_common_factor) {
    const mpi::Communicator& comm = support::world();
    const flow::SpinGlass model = glass(3, flow::Disorder::gaussian, 1000);
    const auto width_after = [&](double factor, double* slope) {
        flow::BondPopulation population(model, {0.3, 1.1}, 0);
        population.rescale(factor);
        population.trace();
        for (int level = 0; level < 3; ++level) population.advance(comm);
        if (slope != nullptr) *slope = population.width_slope();
        return population.width();
    };
    constexpr double h = 1e-4;
    double slope = 0.0;
    width_after(1.0, &slope);
    BOOST_TEST(std::abs(slope - (width_after(1 + h, nullptr) - width_after(1 - h, nullptr)) / (2 * h)) < 1e-6 * slope);
}
