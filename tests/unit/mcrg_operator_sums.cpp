#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/mcrg/local_fields.hpp>
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

/// Of 1, 3 and 64 configurations at once.
void check(const lattice::Geometry& geometry, const model::OperatorBasis& basis) {
    const std::vector<model::Operator> operators(basis.begin(), basis.end());
    const mcrg::OperatorSums sums(geometry, operators);
    for (const std::size_t configurations : {1, 3, 64}) {
        std::vector<std::uint8_t> bytes;
        for (std::size_t r = 0; r < configurations; ++r) {
            const auto spins = random_spins(geometry.sites(), static_cast<std::int32_t>(r));
            bytes.resize(bytes.size() + mcrg::bytes_for(geometry.sites()));
            mcrg::pack(spins, std::span(bytes).last(mcrg::bytes_for(geometry.sites())));
        }
        std::vector<std::int64_t> values(configurations * sums.size());
        sums.evaluate(mcrg::bundled(bytes, geometry.sites()), values);
        for (std::size_t i = configurations > 3 ? values.size() - 2 * sums.size() : 0; i < values.size(); ++i) {
            const auto& op = operators[i % sums.size()];
            const auto spins = random_spins(geometry.sites(), static_cast<std::int32_t>(i / sums.size()));
            BOOST_TEST(values[i] == sum_of_terms(op, geometry, spins),
                       op.name() << " on " << lattice::name(geometry.lattice()));
        }
    }
}

} // namespace

BOOST_AUTO_TEST_CASE(sums_are_those_of_all_terms_on_every_lattice_and_boundary) {
    const std::vector<std::pair<Lattice, std::vector<std::int64_t>>> lattices{{Lattice::chain, {11}},
                                                                              {Lattice::chain, {1037}},
                                                                              {Lattice::square, {7, 5}},
                                                                              {Lattice::square, {33, 4}},
                                                                              {Lattice::triangular, {6, 9}},
                                                                              {Lattice::cubic, {5, 4, 3}},
                                                                              {Lattice::hypercubic, {3, 4, 2, 3}}};
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
    BOOST_CHECK_THROW(mcrg::OperatorSums({Lattice::honeycomb, {4, 4}}, {}), core::InputError);
}

BOOST_AUTO_TEST_CASE(configurations_are_packed_and_unpacked) {
    for (const std::int64_t sites : {1, 8, 63, 64, 65, 200}) {
        std::vector<std::uint8_t> bytes;
        for (std::int32_t r = 0; r < 64; ++r) {
            std::vector<std::uint8_t> one(mcrg::bytes_for(sites));
            mcrg::pack(random_spins(sites, r), one);
            BOOST_TEST(mcrg::unpacked(one, sites) == random_spins(sites, r), boost::test_tools::per_element());
            bytes.insert(bytes.end(), one.begin(), one.end());
        }
        const auto words = mcrg::bundled(bytes, sites);
        for (std::int32_t r = 0; r < 64; ++r) {
            const auto spins = random_spins(sites, r);
            for (std::size_t i = 0; i < spins.size(); ++i) BOOST_TEST((words[i] >> r & 1) == (spins[i] > 0 ? 1u : 0u));
        }
    }
}

BOOST_AUTO_TEST_CASE(local_fields_are_those_of_every_site_also_where_operators_reach_round_the_lattice) {
    for (const lattice::Geometry& geometry :
         {lattice::Geometry(Lattice::chain, {9}), lattice::Geometry(Lattice::square, {2, 2}),
          lattice::Geometry(Lattice::square, {5, 4}), lattice::Geometry(Lattice::triangular, {6, 3}),
          lattice::Geometry(Lattice::cubic, {4, 3, 2})}) {
        const auto basis = model::OperatorBasis::generate(geometry.lattice(), {.spins = 4, .squared_range = 4});
        const std::vector<model::Operator> operators(basis.begin(), basis.end());
        const mcrg::LocalFields fields(geometry, operators);
        const auto spins = random_spins(geometry.sites(), 5);
        std::vector<std::int16_t> found(operators.size() * spins.size());
        fields.evaluate(spins, found);
        for (std::size_t a = 0; a < operators.size(); ++a) {
            for (std::size_t site = 0; site < spins.size(); ++site) {
                const auto expected =
                    model::local_field(operators[a], geometry, spins, static_cast<std::int64_t>(site));
                BOOST_TEST(found[a * spins.size() + site] == expected);
            }
        }
    }
    const lattice::Geometry open(Lattice::chain, {9}, {Boundary::open});
    BOOST_CHECK_THROW(mcrg::LocalFields(open, {}), core::InputError);
}
