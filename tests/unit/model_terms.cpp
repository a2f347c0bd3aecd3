#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/model/hamiltonian.hpp>

#include <limits>
#include <random>

using namespace blockspin;
using boost::test_tools::tolerance;
using lattice::Boundary;
using lattice::Geometry;
using lattice::Lattice;
using model::Operator;
using model::OperatorBasis;

namespace {

std::vector<std::int8_t> random_spins(const Geometry& geometry, std::uint64_t seed) {
    std::mt19937_64 engine(seed);
    std::vector<std::int8_t> spins(static_cast<std::size_t>(geometry.sites()));
    for (auto& spin : spins) spin = (engine() >> 63) != 0 ? 1 : -1;
    return spins;
}

std::int64_t sum_of_terms(const model::Terms& terms, model::Spins spins) {
    std::int64_t sum = 0;
    for (std::size_t t = 0; t < terms.size(); ++t) {
        std::int64_t product = 1;
        for (const std::int64_t site : terms[t]) product *= spins[static_cast<std::size_t>(site)];
        sum += product;
    }
    return sum;
}

/// Every lattice, small and awkward extents, periodic, open and mixed.
std::vector<Geometry> geometries() {
    return {Geometry(Lattice::chain, {1}),
            Geometry(Lattice::chain, {5}),
            Geometry(Lattice::chain, {6}, {Boundary::open}),
            Geometry(Lattice::square, {4, 3}),
            Geometry(Lattice::square, {2, 5}),
            Geometry(Lattice::square, {1, 4}),
            Geometry(Lattice::square, {5, 4}, {Boundary::open, Boundary::periodic}),
            Geometry(Lattice::square, {3, 4}, {Boundary::open, Boundary::open}),
            Geometry(Lattice::triangular, {3, 6}),
            Geometry(Lattice::triangular, {4, 5}, {Boundary::periodic, Boundary::open}),
            Geometry(Lattice::honeycomb, {4, 6}),
            Geometry(Lattice::honeycomb, {5, 4}, {Boundary::open, Boundary::open}),
            Geometry(Lattice::cubic, {3, 2, 4}),
            Geometry(Lattice::cubic, {3, 4, 2}, {Boundary::open, Boundary::periodic, Boundary::open}),
            Geometry(Lattice::hypercubic, {2, 3, 2, 3})};
}

} // namespace

BOOST_AUTO_TEST_CASE(every_nearest_neighbour_bond_of_the_geometry_is_one_term) {
    for (const Geometry& geometry : geometries()) {
        const auto nn = Operator::from_name(geometry.lattice(), "nn");
        BOOST_TEST(static_cast<std::int64_t>(model::terms(nn, geometry).size()) == geometry.bonds());
        const auto spins = random_spins(geometry, 1);
        std::int64_t bonds = 0;
        for (std::int64_t site = 0; site < geometry.sites(); ++site) {
            for (const auto& offset : geometry.bond_offsets(geometry.sublattice(geometry.coordinates(site)))) {
                const auto other = geometry.neighbour(site, offset);
                if (other) bonds += spins[static_cast<std::size_t>(site)] * spins[static_cast<std::size_t>(*other)];
            }
        }
        BOOST_TEST(model::sum(nn, geometry, spins) == bonds);
    }
}

