#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/mcrg/operator_sums.hpp>
#include <blockspin/model/operator_basis.hpp>
#include <blockspin/rng/draws.hpp>

#include <vector>

using namespace blockspin;
using lattice::Boundary;
using lattice::Lattice;

namespace {

std::vector<std::int8_t> random_spins(std::int64_t sites, std::int32_t number) {
    std::vector<std::int8_t> spins;
    for (std::int64_t site = 0; site < sites; ++site) {
        const auto word = rng::word64(rng::Key(7), {.chain = number, .place = site});
        spins.push_back((word & 1) != 0 ? 1 : -1);
    }
    return spins;
}

/// Term by term.
std::int64_t sum_of_terms(const model::Operator& op, const lattice::Geometry& geometry, model::Spins spins) {
    const model::Terms terms = model::terms(op, geometry);
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < terms.size(); ++i) {
        std::int64_t product = 1;
        for (const std::int64_t site : terms[i]) product *= spins[static_cast<std::size_t>(site)];
        sum += product;
    }
    return sum;
}

void check(const lattice::Geometry& geometry, const model::OperatorBasis& basis) {
    const std::vector<model::Operator> operators(basis.begin(), basis.end());
    const mcrg::OperatorSums sums(geometry, operators);
    std::vector<std::int64_t> values(sums.size());
    for (std::int32_t number = 0; number < 3; ++number) {
        const auto spins = random_spins(geometry.sites(), number);
        sums.evaluate(spins, values);
        for (std::size_t a = 0; a < operators.size(); ++a) {
            BOOST_TEST(values[a] == sum_of_terms(operators[a], geometry, spins),
                       operators[a].name() << " on " << lattice::name(geometry.lattice()));
        }
    }
}

} // namespace

BOOST_AUTO_TEST_CASE(sums_are_those_of_all_terms_on_every_lattice_and_boundary) {
    const std::vector<std::pair<Lattice, std::vector<std::int64_t>>> lattices{
        {Lattice::chain, {11}},         {Lattice::chain, {1037}},      {Lattice::square, {7, 5}},
        {Lattice::square, {33, 4}},     {Lattice::triangular, {6, 9}}, {Lattice::honeycomb, {8, 6}},
        {Lattice::honeycomb, {600, 2}}, {Lattice::cubic, {5, 4, 3}},   {Lattice::hypercubic, {3, 4, 2, 3}}};
    for (const auto& [lattice, size] : lattices) {
        const auto basis = model::OperatorBasis::generate(lattice, {.spins = 4, .squared_range = 2});
        std::vector<Boundary> boundaries(size.size(), Boundary::periodic);
        check({lattice, size, boundaries}, basis);
        boundaries.front() = Boundary::open;
        check({lattice, size, boundaries}, basis);
        boundaries.assign(size.size(), Boundary::open);
        check({lattice, size, boundaries}, basis);
    }
}

BOOST_AUTO_TEST_CASE(operators_that_reach_round_a_small_lattice_keep_their_multiplicity) {
    const auto basis = model::OperatorBasis::generate(Lattice::square, {.spins = 3, .squared_range = 9});
    for (const std::int64_t width : {1, 2, 3}) {
        check({Lattice::square, {width, 2}}, basis);
        check({Lattice::square, {width, 2}, {Boundary::open, Boundary::periodic}}, basis);
        check({Lattice::square, {2, width}, {Boundary::open, Boundary::open}}, basis);
    }
}

BOOST_AUTO_TEST_CASE(an_operator_of_another_lattice_is_refused) {
    const std::vector operators{model::Operator::from_name(Lattice::cubic, "nn")};
    BOOST_CHECK_THROW(mcrg::OperatorSums({Lattice::square, {4, 4}}, operators), core::InputError);
}
