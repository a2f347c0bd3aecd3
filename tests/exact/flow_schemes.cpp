// Schemes written as formulas and functional flows, against published fixed points and exponents.
#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/flow/bound.hpp>
#include <blockspin/flow/critical.hpp>
#include <blockspin/flow/decimation.hpp>
#include <blockspin/flow/dyson.hpp>
#include <blockspin/flow/exponents.hpp>
#include <blockspin/flow/fixed_point.hpp>
#include <blockspin/flow/free_energy.hpp>
#include <blockspin/flow/hierarchical.hpp>
#include <blockspin/flow/local_potential.hpp>
#include <blockspin/flow/migdal_kadanoff.hpp>
#include <blockspin/flow/niemeijer_van_leeuwen.hpp>
#include <blockspin/flow/spectrum.hpp>
#include <blockspin/flow/truncated_decimation.hpp>
#include <blockspin/flow/wilson_recursion.hpp>

#include "flow_support.hpp"

using namespace blockspin;
using boost::test_tools::tolerance;

namespace {

double y(const auto& flow, const std::vector<double>& fixed, flow::Parity sector) {
    return flow::spectrum(flow, fixed).leading(sector).exponent;
}

/// ln Z per site of the Ising chain.
double chain(double K, double h) {
    return K + std::log(std::cosh(h) + std::sqrt(std::pow(std::sinh(h), 2) + std::exp(-4 * K)));
}

} // namespace

BOOST_AUTO_TEST_CASE(infinitesimal_bond_moving_is_self_dual_in_two_dimensions) {
    const flow::InfinitesimalMigdalKadanoff square(2.0), cubic(3.0);
    const flow::FixedPoint two = flow::bracket_fixed_point(square, 0, 0.1, 1.0);
    BOOST_TEST(std::abs(two.couplings[0] - 0.5 * std::log1p(std::numbers::sqrt2)) < 1e-13);
    BOOST_TEST(std::abs(y(square, two.couplings, flow::Parity::even) - 0.753549519720) < 1e-12);
    const flow::FixedPoint three = flow::find_fixed_point(cubic, std::vector{0.2, 0.0});
    BOOST_TEST(std::abs(three.couplings[0] - 0.139777682120) < 1e-12);
    BOOST_TEST(std::abs(y(cubic, three.couplings, flow::Parity::even) - 0.948168643507) < 1e-12);
    for (const double q : {2.0, 2.5, 3.0, 4.0, 10.0}) {
        const flow::PottsInfinitesimalMigdalKadanoff potts(2.0, flow::PottsSpins(q));
        const flow::FixedPoint fixed = flow::bracket_fixed_point(potts, 0, 0.1, 4.0);
        BOOST_TEST(fixed.couplings[0] == std::log1p(std::sqrt(q)), tolerance(1e-12));
    }
}

BOOST_AUTO_TEST_CASE(an_integrated_generator_is_a_map_with_the_same_fixed_point_exponents_and_free_energy) {
    const flow::InfinitesimalMigdalKadanoff generator(2.0);
    const flow::Integrated map(generator, 1.5);
    const auto start = [](double K) { return std::vector{K, 0.0}; };
    const flow::CriticalPoint critical = flow::critical_point(map, start, 0.1, 1.0);
    BOOST_TEST(std::abs(critical.value - 0.5 * std::log1p(std::numbers::sqrt2)) < 1e-11);
    const flow::FixedPoint fixed = flow::critical_fixed_point(map, start, 0.1, 1.0);
    for (const flow::Parity sector : {flow::Parity::even, flow::Parity::odd})
        BOOST_TEST(y(map, fixed.couplings, sector) == y(generator, fixed.couplings, sector), tolerance(1e-9));
    for (const auto& [K, H] : {std::pair{0.6, 0.0}, std::pair{0.5, 0.2}}) {
        const flow::Integrated along_chain(flow::InfinitesimalMigdalKadanoff(1.0));
        BOOST_TEST(flow::free_energy(along_chain, std::vector{K, H}).value == chain(K, 2 * H), tolerance(1e-11));
    }
}