BOOST_AUTO_TEST_CASE(the_fast_sum_is_the_sum_of_the_terms) {
    for (const Geometry& geometry : geometries()) {
        const auto basis = OperatorBasis::generate(geometry.lattice(), {.spins = 4, .squared_range = 3});
        for (std::uint64_t seed = 0; seed < 5; ++seed) {
            const auto spins = random_spins(geometry, seed);
            const auto sums = model::sums(basis, geometry, spins);
            for (std::size_t a = 0; a < basis.size(); ++a) {
                BOOST_TEST(sums[a] == sum_of_terms(model::terms(basis[a], geometry), spins), basis[a].name());
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(the_local_field_predicts_every_flip) {
    for (const Geometry& geometry : geometries()) {
        const auto basis = OperatorBasis::generate(geometry.lattice(), {.spins = 4, .squared_range = 2});
        auto spins = random_spins(geometry, 7);
        for (std::int64_t site = 0; site < geometry.sites(); ++site) {
            const auto before = model::sums(basis, geometry, spins);
            std::vector<std::int64_t> predicted;
            for (const Operator& op : basis) {
                predicted.push_back(-2 * spins[static_cast<std::size_t>(site)] *
                                    model::local_field(op, geometry, spins, site));
            }
            spins[static_cast<std::size_t>(site)] = static_cast<std::int8_t>(-spins[static_cast<std::size_t>(site)]);
            const auto after = model::sums(basis, geometry, spins);
            for (std::size_t a = 0; a < basis.size(); ++a) BOOST_TEST(after[a] - before[a] == predicted[a]);
        }
    }
}

BOOST_AUTO_TEST_CASE(wrapped_duplicates_keep_their_multiplicity) {
    const Geometry two(Lattice::square, {2, 2});
    const std::vector<std::int8_t> up(4, 1);
    BOOST_TEST(model::sum(Operator::from_name(Lattice::square, "nn"), two, up) == 8);
    BOOST_TEST(model::sum(Operator::from_name(Lattice::square, "plaquette"), two, up) == 4);
    const Geometry one(Lattice::chain, {1});
    const std::vector<std::int8_t> down{-1};
    BOOST_TEST(model::sum(Operator::from_name(Lattice::chain, "nn"), one, down) == 1); // the square of a spin
    BOOST_TEST(model::local_field(Operator::from_name(Lattice::chain, "nn"), one, down, 0) == 0);
}

BOOST_AUTO_TEST_CASE(the_sums_are_invariant_under_the_point_group) {
    const Geometry geometry(Lattice::square, {4, 4});
    const auto spins = random_spins(geometry, 3);
    std::vector<std::int8_t> turned(spins.size());
    for (std::size_t y = 0; y < 4; ++y) {
        for (std::size_t x = 0; x < 4; ++x) turned[4 * x + (3 - y)] = spins[4 * y + x];
    }
    const auto basis = OperatorBasis::generate(Lattice::square, {.spins = 5, .squared_range = 5});
    BOOST_TEST(model::sums(basis, geometry, spins) == model::sums(basis, geometry, turned));
}

BOOST_AUTO_TEST_CASE(the_energy_is_minus_the_sum_of_couplings_times_operators) {
    const model::Hamiltonian hamiltonian(Lattice::square, {{"nn", 0.4}, {"h", -0.25}, {"plaquette", 0.1}});
    const Geometry geometry(Lattice::square, {4, 6});
    auto spins = random_spins(geometry, 5);
    const auto s = [&](const char* name) {
        return static_cast<double>(model::sum(Operator::from_name(Lattice::square, name), geometry, spins));
    };
    const double energy = hamiltonian.energy(geometry, spins);
    BOOST_TEST(energy == -(0.4 * s("nn") - 0.25 * s("h") + 0.1 * s("plaquette")), tolerance(1e-14));
    const double increase = hamiltonian.energy_of_flip(geometry, spins, 9);
    spins[9] = static_cast<std::int8_t>(-spins[9]);
    BOOST_TEST(hamiltonian.energy(geometry, spins) - energy == increase, tolerance(1e-12));
    BOOST_TEST(hamiltonian.coupling("nn") == 0.4);
    BOOST_TEST(hamiltonian.coupling("nnn") == 0.0);
}

BOOST_AUTO_TEST_CASE(a_hamiltonian_that_makes_no_sense_is_refused) {
    using Couplings = std::map<std::string, double>;
    BOOST_CHECK_THROW(model::Hamiltonian(Lattice::square, Couplings{{"nm", 0.4}}), core::InputError);
    BOOST_CHECK_THROW(model::Hamiltonian(Lattice::square, Couplings{{"nn", std::nan("")}}), core::InputError);
    const auto basis = OperatorBasis::from_names(Lattice::square, std::vector<std::string>{"nn"});
    BOOST_CHECK_THROW(model::Hamiltonian(basis, {0.1, 0.2}), core::InputError);
    const std::vector<std::int8_t> spins(9, 1);
    const Geometry other(Lattice::cubic, {3, 3, 1});
    BOOST_CHECK_THROW(model::sums(basis, other, spins), core::InputError);
    BOOST_CHECK_THROW(model::sums(basis, Geometry(Lattice::square, {4, 4}), spins), core::InternalError);
}
