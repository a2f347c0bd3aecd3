#include "support/scratch_folder.hpp"
#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/io/publish.hpp>
#include <blockspin/mcrg/matching.hpp>
#include <blockspin/process/run.hpp>

#include <omp.h>

#include <cmath>

using namespace blockspin;
using lattice::Lattice;

static_assert(process::Process<mcrg::Matching> && io::ParameterSet<mcrg::MatchingParameters>);
static_assert(!process::Process<mcrg::BlockedChains>);

namespace {

const double critical = 0.5 * std::log(1 + std::sqrt(2.0));

mcrg::MatchingTask task(std::vector<std::int64_t> size, std::int64_t chains, std::int64_t sweeps) {
    return {.geometry = {Lattice::square, size},
            .coupling = 0.95 * critical,
            .parameters = {.operators = {"nn", "nnn", "plaquette"},
                           .rounds = 4,
                           .chains = chains,
                           .thermalization = sweeps / 4,
                           .sweeps = sweeps},
            .seed = 1984};
}

std::vector<io::Row> finish(mcrg::Matching& matching) {
    while (!matching.done()) matching.step();
    return matching.results();
}

} // namespace

BOOST_AUTO_TEST_CASE(matching_gives_the_same_bits_on_any_ranks_and_threads_and_after_a_restart) {
    // One chain, so that all ranks share both lattices.
    const auto what = task({32, 32}, 1, 24);
    process::Timers timers;
    const mpi::Communicator self = mpi::Communicator::self();
    mcrg::Matching alone(self, what, timers);
    const std::vector<io::Row> reference = finish(alone);
    BOOST_TEST(reference.size() == 6u); // of three operators on 4 x 4 and on 2 x 2
    const support::ScratchFolder folder(support::world());
    for (const int threads : {1, 2}) {
        omp_set_num_threads(threads);
        mcrg::Matching together(support::world(), what, timers);
        for (int i = 0; i < 38; ++i) together.step(); // into the second round
        io::publish(support::world(), folder / "state.h5",
                    [&](io::Writer& writer) { writer.object("matching", together); });
        BOOST_TEST((finish(together) == reference));
        mcrg::Matching restarted(support::world(), what, timers);
        io::open_sealed(support::world(), folder / "state.h5").object("matching", restarted);
        BOOST_TEST((finish(restarted) == reference));
    }
    omp_set_num_threads(1);
}

BOOST_AUTO_TEST_CASE(matching_finds_the_critical_coupling_of_the_square_lattice) {
    process::Timers timers;
    // Begun where the larger lattice has left the critical region, on either side.
    for (const double begin : {0.9, 1.08}) {
        auto far = task({32, 32}, 4, 250);
        far.coupling = begin * critical;
        far.parameters.rounds = 5;
        mcrg::Matching matching(support::world(), far, timers);
        for (const io::Row& row : finish(matching)) {
            // Finite size and the distance from the fixed point leave a few times 1e-3 of lattices this small.
            BOOST_TEST(*row.error < 0.01);
            BOOST_TEST(std::abs(row.value - critical) < 0.002 + 4 * *row.error,
                       row.quantity << " from " << begin << " K_c: " << row.value);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_matched_is_refused) {
    BOOST_CHECK_NO_THROW(mcrg::check(task({32, 32}, 1, 10)));
    BOOST_CHECK_THROW(mcrg::check(task({36, 30}, 1, 10)), core::InputError);
    BOOST_CHECK_THROW(mcrg::check(task({4, 4}, 1, 10)), core::InputError);
    auto odd = task({32, 32}, 1, 10);
    odd.parameters.operators = {"h"};
    BOOST_CHECK_THROW(mcrg::check(odd), core::InputError);
    auto open = task({32, 32}, 1, 10);
    open.geometry = {Lattice::square, {32, 32}, {lattice::Boundary::open, lattice::Boundary::periodic}};
    BOOST_CHECK_THROW(mcrg::check(open), core::InputError);
}