BOOST_AUTO_TEST_CASE(zero_couplings_are_a_sink_of_infinitesimal_bond_moving) {
    const flow::Integrated map(flow::AnisotropicInfinitesimalMigdalKadanoff<2>{});
    const std::vector zero(4, 0.0), one_axis{0.0, 0.0, 0.5 * std::log1p(std::numbers::sqrt2), 0.0};
    const flow::Spectrum at_zero = flow::spectrum(map, zero), on_axis = flow::spectrum(map, one_axis);
    BOOST_TEST(at_zero.relevant(flow::Parity::even) == 0);
    BOOST_TEST(on_axis.relevant(flow::Parity::even) == 1);
    BOOST_TEST(std::abs(on_axis.leading(flow::Parity::even).exponent - 0.753549519720) < 1e-9);
    BOOST_TEST(map.apply(std::vector{1e-6, 0.0, 1e-6, 0.0}).couplings[0] <
               1e-10); // falls faster than any power below 2
    const flow::Spectrum isotropic =
        flow::spectrum(flow::Integrated(flow::InfinitesimalMigdalKadanoff(3.0)), std::vector{0.0, 0.0});
    BOOST_TEST(isotropic.relevant(flow::Parity::even) == 0);
}

BOOST_AUTO_TEST_CASE(potts_spins_of_two_states_are_ising_spins) {
    const double K = 0.4, H = 0.15;
    const std::vector ising{K, H}, potts{2 * K, 2 * H, 0.0};
    const auto compare = [](const flow::Image& image, const flow::Image& of_potts) {
        BOOST_TEST(of_potts.couplings[0] == 2 * image.couplings[0], tolerance(1e-12));
        BOOST_TEST(of_potts.couplings[1] == 2 * image.couplings[1], tolerance(1e-12));
        BOOST_TEST(of_potts.couplings[2] == 0.0);
    };
    const flow::PottsSpins two(2);
    compare(flow::MigdalKadanoff(3, 2.5).apply(ising), flow::PottsMigdalKadanoff(3, 2.5, two).apply(potts));
    compare(flow::HierarchicalLattice(2, 3.0).apply(ising), flow::PottsHierarchicalLattice(2, 3.0, two).apply(potts));
    compare(flow::Decimation(2).apply(ising), flow::PottsDecimation(2, two).apply(potts));
    compare(flow::InfinitesimalMigdalKadanoff(2.0).velocity(ising),
            flow::PottsInfinitesimalMigdalKadanoff(2.0, two).velocity(potts));
}

BOOST_AUTO_TEST_CASE(the_sum_of_constants_is_the_free_energy_of_the_potts_chain) {
    for (const double q : {2.0, 3.0, 5.0}) {
        const double K = 0.8, h = 0.3;
        // The largest eigenvalue of the transfer matrix on what permutations of the states 1 … q−1 leave alone.
        const double a = std::exp(K + h - h / q), d = std::exp(K - h / q) + (q - 2) * std::exp(-h / q);
        const double b = std::sqrt(q - 1) * std::exp(h / 2 - h / q);
        const double exact = std::log(0.5 * (a + d) + std::sqrt(0.25 * (a - d) * (a - d) + b * b));
        const flow::PottsDecimation map(3, flow::PottsSpins{q});
        BOOST_TEST(flow::free_energy(map, std::vector{K, h, 0.0}).value == exact, tolerance(1e-13));
        const flow::Integrated infinitesimal(flow::PottsInfinitesimalMigdalKadanoff(1.0, flow::PottsSpins(q)));
        BOOST_TEST(flow::free_energy(infinitesimal, std::vector{K, h / 2, 0.0}).value == exact, tolerance(1e-10));
    }
}

