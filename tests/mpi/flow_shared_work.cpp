// What ranks share within one bound or one step of a flow gives the same bits on any number of them.
#include <boost/test/unit_test.hpp>

#include <blockspin/flow/hypercube_faces.hpp>
#include <blockspin/flow/random_bonds.hpp>
#include <blockspin/rng/draws.hpp>

#include "support/world.hpp"

#include <algorithm>

using namespace blockspin;

namespace {

double uniform(int number) { return 2 * rng::uniform(rng::Key(1975), {rng::Purpose::test, 0, 0, number, 0}) - 1; }

flow::RandomBonds random_bonds(int size) {
    flow::RandomBonds bonds{size, size, {}, {}, {}};
    for (int site = 0; site < bonds.sites(); ++site) {
        bonds.right.push_back(uniform(3 * site));
        bonds.up.push_back(uniform(3 * site + 1));
        bonds.field.push_back(0.2 * uniform(3 * site + 2));
    }
    return bonds;
}

} // namespace

BOOST_AUTO_TEST_CASE(branches_of_a_random_bond_bound) {
    for (const int size : {4, 32}) { // four branches; sixteen
        const flow::RandomBondBound bound(random_bonds(size), 3);
        std::vector<double> parameters;
        for (std::size_t i = 0; i < bound.parameters(); ++i)
            parameters.push_back(0.5 + 0.3 * uniform(static_cast<int>(i)));
        std::vector<double> alone(parameters.size(), 0.0), together(parameters.size(), 0.0);
        const double one = bound(parameters, alone), all = bound(parameters, together, support::world());
        BOOST_TEST(one == all);
        BOOST_TEST((alone == together));
        BOOST_TEST(bound(parameters, {}, support::world()) == one);
    }
    const flow::RandomBonds bonds = random_bonds(4);
    for (const auto sharing : {flow::RuleSharing::level, flow::RuleSharing::spin})
        BOOST_TEST(best_random_bond_bound(bonds, sharing, 3, support::world()).log_z ==
                   best_random_bond_bound(bonds, sharing, 3).log_z);
}

BOOST_AUTO_TEST_CASE(rows_of_faces) {
    const mpi::Communicator self = mpi::Communicator::self();
    flow::FaceFlow alone(self, 4, 0.25), together(support::world(), 4, 0.25);
    flow::FaceFlow::Values here = alone.bonds_shared(0.16), there = together.bonds_shared(0.16);
    for (int step = 0; step < 4; ++step) BOOST_TEST(alone.apply(here) == together.apply(there));
    BOOST_TEST(std::ranges::equal(here, there));
    BOOST_TEST(alone.shells(here).spread > 1e-6);
}
