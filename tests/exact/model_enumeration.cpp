#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/model/enumeration.hpp>
#include <blockspin/model/hamiltonian.hpp>

using namespace blockspin;
using boost::test_tools::tolerance;
using lattice::Geometry;
using lattice::Lattice;

namespace {

/// Averages by the definition: one configuration after the other.
model::ExactAverages by_definition(const model::Hamiltonian& hamiltonian, const Geometry& geometry) {
    const auto sites = static_cast<std::size_t>(geometry.sites());
    const std::size_t size = hamiltonian.basis().size();
    model::ExactAverages result{0, std::vector<double>(size), std::vector<double>(size * size)};
    double z = 0;
    for (std::uint64_t bits = 0; bits < std::uint64_t{1} << sites; ++bits) {
        std::vector<std::int8_t> spins(sites);
        for (std::size_t i = 0; i < sites; ++i) spins[i] = (bits >> i & 1) != 0 ? 1 : -1;
        const auto s = model::sums(hamiltonian.basis(), geometry, spins);
        const double weight = std::exp(-hamiltonian.energy(geometry, spins));
        const double m = std::accumulate(spins.begin(), spins.end(), 0.0) / static_cast<double>(sites);
        z += weight;
        result.abs_m += weight * std::abs(m);
        result.m2 += weight * m * m;
        result.m4 += weight * m * m * m * m;
        for (std::size_t a = 0; a < size; ++a) {
            result.sums[a] += weight * static_cast<double>(s[a]);
            for (std::size_t b = 0; b < size; ++b) {
                result.covariance[a * size + b] += weight * static_cast<double>(s[a] * s[b]);
            }
        }
    }
    for (double* x : {&result.abs_m, &result.m2, &result.m4}) *x /= z;
    for (double& x : result.sums) x /= z;
    for (std::size_t a = 0; a < size; ++a) {
        for (std::size_t b = 0; b < size; ++b) {
            result.covariance[a * size + b] = result.covariance[a * size + b] / z - result.sums[a] * result.sums[b];
        }
    }
    result.ln_z = std::log(z);
    return result;
}

void check(const model::Hamiltonian& hamiltonian, const Geometry& geometry) {
    const auto fast = model::averages(model::enumerate(hamiltonian.basis(), geometry), hamiltonian.couplings());
    const auto slow = by_definition(hamiltonian, geometry);
    BOOST_TEST(fast.ln_z == slow.ln_z, tolerance(1e-13));
    BOOST_TEST(fast.abs_m == slow.abs_m, tolerance(1e-12));
    BOOST_TEST(fast.m2 == slow.m2, tolerance(1e-12));
    BOOST_TEST(fast.m4 == slow.m4, tolerance(1e-12));
    BOOST_TEST(fast.sums == slow.sums, tolerance(1e-11) << boost::test_tools::per_element());
    BOOST_TEST(fast.covariance == slow.covariance, tolerance(1e-9) << boost::test_tools::per_element());
}

} // namespace

BOOST_AUTO_TEST_CASE(averages_by_density_of_states_are_those_of_the_definition) {
    check({Lattice::chain, {{"nn", 0.7}, {"h", 0.3}, {"nnn", -0.2}}}, Geometry(Lattice::chain, {7}));
    check({Lattice::square, {{"nn", 0.4}, {"nnn", 0.1}, {"plaquette", -0.2}, {"h", 0.05}}},
          Geometry(Lattice::square, {3, 4}));
    check({Lattice::square, {{"nn", -0.6}, {"(0,0)(1,0)(1,1)", 0.15}}},
          Geometry(Lattice::square, {4, 3}, {lattice::Boundary::open, lattice::Boundary::periodic}));
    check({Lattice::triangular, {{"nn", -0.3}, {"triangle", 0.25}}}, Geometry(Lattice::triangular, {3, 3}));
    check({Lattice::honeycomb, {{"nn", 0.5}, {"nnn", 0.1}}}, Geometry(Lattice::honeycomb, {4, 2}));
    check({Lattice::cubic, {{"nn", 0.2}, {"tetrahedron", 0.1}}}, Geometry(Lattice::cubic, {2, 2, 3}));
    check({Lattice::hypercubic, {{"nn", 0.2}}}, Geometry(Lattice::hypercubic, {2, 1, 2, 2}));
}

BOOST_AUTO_TEST_CASE(the_chain_has_its_transfer_matrix_spectrum) {
    const double k = 0.7, h = 0.3;
    const auto basis = model::OperatorBasis::from_names(Lattice::chain, std::vector<std::string>{"nn", "h"});
    const auto exact = model::averages(model::enumerate(basis, Geometry(Lattice::chain, {20})), std::vector{h, k});
    const double root = std::sqrt(std::exp(2 * k) * std::pow(std::sinh(h), 2) + std::exp(-2 * k));
    const double centre = std::exp(k) * std::cosh(h);
    const double ln_z = 20 * std::log(centre + root) + std::log1p(std::pow((centre - root) / (centre + root), 20));
    BOOST_TEST(exact.ln_z == ln_z, tolerance(1e-13));
}

BOOST_AUTO_TEST_CASE(large_couplings_neither_overflow_nor_vanish) {
    const auto basis = model::OperatorBasis::from_names(Lattice::square, std::vector<std::string>{"nn"});
    const auto density = model::enumerate(basis, Geometry(Lattice::square, {3, 3}));
    BOOST_TEST(model::averages(density, std::vector{1e4}).ln_z == 18e4 + std::log(2.0), tolerance(1e-14));
    const auto frustrated = model::averages(density, std::vector{-1e4});
    BOOST_TEST(frustrated.sums[0] == -6.0, tolerance(1e-12)); // every row and column keeps one satisfied pair
}

BOOST_AUTO_TEST_CASE(what_cannot_be_enumerated_is_refused) {
    const auto basis = model::OperatorBasis::from_names(Lattice::square, std::vector<std::string>{"nn"});
    BOOST_CHECK_THROW(model::enumerate(basis, Geometry(Lattice::square, {9, 3})), core::InputError);
    const auto large = model::OperatorBasis::generate(Lattice::square, {.spins = 6, .squared_range = 8});
    BOOST_CHECK_THROW(model::enumerate(large, Geometry(Lattice::square, {3, 3})), core::InputError);
    const auto density = model::enumerate(basis, Geometry(Lattice::square, {2, 2}));
    BOOST_CHECK_THROW(model::averages(density, std::vector{0.1, 0.2}), core::InputError);
    BOOST_CHECK_THROW(model::averages(density, std::vector{std::nan("")}), core::InputError);
}