BOOST_AUTO_TEST_CASE(permutations_of_potts_states_separate_the_sectors) {
    const flow::PottsMigdalKadanoff map(2, 2.0, flow::PottsSpins(3));
    const flow::FixedPoint fixed = flow::bracket_fixed_point(map, 0, 0.1, 3.0);
    const linalg::Matrix<double> jacobian = map.jacobian(fixed.couplings).couplings;
    for (const int odd : {1, 2}) {
        BOOST_TEST(std::abs(jacobian(0, odd)) < 1e-14);
        BOOST_TEST(std::abs(jacobian(odd, 0)) < 1e-14);
    }
    // e^K = x of the three-state model solves x = (1 + 2 t²)/(1 − t²)… with t of the moved bond.
    const double t = [](double K) { return std::expm1(K) / (std::exp(K) + 2); }(2 * fixed.couplings[0]);
    BOOST_TEST(fixed.couplings[0] == std::log((1 + 2 * t * t) / (1 - t * t)), tolerance(1e-13));
}

BOOST_AUTO_TEST_CASE(directions_of_anisotropic_bond_moving_have_the_fixed_points_of_both_orders) {
    const flow::AnisotropicMigdalKadanoff<2> map(2);
    const flow::FixedPoint fixed = flow::find_fixed_point(map, std::vector{0.6, 0.0, 0.3, 0.0});
    BOOST_TEST(std::abs(fixed.couplings[0] - 0.609377863436) < 1e-12);
    BOOST_TEST(std::abs(fixed.couplings[2] - 0.304688931718) < 1e-12);
    const flow::Spectrum spectrum = flow::spectrum(map, fixed.couplings);
    for (const std::size_t mode : {0U, 1U})
        BOOST_TEST(std::abs(spectrum.modes[mode].exponent - 0.747235718929) < 1e-12);
    const double K = 0.4;
    BOOST_TEST(flow::upper_bound(map, {{K, 0.0, K, 0.0}}).value >= support::onsager(K));
}

BOOST_AUTO_TEST_CASE(cumulants_have_the_fixed_points_of_niemeijer_and_van_leeuwen) {
    const flow::FirstCumulant first;
    const flow::FixedPoint one = flow::bracket_fixed_point(first, 0, 0.1, 1.0);
    BOOST_TEST(std::abs(one.couplings[0] - 0.33561351161) < 1e-11);
    const flow::Spectrum spectrum = flow::spectrum(first, one.couplings);
    BOOST_TEST(std::abs(spectrum.leading(flow::Parity::even).eigenvalue.real() - 1.62352438742106) < 1e-12);
    BOOST_TEST(std::abs(spectrum.leading(flow::Parity::odd).eigenvalue.real() - 3 / std::numbers::sqrt2) < 1e-12);
    const flow::SecondCumulant second;
    const flow::FixedPoint two = flow::find_fixed_point(second, std::vector{0.28, -0.01, -0.01, 0.0});
    const std::array known{0.278869, -0.014248, -0.015231};
    for (std::size_t a = 0; a < 3; ++a) BOOST_TEST(std::abs(two.couplings[a] - known[a]) < 5e-7);
    // Their recursion, linearised in multiple precision: λ = 1.772843405743596 and, next, 0.194778001943557.
    const flow::Spectrum of_second = flow::spectrum(second, two.couplings);
    BOOST_TEST(std::abs(of_second.modes[0].eigenvalue.real() - 1.772843405743596) < 1e-12);
    BOOST_TEST(std::abs(of_second.modes[1].eigenvalue.real() - 0.194778001943557) < 1e-12);
    const auto family = [](double K) { return std::vector{K, 0.0, 0.0, 0.0}; };
    const flow::FixedPoint governing = flow::critical_fixed_point(second, family, 0.1, 0.5);
    BOOST_TEST(std::abs(governing.couplings[0] - two.couplings[0]) < 1e-10);
}

