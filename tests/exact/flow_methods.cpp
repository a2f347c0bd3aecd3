// Every method of [[flow]] in turn: its maps' Jacobians against central differences, and two decoupled copies of the
// model, as one model of spins with four states, against twice its free energy.
#include <boost/test/unit_test.hpp>

#include <blockspin/coarsen/rules.hpp>
#include <blockspin/flow/any_map.hpp>
#include <blockspin/flow/block_sum.hpp>
#include <blockspin/flow/decimation.hpp>
#include <blockspin/flow/dyson.hpp>
#include <blockspin/flow/finite_lattice.hpp>
#include <blockspin/flow/free_energy.hpp>
#include <blockspin/flow/kadanoff.hpp>
#include <blockspin/flow/kadanoff_start.hpp>
#include <blockspin/flow/local_potential.hpp>
#include <blockspin/flow/migdal_kadanoff.hpp>
#include <blockspin/flow/niemeijer_van_leeuwen.hpp>
#include <blockspin/flow/parameters.hpp>
#include <blockspin/flow/random_bonds.hpp>
#include <blockspin/flow/state_classes.hpp>
#include <blockspin/flow/truncated_decimation.hpp>
#include <blockspin/flow/wilson_recursion.hpp>

#include "flow_support.hpp"

#include <functional>
#include <map>
#include <memory>

using namespace blockspin;
using boost::test_tools::tolerance;

