// Exact block sums of 36 spins: the same bits on any number of ranks.
#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/coarsen/rules.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/flow/block_sum.hpp>
#include <blockspin/mpi/collectives.hpp>

using namespace blockspin;

BOOST_AUTO_TEST_CASE(six_by_six_spins_in_nine_and_four_blocks_have_the_same_bits_on_any_number_of_ranks) {
    const model::Hamiltonian hamiltonian(lattice::Lattice::square, {{"nn", 0.4}, {"nnn", 0.03}, {"field", 0.02}});
    const lattice::Geometry geometry(lattice::Lattice::square, {6, 6});
    for (const int b : {2, 3}) {
        const auto rule = coarsen::tabulated(coarsen::Majority(b), 2);
        const auto together = flow::block_sum(support::world(), hamiltonian, geometry, rule, flow::Slopes::all);
        const auto alone = flow::block_sum(mpi::Communicator::self(), hamiltonian, geometry, rule, flow::Slopes::all);
        BOOST_TEST(together.log_weights == alone.log_weights);
        BOOST_TEST(together.ln_z == alone.ln_z);
        BOOST_TEST((together.slopes == alone.slopes));
        BOOST_TEST(together.slopes.size() == 3u);
        BOOST_TEST(together.log_weights.size() == (b == 2 ? 512u : 16u));
        const std::vector<double> everywhere = mpi::all_gather(support::world(), together.ln_z);
        for (const double ln_z : everywhere) BOOST_TEST(ln_z == alone.ln_z);
    }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_summed_is_refused_on_all_ranks) {
    const model::Hamiltonian far(lattice::Lattice::square, {{"3nn", 0.1}});
    const auto rule = coarsen::tabulated(coarsen::Majority(2), 2);
    BOOST_CHECK_THROW(flow::block_sum(support::world(), far, lattice::Geometry(lattice::Lattice::square, {6, 6}), rule),
                      core::InputError);
}