BOOST_AUTO_TEST_CASE(truncated_decimations_have_their_published_fixed_points) {
    const flow::MarisKadanoff maris;
    const flow::FixedPoint fixed = flow::bracket_fixed_point(maris, 0, 0.3, 1.0);
    BOOST_TEST(std::abs(fixed.couplings[0] - 0.506981019078) < 1e-12);
    BOOST_TEST(std::abs(y(maris, fixed.couplings, flow::Parity::even) - 1.069960571) < 1e-9);
    const flow::WilsonDecimation wilson;
    const flow::FixedPoint third = flow::find_fixed_point(wilson, std::vector{0.3, 0.1});
    BOOST_TEST(third.couplings[0] == 1.0 / 3, tolerance(1e-12));
    BOOST_TEST(third.couplings[1] == 1.0 / 9, tolerance(1e-12));
    BOOST_TEST(std::abs(1 / y(wilson, third.couplings, flow::Parity::even) - 0.638532711) < 1e-9);
    const auto family = [](double K) { return std::vector{K, 0.0}; };
    BOOST_TEST(std::abs(flow::critical_point(wilson, family, 0.1, 0.6).value - 0.392092339) < 1e-9);
}

BOOST_AUTO_TEST_CASE(all_fixed_points_in_a_box_are_found_once) {
    const auto found = flow::fixed_points(flow::WilsonDecimation(), {{-1.0, -1.0}, {1.0, 1.0}});
    BOOST_REQUIRE(found.size() == 2u); // the roots of K = 3 K²
    BOOST_TEST(std::abs(found[0].couplings[0]) < 1e-12);
    BOOST_TEST(found[1].couplings[0] == 1.0 / 3, tolerance(1e-12));
    const auto along_line = flow::fixed_points(flow::MigdalKadanoff(2, 2.0), {{0.05, 0.0}, {1.0, 0.0}}, 20);
    BOOST_REQUIRE(along_line.size() == 1u);
    BOOST_TEST(along_line[0].couplings[1] == 0.0);
    BOOST_CHECK_THROW(flow::fixed_points(flow::WilsonDecimation(), {{1.0, 0.0}, {0.0, 1.0}}), core::InputError);
    BOOST_CHECK_THROW(flow::fixed_points(flow::WilsonDecimation(), {{1.0}, {2.0}}), core::InputError);
}

BOOST_AUTO_TEST_CASE(dysons_model_has_the_exponents_of_godina_meurice_and_oktay) {
    const flow::Dyson map(3.0);
    const auto family = [&map](double K) { return map.ising(K); };
    // β_c of Godina, Meurice, Oktay, Niermann 1998.
    BOOST_TEST(std::abs(flow::critical_point(map, family, 1.0, 1.4).value - 1.179030170446269732) < 1e-14);
    const flow::FixedPoint fixed = flow::critical_fixed_point(map, family, 1.0, 1.4);
    const flow::Exponents exponents = flow::exponents(flow::spectrum(map, fixed.couplings));
    BOOST_TEST(std::abs(exponents.gamma() - 1.299140730159) < 1e-12);
    BOOST_TEST(std::abs(exponents.nu() - 0.64957036508) < 1e-11);
    BOOST_TEST(std::abs(exponents.y_H - 2.5) < 1e-12);
}

BOOST_AUTO_TEST_CASE(dysons_model_in_other_dimensions_agrees_with_an_independent_recursion) {
    // NumPy with 64 bits of mantissa, powers up to 64 and 80 of the Fourier transform in place of the generating
    // function.
    for (const auto& [d, critical, nu] :
         {std::array{2.25, 2.58081581463, 1.20689460188}, std::array{2.5, 1.852044076406, 0.86533677939}}) {
        const flow::Dyson map(d);
        const auto family = [&map](double K) { return map.ising(K); };
        BOOST_TEST(std::abs(flow::critical_point(map, family, 1.0, 4.0).value - critical) < 1e-11);
        const flow::FixedPoint fixed = flow::critical_fixed_point(map, family, 1.0, 4.0);
        BOOST_TEST(std::abs(flow::exponents(flow::spectrum(map, fixed.couplings)).nu() - nu) < 1e-10);
    }
}

