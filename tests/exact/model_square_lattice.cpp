// Onsager, Kaufman, enumeration and transfer matrix on the square lattice, Houtappel on the triangular one, against
// each other and against reference values that were computed independently.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/model/enumeration.hpp>
#include <blockspin/model/kaufman.hpp>
#include <blockspin/model/onsager.hpp>
#include <blockspin/model/transfer_matrix.hpp>
#include <blockspin/model/triangular.hpp>

#include <map>
#include <numbers>

using namespace blockspin;
using boost::test_tools::tolerance;

namespace {

constexpr double k_c = model::square_critical_coupling;

model::DensityOfStates nearest_neighbours(std::int64_t lx, std::int64_t ly) {
    const std::vector<std::string> names{"nn"};
    return model::enumerate(model::OperatorBasis::from_names(lattice::Lattice::square, names),
                            lattice::Geometry(lattice::Lattice::square, {lx, ly}));
}

model::ExactAverages enumerated(std::int64_t lx, std::int64_t ly, double k) {
    return model::averages(nearest_neighbours(lx, ly), std::vector{k});
}

} // namespace

BOOST_AUTO_TEST_CASE(onsager_gives_the_known_free_energies) {
    constexpr double catalan = 0.915965594177219015;
    BOOST_TEST(model::onsager(k_c).free_energy == std::numbers::ln2 / 2 + 2 * catalan / std::numbers::pi,
               tolerance(2e-14));
    BOOST_TEST(model::onsager(0.4).free_energy == 0.8793638207749482, tolerance(1e-14));
    BOOST_TEST(model::onsager(0.6).free_energy == 1.210132388288413, tolerance(1e-14));
    BOOST_TEST(model::onsager(0).free_energy == std::numbers::ln2, tolerance(1e-14));
    BOOST_TEST(model::onsager(1e-9).energy == -2e-9, tolerance(1e-12));
    BOOST_TEST(model::onsager(k_c).energy == -std::numbers::sqrt2, tolerance(1e-12));
    BOOST_TEST(model::onsager(k_c).specific_heat > 10);
    BOOST_TEST(model::onsager(400.0).free_energy == 800, tolerance(1e-14));
    BOOST_TEST(model::onsager(400.0).energy == -2, tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(onsager_is_the_limit_of_large_tori) {
    for (const double k : {-0.6, -0.2, -0.03, 0.005, 0.019999, 0.020001, 0.1, 0.3, 0.6, 1.0, 2.0}) {
        const model::Thermodynamics torus = model::kaufman(512, 512, k), bulk = model::onsager(k);
        const double two_phases = std::abs(k) > k_c ? std::numbers::ln2 / (512 * 512) : 0; // ln Z counts both
        BOOST_TEST(bulk.free_energy == torus.free_energy - two_phases, tolerance(1e-13));
        BOOST_TEST(bulk.energy == torus.energy, tolerance(1e-12));
        BOOST_TEST(std::abs(bulk.specific_heat - torus.specific_heat) < 1e-12);
    }
}

BOOST_AUTO_TEST_CASE(the_spontaneous_magnetisation_is_yangs) {
    BOOST_TEST(model::spontaneous_magnetisation(0.44) == 0.0);
    BOOST_TEST(model::spontaneous_magnetisation(0.5) == 0.911319377877496, tolerance(1e-13));
    BOOST_TEST(model::spontaneous_magnetisation(-0.5) == model::spontaneous_magnetisation(0.5));
    BOOST_TEST(model::spontaneous_magnetisation(400.0) == 1.0);
}

BOOST_AUTO_TEST_CASE(kaufman_gives_the_known_values_at_the_critical_coupling) {
    struct Row {
        std::int64_t l;
        double f, energy, specific_heat;
    };
    for (const Row& row :
         {Row{4, .9701197161722, -1.5656237876, .7832668259}, Row{8, .9397153248292, -1.4915891074, 1.1455592399},
          Row{32, .9303203901841, -1.4336584661, 1.8467675900}, Row{64, .9298516316943, -1.4239383898, 2.1922113931}}) {
        const model::Thermodynamics torus = model::kaufman(row.l, row.l, k_c);
        BOOST_TEST(std::abs(torus.free_energy - row.f) < 0.6e-13);
        BOOST_TEST(std::abs(torus.energy - row.energy) < 0.6e-10);
        BOOST_TEST(std::abs(torus.specific_heat - row.specific_heat) < 0.6e-10);
    }
}

BOOST_AUTO_TEST_CASE(kaufman_agrees_with_enumeration_on_every_small_torus) {
    using Extents = std::pair<std::int64_t, std::int64_t>;
    for (const auto& [lx, ly] :
         {Extents{1, 1}, {1, 5}, {2, 2}, {2, 4}, {4, 2}, {3, 3}, {3, 4}, {4, 3}, {4, 5}, {2, 7}}) {
        const model::DensityOfStates density = nearest_neighbours(lx, ly);
        for (const double k : {-1.3, -0.4, 0.0, 0.01, 0.2, k_c, 0.7, 1.5, 2.0}) {
            if (k < 0 && (lx % 2 != 0 || ly % 2 != 0)) continue;
            const model::ExactAverages exact = model::averages(density, std::vector{k});
            const model::Thermodynamics torus = model::kaufman(lx, ly, k);
            const auto sites = static_cast<double>(lx * ly);
            BOOST_TEST(torus.free_energy == exact.ln_z / sites, tolerance(1e-13));
            BOOST_TEST(torus.energy == -exact.sums[0] / sites, tolerance(1e-12));
            BOOST_TEST(torus.specific_heat == k * k * exact.covariance[0] / sites, tolerance(1e-12));
        }
    }
}

BOOST_AUTO_TEST_CASE(kaufman_is_accurate_at_high_temperature) {
    const model::Thermodynamics torus = model::kaufman(64, 64, 1e-6), series = model::onsager(1e-6);
    BOOST_TEST(torus.energy == series.energy, tolerance(1e-12));
    BOOST_TEST(torus.specific_heat == series.specific_heat, tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(kaufman_does_not_depend_on_which_extent_is_which) {
    const model::Thermodynamics a = model::kaufman(6, 35, 0.5), b = model::kaufman(35, 6, 0.5);
    BOOST_TEST(a.free_energy == b.free_energy, tolerance(1e-15));
    BOOST_TEST(a.specific_heat == b.specific_heat, tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(a_frozen_torus_has_its_ground_state) {
    const model::Thermodynamics torus = model::kaufman(10, 10, 900);
    BOOST_TEST(torus.free_energy == 1800 + std::numbers::ln2 / 100, tolerance(1e-14));
    BOOST_TEST(torus.energy == -2, tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(what_kaufman_does_not_solve_is_refused) {
    BOOST_CHECK_THROW(model::kaufman(0, 4, 0.4), core::InputError);
    BOOST_CHECK_THROW(model::kaufman(3, 4, -0.4), core::InputError);
    BOOST_CHECK_THROW(model::kaufman(4, 4, std::nan("")), core::InputError);
    BOOST_CHECK_THROW(model::onsager(std::nan("")), core::InputError);
}

BOOST_AUTO_TEST_CASE(the_density_of_states_of_the_4_by_4_torus_is_known) {
    const model::DensityOfStates density = nearest_neighbours(4, 4);
    std::map<std::int64_t, std::int64_t> by_energy;
    for (const model::Level& level : density.levels) by_energy[-level.sums[0]] += level.count;
    const std::map<std::int64_t, std::int64_t> known{{-32, 2},   {-24, 32},   {-20, 64},  {-16, 424}, {-12, 1728},
                                                     {-8, 6688}, {-4, 13568}, {0, 20524}, {4, 13568}, {8, 6688},
                                                     {12, 1728}, {16, 424},   {20, 64},   {24, 32},   {32, 2}};
    BOOST_TEST((by_energy == known));
}

BOOST_AUTO_TEST_CASE(the_critical_binder_ratios_are_known) {
    BOOST_TEST(std::abs(enumerated(4, 4, k_c).binder() - .617199318412) < 0.6e-12);
    BOOST_TEST(std::abs(model::torus_magnetisation(8, 8, k_c).binder() - .613045384943) < 0.6e-12);
    BOOST_TEST(std::abs(model::torus_magnetisation(10, 10, k_c).binder() - .612340533994) < 0.6e-12);
}

BOOST_AUTO_TEST_CASE(the_transfer_matrix_agrees_with_enumeration_and_with_kaufman) {
    for (const double k : {-0.5, 0.0, 0.3, 2.0}) {
        const auto torus = model::torus_magnetisation(3, 5, k);
        const auto exact = enumerated(3, 5, k);
        BOOST_TEST(torus.ln_z == exact.ln_z, tolerance(1e-13));
        BOOST_TEST(torus.abs_moment(1) == exact.abs_m, tolerance(1e-12));
        BOOST_TEST(torus.abs_moment(2) == exact.m2, tolerance(1e-12));
        BOOST_TEST(torus.abs_moment(4) == exact.m4, tolerance(1e-12));
    }
    for (const auto& [lx, ly] : {std::pair{1, 4}, {2, 2}, {2, 3}, {4, 40}}) {
        BOOST_TEST(model::torus_magnetisation(lx, ly, k_c).ln_z == lx * ly * model::kaufman(lx, ly, k_c).free_energy,
                   tolerance(1e-13));
    }
    BOOST_CHECK_THROW(model::torus_magnetisation(13, 4, 0.1), core::InputError);
    BOOST_CHECK_THROW(model::torus_magnetisation(4, 1000000, 0.1), core::InputError);
}

BOOST_AUTO_TEST_CASE(triangular_and_honeycomb_energies) {
    // At K_c: 2/3 per bond of the triangular lattice, 4/(3 sqrt 3) of the honeycomb lattice (Houtappel 1950).
    BOOST_TEST(model::triangular_bonds(model::triangular_critical_coupling) == 2.0, tolerance(1e-7));
    BOOST_TEST(model::honeycomb_bonds(model::honeycomb_critical_coupling) == 2 / std::numbers::sqrt3, tolerance(1e-7));
    // High temperatures: paths of one, two and five bonds between neighbours. Low ones: all bonds satisfied.
    const double t = std::tanh(0.01);
    BOOST_TEST(model::triangular_bonds(0.01) == 3 * t * (1 + 2 * t), tolerance(5e-4));
    BOOST_TEST(model::honeycomb_bonds(0.01) == 1.5 * t, tolerance(1e-7));
    BOOST_TEST(model::triangular_bonds(2.0) == 3.0, tolerance(1e-6));
    BOOST_TEST(model::honeycomb_bonds(-0.5) == -model::honeycomb_bonds(0.5), tolerance(1e-9)); // bipartite
    // The ground states of the antiferromagnet satisfy two bonds in three.
    BOOST_TEST(model::triangular_bonds(-3.0) == -1.0, tolerance(1e-3));
    // On a torus of 5 x 5 sites at a high temperature, but for paths around it.
    const std::vector<std::string> names{"nn"};
    const auto density = model::enumerate(model::OperatorBasis::from_names(lattice::Lattice::triangular, names),
                                          lattice::Geometry(lattice::Lattice::triangular, {5, 5}));
    const std::vector<double> coupling{0.04};
    BOOST_TEST(model::averages(density, coupling).sums[0] / 25 == model::triangular_bonds(0.04), tolerance(1e-3));
    BOOST_CHECK_THROW(model::triangular_bonds(std::nan("")), core::InputError);
}
