// [bounds] gives the same rows on any number of ranks, and after a restart.
#include <boost/test/unit_test.hpp>

#include <blockspin/bounds/scan.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/io/checkpoint.hpp>

#include "support/scratch_folder.hpp"
#include "support/world.hpp"

using namespace blockspin;

namespace {

const lattice::Geometry square(lattice::Lattice::square, {8, 8});

std::vector<model::Point> points() {
    std::vector<model::Point> result;
    for (const double K : {0.1, 0.3, -0.4, 0.44, 0.5})
        result.push_back({.label = std::to_string(K), .couplings = {{"nn", K}}});
    return result;
}

bounds::Task task(double seconds) {
    bounds::Task result{{}, square, points()};
    result.parameters.seconds = seconds;
    return result;
}

} // namespace

BOOST_AUTO_TEST_CASE(rows_do_not_depend_on_the_ranks) {
    process::Timers timers;
    const mpi::Communicator self = mpi::Communicator::self();
    bounds::Scan together(support::world(), task(0.02), timers), alone(self, task(0.02), timers);
    while (!together.done()) together.step();
    while (!alone.done()) alone.step();
    BOOST_TEST((together.results() == alone.results()));
    BOOST_TEST(together.steps_done() == together.steps_total());
    int widths = 0;
    for (const io::Row& row : alone.results()) {
        if (row.quantity != "width of the bracket") continue;
        ++widths;
        BOOST_TEST(row.value > 0.0);
    }
    BOOST_TEST(widths == 5);
}

BOOST_AUTO_TEST_CASE(a_bound_that_is_foreseen_is_evaluated_within_the_budget) {
    process::Timers timers;
    bounds::Scan scan(support::world(), task(0.02), timers);
    BOOST_TEST(scan.seconds_left() <= 5 * 0.02 + 1e-12);
    BOOST_TEST(scan.seconds_left() > 0.0);
    double before = scan.seconds_left();
    while (!scan.done()) {
        scan.step();
        BOOST_TEST(scan.seconds_left() < before);
        before = scan.seconds_left();
    }
    BOOST_TEST(before == 0.0);
}

BOOST_AUTO_TEST_CASE(a_scan_goes_on_from_any_checkpoint) {
    const support::ScratchFolder folder(support::world());
    process::Timers timers;
    bounds::Scan whole(support::world(), task(0.005), timers);
    for (int stop = 0; !whole.done(); ++stop, whole.step()) {
        if (stop % 4 != 1) continue;
        io::CheckpointStore store(support::world(), folder.path(), "bounds", "");
        store.save(whole, whole.steps_done());
        bounds::Scan again(support::world(), task(0.005), timers);
        again.step();
        BOOST_REQUIRE(store.load(again));
        BOOST_TEST(again.steps_done() == whole.steps_done());
        if (stop != 1) continue;
        while (!again.done()) again.step();
        bounds::Scan reference(support::world(), task(0.005), timers);
        while (!reference.done()) reference.step();
        BOOST_TEST((again.results() == reference.results()));
    }
}

BOOST_AUTO_TEST_CASE(a_method_that_holds_nowhere_is_an_error) {
    process::Timers timers;
    bounds::Task slabs = task(0.02);
    slabs.parameters.methods = {"slab"};
    BOOST_CHECK_THROW(bounds::Scan(support::world(), slabs, timers), core::InputError);
}