BOOST_AUTO_TEST_CASE(dysons_model_agrees_with_its_measure_on_a_grid_of_fields) {
    // NumPy: V = -ln W by splines of degree 7 on 90 to 160 points of φ up to 6 and 7, W * W by 200 Gauss points, so no
    // generating function: ν and ω to all digits shown.
    struct Known {
        double d, nu, omega;
    };
    for (const Known& known : {Known{3.0, 0.6495703650793, 0.65573628645}, Known{3.5, 0.5551632674031, 0.37889986518},
                               Known{3.8, 0.5187691998872, 0.17298517792}}) {
        const flow::Dyson map(known.d, 120);
        const flow::Exponents exponents = flow::exponents(flow::spectrum(map, flow::wilson_fisher(map).couplings));
        BOOST_TEST(std::abs(exponents.nu() - known.nu) < 3e-13);
        BOOST_TEST(std::abs(exponents.omega.value() - known.omega) < 2e-11);
    }
    BOOST_CHECK_THROW(flow::wilson_fisher(flow::Dyson(2.05, 16)), core::InputError); // too few powers
}

BOOST_AUTO_TEST_CASE(the_constants_of_dysons_model_add_up_to_the_sum_over_all_configurations) {
    const flow::Dyson map(3.0, 100);
    const double K = 0.9, h = 0.2, c = std::pow(2.0, 1.0 / 3);
    double Z = 0.0, weight = 0.0;
    for (unsigned mask = 0; mask < 256; ++mask) {
        const auto spin = [mask](int i) { return (mask >> i & 1u) != 0 ? -1.0 : 1.0; };
        double exponent = 0.0, field = 0.0;
        for (int level = 1; level <= 3; ++level)
            for (int block = 0; block < 8 >> level; ++block) {
                double sum = 0.0;
                for (int i = block << level; i < (block + 1) << level; ++i) sum += spin(i);
                exponent += 0.5 * K * std::pow(c / 4, level) * sum * sum;
            }
        for (int i = 0; i < 8; ++i) field += h * spin(i);
        Z += std::exp(exponent + field);
        weight += std::exp(field);
    }
    std::vector<double> point = map.ising(K, h);
    double sum = 0.0;
    for (int level = 1; level <= 3; ++level) {
        const flow::Image image = map.apply(point);
        sum += (8 >> level) * image.constant;
        point = image.couplings;
    }
    BOOST_TEST(sum == std::log(Z / weight), tolerance(1e-13));
}

BOOST_AUTO_TEST_CASE(wilsons_recursion_has_his_exponents_in_three_dimensions) {
    const flow::WilsonRecursion map(3.0);
    const flow::FixedPoint fixed = flow::wilson_fisher(map);
    const flow::Exponents exponents = flow::exponents_without_eta(flow::spectrum(map, fixed.couplings));
    BOOST_TEST(std::abs(exponents.nu() - 0.60868) < 5e-6);
    BOOST_TEST(std::abs(exponents.gamma() - 1.21735) < 1e-5);
    const flow::WilsonRecursion finer(3.0, 36, 6.5);
    const flow::FixedPoint again = flow::wilson_fisher(finer);
    BOOST_TEST(std::abs(flow::exponents_without_eta(flow::spectrum(finer, again.couplings)).nu() - exponents.nu()) <
               1e-8);
}

BOOST_AUTO_TEST_CASE(wilsons_recursion_agrees_with_splines) {
    // NumPy: Q by splines of degree 7 on 60 to 160 points of z up to four different ends, 160 Gauss points: ν to all
    // digits shown, ω to 1e-9 (1e-8 at d = 2.3).
    struct Known {
        double d, nu, omega;
        int nodes;
        double close;
    };
    for (const Known& known :
         {Known{2.3, 0.746459131159, 1.076496851, 72, 2e-10}, Known{2.5, 0.698676885856, 1.940420557, 60, 2e-12},
          Known{3.0, 0.608677337603, 1.059201105, 36, 1e-12}, Known{3.5, 0.546893649116, 0.503240102, 30, 1e-12},
          Known{3.95, 0.504216658977, 0.049711179, 30, 1e-12}}) {
        const flow::WilsonRecursion map(known.d, known.nodes);
        const flow::Exponents exponents =
            flow::exponents_without_eta(flow::spectrum(map, flow::wilson_fisher(map).couplings));
        BOOST_TEST(std::abs(exponents.nu() - known.nu) < known.close);
        BOOST_TEST(std::abs(exponents.omega.value() - known.omega) < 1e3 * known.close + 1e-9);
    }
    BOOST_CHECK_THROW(flow::wilson_fisher(flow::WilsonRecursion(2.2, 24)), core::InputError); // too few values
}