namespace {

const std::vector<std::string> bridge{"a-x", "a-y", "x-y", "x-b", "y-b"};

/// The choices of `method`.
struct Choices {
    std::vector<std::string> names{};
    void operator()(std::string_view key, auto&, const io::Field& field) {
        if (key == "method") names.assign(field.choices.begin(), field.choices.end());
    }
};
std::vector<std::string> methods() {
    Choices choices;
    flow::FlowParameters().fields(choices);
    return choices.names;
}

/// The spins (σ, τ) of two copies of an Ising model on one site, as a state from 0 to 3.
double first(int state) { return state / 2 == 0 ? 1.0 : -1.0; }
double second(int state) { return state % 2 == 0 ? 1.0 : -1.0; }
double product(int a, int b) { return first(a) * first(b) + second(a) * second(b); }

/// ln of a symmetric matrix of weights of two pairs.
template <class T> struct PairBond {
    std::array<T, 16> value;

    static double state_count() { return 4; }
    const T& between(int a, int b) const { return value[static_cast<std::size_t>(4 * a + b)]; }
    template <class F> static PairBond from_states(F&&, const PairBond& like) { return like; } // no such cell here
    friend PairBond operator+(PairBond a, const PairBond& b) {
        for (std::size_t i = 0; i < 16; ++i) a.value[i] = a.value[i] + b.value[i];
        return a;
    }
};
template <class T> PairBond<T> in_parallel(PairBond<T> bond, double count) {
    for (T& x : bond.value) x = count * x;
    return bond;
}
template <class T> PairBond<T> in_series(const PairBond<T>& bond, int count) {
    PairBond<T> chain = bond;
    for (int link = 1; link < count; ++link) {
        const PairBond<T> before = chain;
        for (int a = 0; a < 4; ++a)
            for (int b = 0; b < 4; ++b) {
                T sum = before.between(a, 0) + bond.between(0, b);
                for (int m = 1; m < 4; ++m) sum = flow::log_add_exp(sum, before.between(a, m) + bond.between(m, b));
                chain.value[static_cast<std::size_t>(4 * a + b)] = sum;
            }
    }
    return chain;
}

/// Two copies, whose couplings may differ, as spins of the library's formulas: K of one, a coupling σσ'ττ' of both,
/// which stands where others have a field, and K of the other.
struct TwoCopies {
    static constexpr std::size_t size = 3;
    static std::span<const flow::Coupling> couplings() {
        static const std::array<flow::Coupling, 3> axes{{{"first"}, {"both"}, {"second"}}};
        return axes;
    }
    static double states() { return 4; }
    template <class T> static PairBond<T> bond(const std::array<T, 3>& k) {
        PairBond<T> bond;
        for (int a = 0; a < 4; ++a)
            for (int b = 0; b < 4; ++b) {
                const double s = first(a) * first(b), t = second(a) * second(b);
                bond.value[static_cast<std::size_t>(4 * a + b)] = s * k[0] + (s * t) * k[1] + t * k[2];
            }
        return bond;
    }
    template <class T> static flow::Transformed<T, 3> split(const PairBond<T>& bond) {
        const T zero = 0.0 * bond.value[0];
        flow::Transformed<T, 3> result{{zero, zero, zero}, zero};
        for (int a = 0; a < 4; ++a)
            for (int b = 0; b < 4; ++b) {
                const T share = 1.0 / 16 * bond.between(a, b);
                const double s = first(a) * first(b), t = second(a) * second(b);
                result.constant = result.constant + share;
                result.couplings[0] = result.couplings[0] + s * share;
                result.couplings[1] = result.couplings[1] + (s * t) * share;
                result.couplings[2] = result.couplings[2] + t * share;
            }
        return result;
    }
    static double largest(const PairBond<double>& bond) { return std::ranges::max(bond.value); }
};

/// f and, where it bounds, its bound, of two copies with K and 0.7 K.
template <class Two, class One> void check_copies(const Two& two, const One& one, double K) {
    const std::vector<double> strong{K, 0.0}, weak{0.7 * K, 0.0};
    const std::vector<double> both{K, 0.0, 0.7 * K};
    const flow::Image image = two.apply(both);
    BOOST_TEST(std::abs(image.couplings[0] - one.apply(strong).couplings[0]) < 1e-13);
    BOOST_TEST(std::abs(image.couplings[2] - one.apply(weak).couplings[0]) < 1e-13);
    BOOST_TEST(std::abs(image.couplings[1]) < 1e-13);
    BOOST_TEST(flow::free_energy(two, both).value ==
                   flow::free_energy(one, strong).value + flow::free_energy(one, weak).value,
               tolerance(1e-13));
    if constexpr (flow::UpperBoundingMap<One>)
        BOOST_TEST(flow::upper_bound(two, {both}).value ==
                       flow::upper_bound(one, {strong}).value + flow::upper_bound(one, {weak}).value,
                   tolerance(1e-13));
}

void copies_of_moved_bonds() {
    for (const int b : {2, 3})
        for (const double d : {2.0, 3.0})
            for (const double K : {0.1, 0.5})
                check_copies(flow::FormulaMap<flow::MigdalKadanoffFormula<TwoCopies>>(b, d), flow::MigdalKadanoff(b, d),
                             K);
}

void copies_on_hierarchical_lattices() {
    for (const int b : {2, 3})
        for (const double K : {0.3, 0.9})
            check_copies(flow::FormulaMap<flow::HierarchicalFormula<TwoCopies>>(b, 2.0),
                         flow::HierarchicalLattice(b, 2.0), K);
    // A cell that is no set of chains, its sum over the states of both inner vertices written out.
    const flow::HierarchicalLattice one{flow::HierarchicalCell(bridge)};
    const std::vector<double> start{0.3, 0.0};
    PairBond<double> bond = TwoCopies::bond<double>({start[0], 0.0, start[0]});
    double f = 0.0, bonds_left = 1.0;
    for (int n = 0; n < 30; ++n) {
        PairBond<double> next{};
        for (int a = 0; a < 4; ++a)
            for (int b = 0; b < 4; ++b) {
                double sum = 0.0;
                for (int x = 0; x < 4; ++x)
                    for (int y = 0; y < 4; ++y)
                        sum += std::exp(bond.between(a, x) + bond.between(a, y) + bond.between(x, y) +
                                        bond.between(x, b) + bond.between(y, b));
                next.value[static_cast<std::size_t>(4 * a + b)] = std::log(sum);
            }
        const auto [couplings, constant] = TwoCopies::split(next);
        bonds_left /= 5;
        f += bonds_left * constant;
        bond = TwoCopies::bond(couplings);
    }
    BOOST_TEST(f / (2.0 / 4) == 2 * flow::free_energy(one, start).value, tolerance(1e-13)); // 2 sites per 4 bonds
}

void copies_of_chains() {
    for (const int b : {2, 5})
        check_copies(flow::FormulaMap<flow::DecimationFormula<TwoCopies>>(b), flow::Decimation(b), 0.8);
}

void copies_in_kadanoffs_bound() {
    flow::SpinKind pairs{.states = {'a', 'b', 'c', 'd'},
                         .symmetries = {{0, 1, 2, 3}, {0, 2, 1, 3}},
                         .broken = {{1, 0, 3, 2}, {2, 3, 0, 1}, {3, 2, 1, 0}},
                         .parameters = {"p"},
                         .couplings = {linalg::Matrix<double>(4, 4)},
                         .typical_parameters = {0.8}};
    for (int mu = 0; mu < 4; ++mu)
        for (int sigma = 0; sigma < 4; ++sigma) pairs.couplings[0](mu, sigma) = product(mu, sigma);
    const auto two = std::make_shared<flow::StateClasses>(pairs, 2, flow::VertexSymmetry::total);
    const auto one = std::make_shared<flow::SpinClasses>(flow::SpinClasses::totally_symmetric(2));
    for (const double K : {0.35, 0.5}) {
        const auto exponent = [&](int s, int c) {
            double sum = 0.0;
            for (int i = 0; i < 4; ++i) sum += K * product(s, two->state(c, i));
            return sum;
        };
        const flow::Start start = flow::sublattice_decimated(*two, exponent, [](int) { return 0.0; });
        const flow::Start single = flow::one_sublattice_decimated(*one, K);
        for (const double p : {0.3, 0.766})
            BOOST_TEST(flow::upper_bound(flow::Kadanoff(two, p), start).value ==
                           2 * flow::upper_bound(flow::Kadanoff(one, p), single).value,
                       tolerance(1e-12));
    }
}

/// Σ over pairs of spins of three sites, each copy with a positive sum, and means there of functions of the states.
struct PairBlock {
    double log_total = 0.0;
    double mean_of_pair = 0.0; ///< ⟨σ_0⟩
    explicit PairBlock(double K) {
        double total = 0.0, spin = 0.0;
        for (int n = 0; n < 64; ++n) {
            const std::array<int, 3> s{n % 4, n / 4 % 4, n / 16};
            const double sum1 = first(s[0]) + first(s[1]) + first(s[2]);
            const double sum2 = second(s[0]) + second(s[1]) + second(s[2]);
            if (sum1 < 0 || sum2 < 0) continue;
            const double weight = std::exp(K * (product(s[0], s[1]) + product(s[1], s[2]) + product(s[2], s[0])));
            total += weight;
            spin += weight * first(s[0]);
        }
        log_total = std::log(total);
        mean_of_pair = spin / total;
    }
};

void copies_by_cumulants() {
    for (const double K : {0.1, 0.25, 0.33}) {
        const PairBlock block(K);
        const flow::Image first_order = flow::FirstCumulant().apply(std::vector{K, 0.0});
        BOOST_TEST(block.log_total == 2 * first_order.constant, tolerance(1e-13));
        BOOST_TEST(2 * K * std::pow(block.mean_of_pair, 2) == first_order.couplings[0], tolerance(1e-13));
        // The second cumulant of the bonds of both copies between two blocks: spin 1 of one, 0 and 2 of the other.
        double total = 0.0, mean = 0.0, square = 0.0;
        for (int n = 0; n < 4096; ++n) {
            std::array<int, 6> s{};
            for (std::size_t i = 0; i < 6; ++i) s[i] = n >> (2 * i) & 3;
            double sums[4] = {0, 0, 0, 0};
            for (std::size_t i = 0; i < 6; ++i) {
                sums[i / 3] += first(s[i]);
                sums[2 + i / 3] += second(s[i]);
            }
            if (std::ranges::min(sums) < 0) continue;
            double energy = 0.0;
            for (const std::size_t i : {0U, 3U})
                energy += product(s[i], s[i + 1]) + product(s[i + 1], s[i + 2]) + product(s[i + 2], s[i]);
            const double weight = std::exp(K * energy), between = K * (product(s[1], s[3]) + product(s[2], s[3]));
            total += weight;
            mean += weight * between;
            square += weight * between * between;
        }
        const double cumulant = square / total - std::pow(mean / total, 2);
        BOOST_TEST(block.log_total + 3 * cumulant / 2 ==
                       2 * flow::SecondCumulant().apply(std::vector{K, 0.0, 0.0, 0.0}).constant,
                   tolerance(1e-13));
    }
}

void copies_of_truncated_decimation() {
    for (const double K : {0.3, 0.7}) {
        double constant = 0.0, pair = 0.0, mixed = 0.0;
        for (int n = 0; n < 256; ++n) {
            const std::array<int, 4> s{n & 3, n >> 2 & 3, n >> 4 & 3, n >> 6};
            double sum = 0.0;
            for (int state = 0; state < 4; ++state) {
                double exponent = 0.0;
                for (const int neighbour : s) exponent += K * product(state, neighbour);
                sum += std::exp(exponent);
            }
            constant += std::log(sum) / 256;
            pair += std::log(sum) * first(s[0]) * first(s[1]) / 256;
            mixed += std::log(sum) * first(s[0]) * second(s[1]) / 256;
        }
        const flow::Image image = flow::MarisKadanoff().apply(std::vector{K});
        BOOST_TEST(constant == 2 * image.constant, tolerance(1e-13));
        BOOST_TEST(3 * pair == image.couplings[0], tolerance(1e-12)); // two squares share nn, and nnn is added
        BOOST_TEST(std::abs(mixed) < 1e-15);
    }
}

/// The sublattices of a torus with next-nearest neighbours alone are two copies of a torus of half as many spins.
void copies_in_exact_sums() {
    const double K = 0.4;
    const lattice::Geometry torus(lattice::Lattice::square, {4, 4});
    double Z = 0.0;
    for (int n = 0; n < 256; ++n) {
        const auto spin = [n](int x, int y) { return (n >> ((y & 3) * 2 + (x & 3) / 2) & 1) != 0 ? -1 : 1; };
        double energy = 0.0;
        for (int y = 0; y < 4; ++y)
            for (int x = y % 2; x < 4; x += 2) energy += spin(x, y) * (spin(x + 1, y + 1) + spin(x + 3, y + 1));
        Z += std::exp(K * energy);
    }
    const model::Hamiltonian both(lattice::Lattice::square, {{"nnn", K}});
    for (const auto& rule :
         {coarsen::tabulated(coarsen::Majority(2), 2), coarsen::tabulated(coarsen::KadanoffT(2, 0.6), 2)})
        BOOST_TEST(flow::block_sum(mpi::Communicator::self(), both, torus, rule).ln_z == 2 * std::log(Z),
                   tolerance(1e-13));
}

/// A torus of two equal halves without bonds between them.
void copies_of_random_bonds() {
    const auto half = [](int copies) {
        flow::RandomBonds bonds{4 * copies, 4, {}, {}, {}};
        for (int site = 0; site < bonds.sites(); ++site) {
            const int x = site % bonds.width % 4, y = site / bonds.width;
            bonds.right.push_back(x == 3 ? 0.0 : 0.4 * std::sin(1.0 + 5 * x + 3 * y));
            bonds.up.push_back(0.5 * std::cos(2.0 + 7 * x + y));
        }
        return bonds;
    };
    const flow::RandomBonds one = half(1), two = half(2);
    BOOST_TEST(flow::spanning_tree_bound(two) == 2 * flow::spanning_tree_bound(one), tolerance(1e-13));
    BOOST_TEST(flow::mean_field_bound(two, 0.5) == 2 * flow::mean_field_bound(one, 0.5), tolerance(1e-13));
    for (const int steps : {0, 1}) { // further steps meet the edge of the smaller torus
        const flow::RandomBondBound of_one(one, steps), of_two(two, steps);
        BOOST_TEST(of_two(std::vector<double>(of_two.parameters(), 0.6), {}) ==
                       2 * of_one(std::vector<double>(of_one.parameters(), 0.6), {}),
                   tolerance(1e-13));
    }
}

/// Two copies against one, or why there is nothing to compare.
struct Copies {
    std::function<void()> check{};
    std::string reason{};
};

const std::map<std::string, Copies> copies_of{
    {"kadanoff", {copies_in_kadanoffs_bound}},
    {"kadanoff-groups", {{}, "its groups hold Ising spins, one on each site"}},
    {"migdal-kadanoff", {copies_of_moved_bonds}},
    {"hierarchical", {copies_on_hierarchical_lattices}},
    {"decimation", {copies_of_chains}},
    {"cumulant", {copies_by_cumulants}},
    {"maris-kadanoff", {copies_of_truncated_decimation}},
    {"wilson-decimation", {{}, "gives no free energy: its constant is that of weak couplings"}},
    {"wilson-recursion", {{}, "gives no free energy: its fields have no lattice"}},
    {"dyson", {{}, "gives no free energy of a study's model; its constants add up to Z of eight spins in a test"}},
    {"local-potential", {{}, "gives no free energy: its fields have no lattice"}},
    {"random-bonds", {copies_of_random_bonds}},
    {"spin-glass", {{}, "gives no free energy"}},
    {"exact-summation", {copies_in_exact_sums}},
    {"finite-lattice", {{}, "gives no free energy: the map of the infinite lattice does not keep it"}},
};

using Points = std::vector<std::vector<double>>;

template <class M> void check_at(const M& map, const Points& points) {
    for (const std::vector<double>& point : points) support::check_jacobian(map, point, 1e-7);
}

const Points bond_points{{0.3, 0.2}, {0.9, 0.0}, {-0.4, -0.7}};
const Points potts_points{{0.3, 0.2, -0.1}, {0.9, 0.0, 0.0}, {1.4, -0.3, 0.2}};

void jacobians_of_moved_bonds() {
    for (const double d : {1.0, 1.5, 2.0, 3.0}) {
        for (const int b : {2, 3, 5}) check_at(flow::MigdalKadanoff(b, d), bond_points);
        check_at(flow::InfinitesimalMigdalKadanoff(d), bond_points);
        for (const double q : {2.0, 2.5, 3.0, 5.0}) {
            check_at(flow::PottsMigdalKadanoff(2, d, flow::PottsSpins(q)), potts_points);
            check_at(flow::PottsInfinitesimalMigdalKadanoff(d, flow::PottsSpins(q)), potts_points);
        }
        for (const double q : {1.0, 1.5})
            check_at(flow::PottsInfinitesimalMigdalKadanoff(d, flow::PottsSpins(q)), {{0.7, 0.0, 0.0}});
    }
    check_at(flow::Integrated(flow::InfinitesimalMigdalKadanoff(2.0), 1.7), bond_points);
    check_at(flow::AnisotropicMigdalKadanoff<2>(3), {{0.3, 0.2, 0.5, -0.1}});
    check_at(flow::AnisotropicMigdalKadanoff<3>(2), {{0.3, 0.2, 0.5, -0.1, 0.2, 0.0}});
    check_at(flow::AnisotropicMigdalKadanoff<4>(2), {{0.3, 0.2, 0.5, -0.1, 0.2, 0.0, 0.1, 0.1}});
    check_at(flow::AnisotropicInfinitesimalMigdalKadanoff<2>(), {{0.3, 0.2, 0.5, -0.1}});
    check_at(flow::AnisotropicInfinitesimalMigdalKadanoff<3>(), {{0.3, 0.2, 0.5, -0.1, 0.2, 0.0}});
}

void jacobians_of_hierarchical_lattices() {
    const flow::HierarchicalCell cell(bridge), bottle(std::vector<std::string>{"a-x", "a-x", "x-b", "x-b", "x-b"});
    for (const int b : {2, 4}) check_at(flow::HierarchicalLattice(b, 2.5), bond_points);
    check_at(flow::HierarchicalLattice(cell), bond_points);
    check_at(flow::FieldlessHierarchicalLattice(bottle), {{0.4}, {-0.3}});
    for (const double q : {1.0, 1.5, 2.0, 3.0, 5.0}) {
        const flow::PottsSpins spins(q);
        check_at(flow::FieldlessPottsHierarchicalLattice(bottle, flow::WithoutField(spins)), {{0.7}});
        check_at(flow::PottsHierarchicalLattice(cell, spins), {{0.7, 0.0, 0.0}});
        if (q < 2) continue;
        check_at(flow::PottsHierarchicalLattice(cell, spins), potts_points);
        check_at(flow::PottsHierarchicalLattice(3, 2.0, spins), potts_points);
    }
}

void jacobians_of_decimation() {
    for (const int b : {2, 3, 7}) {
        check_at(flow::Decimation(b), bond_points);
        for (const double q : {2.0, 2.5, 3.0, 10.0})
            check_at(flow::PottsDecimation(b, flow::PottsSpins(q)), potts_points);
    }
}

void jacobians_of_kadanoff() {
    const auto points = [](const flow::CellClasses& classes) {
        std::vector<double> point;
        for (int a = 1; a < classes.count(); ++a) point.push_back(0.2 * std::cos(3.0 * a));
        return Points{point};
    };
    const auto ising = std::make_shared<flow::SpinClasses>(flow::SpinClasses::hypercubic(3));
    check_at(flow::Kadanoff(ising, 0.4), points(*ising));
    const auto potts = std::make_shared<flow::StateClasses>(flow::potts(3, 2), 2, flow::VertexSymmetry::total);
    check_at(flow::Kadanoff(potts, 1.4), points(*potts));
    const auto blume = std::make_shared<flow::StateClasses>(flow::spin_one(2), 2, flow::VertexSymmetry::total);
    check_at(flow::Kadanoff(blume, {0.8, 0.5, -1.3}), points(*blume));
}

void jacobians_of_cumulants() {
    check_at(flow::FirstCumulant(), bond_points);
    check_at(flow::SecondCumulant(), {{0.3, 0.2, -0.1, 0.3}, {-0.4, 0.1, 0.2, 0.0}});
}

void jacobians_of_dyson() {
    for (const double d : {2.5, 3.0, 3.5}) {
        const flow::Dyson dyson(d, 12);
        check_at(dyson, {dyson.ising(0.3, 0.1)});
    }
}

void jacobians_of_wilsons_recursion() {
    for (const double d : {2.5, 3.0}) {
        const flow::WilsonRecursion wilson(d, 10, 4.0);
        check_at(wilson, {wilson.quartic(-0.4, 0.1)});
    }
}

void jacobians_of_the_local_potential() {
    for (const double N : {1.0, 2.0, 4.0})
        check_at(flow::LocalPotential(2.75, N, 8), {{0.5, 0.4, 0.3, 0.2, 0.1, 0.0, -0.1, -0.12, -0.15}});
}

void jacobians_of_finite_lattices() {
    const auto basis = model::OperatorBasis::from_names(
        lattice::Lattice::square, std::vector<std::string>{"h", "nn", "nnn", "(0,0)(1,0)(0,1)", "plaquette"});
    check_at(flow::FiniteLattice(lattice::Geometry(lattice::Lattice::square, {4, 4}),
                                 coarsen::tabulated(coarsen::KadanoffT(2, 0.7), 2), basis),
             {{0.1, 0.3, 0.05, -0.02, 0.03}});
}

const std::map<std::string, std::function<void()>> jacobians_of{
    {"kadanoff", jacobians_of_kadanoff},
    {"migdal-kadanoff", jacobians_of_moved_bonds},
    {"hierarchical", jacobians_of_hierarchical_lattices},
    {"decimation", jacobians_of_decimation},
    {"cumulant", jacobians_of_cumulants},
    {"maris-kadanoff",
     [] {
         check_at(flow::MarisKadanoff(), {{0.3}, {-0.9}});
     }},
    {"wilson-decimation", [] { check_at(flow::WilsonDecimation(), bond_points); }},
    {"wilson-recursion", jacobians_of_wilsons_recursion},
    {"dyson", jacobians_of_dyson},
    {"local-potential", jacobians_of_the_local_potential},
    {"finite-lattice", jacobians_of_finite_lattices},
};

/// Those without couplings that flow: sums and populations.
const std::vector<std::string> without_a_map{"kadanoff-groups", "random-bonds", "spin-glass", "exact-summation"};

} // namespace

BOOST_AUTO_TEST_CASE(every_jacobian_agrees_with_central_differences_to_1e_7) {
    BOOST_REQUIRE(!methods().empty());
    for (const std::string& method : methods()) BOOST_TEST_CONTEXT(method) {
            const bool has_none = std::ranges::find(without_a_map, method) != without_a_map.end();
            BOOST_REQUIRE(jacobians_of.contains(method) != has_none);
            if (!has_none) jacobians_of.at(method)();
        }
}

BOOST_AUTO_TEST_CASE(two_decoupled_copies_have_exactly_twice_the_free_energy) {
    for (const std::string& method : methods()) BOOST_TEST_CONTEXT(method) {
            BOOST_REQUIRE(copies_of.contains(method));
            const Copies& copies = copies_of.at(method);
            BOOST_TEST(copies.reason.empty() == static_cast<bool>(copies.check));
            if (copies.check) copies.check();
        }
}