BOOST_AUTO_TEST_CASE(the_local_potential_has_the_exponents_of_litim) {
    struct Known {
        double N, nu, omega;
    };
    // ν of N = 1, 2, 3 and ω of N = 1: C. Bervillier, A. Jüttner, D. F. Litim, Nucl. Phys. B 783 (2007) 213.
    for (const Known& known : {Known{1, 0.649561773881, 0.655745939193}, Known{2, 0.70821090749, 0.671221194395},
                               Known{3, 0.76112313716, 0.699837317836}}) {
        const flow::LocalPotential generator(3.0, known.N, 32);
        const flow::FixedPoint fixed = flow::wilson_fisher(generator);
        const flow::Exponents exponents = flow::exponents_without_eta(flow::spectrum(generator, fixed.couplings));
        BOOST_TEST(std::abs(exponents.nu() - known.nu) < 2e-11);
        BOOST_TEST(std::abs(exponents.omega.value() - known.omega) < 1e-9);
        BOOST_TEST(exponents.eta() == 0.0);
    }
}

BOOST_AUTO_TEST_CASE(the_local_potential_in_other_dimensions_agrees_with_an_independent_collocation) {
    // NumPy, 28 to 36 intervals between 0 and 3.2 to 4 times the minimum's ρ; in 3.5 dimensions by powers of ρ up
    // to 22.
    for (const auto& [d, N, nu, accuracy] :
         {std::array{2.75, 1.0, 0.7289624269, 2e-10}, std::array{2.75, 3.0, 0.9768306531, 2e-10},
          std::array{2.5, 2.0, 1.2138891755, 2e-8}, std::array{2.5, 4.0, 1.7011232046, 2e-8},
          std::array{3.0, 4.0, 0.8043476965, 2e-9}, std::array{3.5, 1.0, 0.5551622691, 2e-9},
          std::array{3.5, 4.0, 0.5906944523, 2e-9}}) {
        const flow::LocalPotential generator(d, N);
        const flow::FixedPoint fixed = flow::wilson_fisher(generator);
        BOOST_TEST(std::abs(flow::exponents_without_eta(flow::spectrum(generator, fixed.couplings)).nu() - nu) <
                   accuracy);
    }
}

/// ln Z of the lattice that has grown from one bond by `generations` of a cell, with K on its bonds and H at both their
/// ends, over all states of all spins: q-state Potts spins, or Ising spins if q = 0.
double grown_lattice(const std::vector<std::pair<int, int>>& cell, int vertices, int generations, int q, double K,
                     double H, std::size_t& bonds, int& sites) {
    std::vector<std::pair<int, int>> edges{{0, 1}};
    sites = 2;
    for (int generation = 0; generation < generations; ++generation) {
        std::vector<std::pair<int, int>> finer;
        for (const auto& [i, j] : edges) {
            const auto name = [&, i = i, j = j](int v) { return v == 0 ? i : v == 1 ? j : sites + v - 2; };
            for (const auto& [from, to] : cell) finer.emplace_back(name(from), name(to));
            sites += vertices - 2;
        }
        edges = finer;
    }
    bonds = edges.size();
    const int states = q == 0 ? 2 : q;
    std::vector<int> s(static_cast<std::size_t>(sites), 0);
    double Z = 0.0;
    while (true) {
        double exponent = 0.0;
        for (const auto& [i, j] : edges) {
            const bool alike = s[i] == s[j];
            const double field = (s[i] == 0) + (s[j] == 0);
            exponent += q == 0 ? K * (alike ? 1 : -1) + H * (2 * field - 2) : K * alike + H * (field - 2.0 / q);
        }
        Z += std::exp(exponent);
        std::size_t v = 0;
        while (v < s.size() && ++s[v] == states) s[v++] = 0;
        if (v == s.size()) return std::log(Z);
    }
}

BOOST_AUTO_TEST_CASE(decimation_is_exact_on_hierarchical_lattices_of_any_cell) {
    struct Case {
        std::vector<std::string> text;
        std::vector<std::pair<int, int>> edges;
        int vertices, generations, q;
        double K, H;
    };
    const std::vector<std::string> bridge{"a-x", "a-y", "x-y", "x-b", "y-b"}, diamond{"a-x", "x-b", "a-y", "y-b"};
    const std::vector<std::pair<int, int>> bridge_edges{{0, 2}, {0, 3}, {2, 3}, {2, 1}, {3, 1}},
        diamond_edges{{0, 2}, {2, 1}, {0, 3}, {3, 1}};
    for (const Case& c : {Case{bridge, bridge_edges, 4, 2, 0, 0.4, 0.1},
                          {bridge, bridge_edges, 4, 1, 3, 0.7, -0.2},
                          {bridge, bridge_edges, 4, 1, 5, 0.7, 0.0},
                          {diamond, diamond_edges, 4, 2, 0, -0.6, 0.2}}) {
        const flow::HierarchicalCell cell(c.text);
        std::size_t bonds = 0;
        int sites = 0;
        const double exact = grown_lattice(c.edges, c.vertices, c.generations, c.q, c.K, c.H, bonds, sites);
        const auto check = [&](const auto& map, std::vector<double> point, auto&& last_bond) {
            double sum = 0.0, weight = static_cast<double>(bonds) * cell.sites_per_bond();
            for (int n = 0; n < c.generations; ++n) {
                const flow::Image image = map.apply(point);
                weight /= static_cast<double>(c.edges.size());
                sum += weight * image.constant;
                point = image.couplings;
            }
            BOOST_TEST(sum + last_bond(point) == exact, tolerance(1e-12));
        };
        if (c.q == 0)
            check(flow::HierarchicalLattice(cell), {c.K, c.H}, [](const std::vector<double>& k) {
                return std::log(std::exp(k[0] + 2 * k[1]) + std::exp(k[0] - 2 * k[1]) + 2 * std::exp(-k[0]));
            });
        else
            check(flow::PottsHierarchicalLattice(cell, flow::PottsSpins(c.q)), {c.K, c.H, 0.0},
                  [&](const std::vector<double>& k) {
                      const auto bond = flow::PottsSpins(c.q).bond(std::array{k[0], k[1], k[2]});
                      return std::log(std::exp(bond.both_zero) + 2 * (c.q - 1) * std::exp(bond.one_zero) +
                                      (c.q - 1) * std::exp(bond.equal) +
                                      (c.q - 1) * (c.q - 2) * std::exp(bond.different));
                  });
    }
}

BOOST_AUTO_TEST_CASE(cells_are_told_by_their_dimension_and_symmetry) {
    const flow::HierarchicalCell bridge(std::vector<std::string>{"a-x", "a-y", "x-y", "x-b", "y-b"});
    BOOST_TEST(bridge.length() == 2);
    BOOST_TEST(bridge.dimension() == std::log2(5.0), tolerance(1e-15));
    BOOST_TEST(bridge.is_reversible());
    const flow::HierarchicalCell chains(std::vector<std::string>{"a-x", "x-b", "a-y", "y-b"});
    BOOST_REQUIRE(chains.links().size() == 1u); // the diamond, by whatever names
    BOOST_TEST((chains.links()[0] == flow::HierarchicalCell::diamond(2, 2.0).links()[0]));
    BOOST_TEST(chains.sites_per_bond() == flow::HierarchicalCell::diamond(2, 2.0).sites_per_bond());
    const flow::HierarchicalCell bottle(std::vector<std::string>{"a-x", "a-x", "x-b"});
    BOOST_TEST(!bottle.is_reversible());
    BOOST_CHECK_THROW(flow::HierarchicalLattice{bottle}, core::InputError);
    const double K = 0.8, t = std::tanh(2 * K) * std::tanh(K);
    BOOST_TEST(flow::FieldlessHierarchicalLattice(bottle).apply(std::vector{K}).couplings[0] == std::atanh(t),
               tolerance(1e-13));
    for (const auto& bonds : {std::vector<std::string>{"a-b"},
                              {"a-x"},
                              {"a-x", "x-b", "y-z"},
                              {"a-a", "a-x", "x-b"},
                              {"ax", "x-b"},
                              {"a-x-b"},
                              {}})
        BOOST_CHECK_THROW(flow::HierarchicalCell{bonds}, core::InputError);
}

BOOST_AUTO_TEST_CASE(cells_that_are_their_own_dual_are_critical_where_the_square_lattice_is) {
    const flow::HierarchicalCell bridge(std::vector<std::string>{"a-x", "a-y", "x-y", "x-b", "y-b"});
    BOOST_TEST(bridge.smallest_cut() == 2.0);
    BOOST_TEST(flow::HierarchicalCell(std::vector<std::string>{"a-x", "a-x", "x-b"}).smallest_cut() == 1.0);
    BOOST_TEST(flow::HierarchicalCell::diamond(3, 2.0).smallest_cut() == 3.0);
    const auto fixed = [&](double q) {
        const flow::PottsHierarchicalLattice map(bridge, flow::PottsSpins(q));
        const flow::FixedPoint point = flow::bracket_fixed_point(map, 0, 0.01, 5.0);
        BOOST_TEST(point.couplings[0] == std::log1p(std::sqrt(q)), tolerance(1e-13));
        return y(map, point.couplings, flow::Parity::even);
    };
    for (const double q : {1.5, 2.0, 3.0, 4.0, 10.0}) fixed(q);
    // Percolation: from the probability p of a bond to that of a path, p⁵ + 5p⁴(1−p) + 8p³(1−p)² + 2p²(1−p)³ of the
    // bridge, with slope 13/8 at p = 1/2.
    BOOST_TEST(fixed(1.0) == std::log2(13.0 / 8), tolerance(1e-12));
    // Two chains of two bonds: 1 − (1 − p²)².
    const flow::PottsHierarchicalLattice diamond(2, 2.0, flow::PottsSpins(1.0));
    const double p = (std::sqrt(5.0) - 1) / 2;
    const flow::FixedPoint point = flow::bracket_fixed_point(diamond, 0, 0.01, 5.0);
    BOOST_TEST(point.couplings[0] == -std::log1p(-p), tolerance(1e-13));
    BOOST_TEST(y(diamond, point.couplings, flow::Parity::even) == std::log2(4 * p * (1 - p * p)), tolerance(1e-12));
    const flow::PottsInfinitesimalMigdalKadanoff square(2.0, flow::PottsSpins(1.0));
    BOOST_TEST(flow::bracket_fixed_point(square, 0, 0.1, 4.0).couplings[0] == std::numbers::ln2, tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(dimensions_states_and_components_out_of_range_are_refused) {
    BOOST_CHECK_THROW(flow::Dyson(2.0), core::InputError);
    BOOST_CHECK_THROW(flow::Dyson(3.0, 4), core::InputError);
    BOOST_CHECK_THROW(flow::WilsonRecursion(4.0), core::InputError);
    BOOST_CHECK_THROW(flow::LocalPotential(4.5, 1.0), core::InputError);
    BOOST_CHECK_THROW(flow::LocalPotential(3.0, -1.0), core::InputError);
    BOOST_CHECK_THROW(flow::PottsSpins(0.5), core::InputError);
    BOOST_CHECK_THROW(flow::Integrated(flow::InfinitesimalMigdalKadanoff(2.0), 1.0), core::InputError);
}
