// [bounds] gives the same rows on any number of ranks.
#include <boost/test/unit_test.hpp>

#include <blockspin/bounds/report.hpp>
#include <blockspin/core/error.hpp>

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

} // namespace

BOOST_AUTO_TEST_CASE(rows_do_not_depend_on_the_ranks) {
    bounds::BoundsParameters parameters;
    parameters.seconds = 0.02;
    const bounds::Report together = bounds::report(support::world(), square, points(), parameters);
    const bounds::Report alone = bounds::report(mpi::Communicator::self(), square, points(), parameters);
    BOOST_TEST((together.rows == alone.rows));
    BOOST_REQUIRE(together.points.size() == 5);
    for (std::size_t i = 0; i < 5; ++i) {
        BOOST_TEST(together.points[i].low == alone.points[i].low);
        BOOST_TEST(together.points[i].high == alone.points[i].high);
        BOOST_TEST(together.points[i].low < together.points[i].high);
    }
}

BOOST_AUTO_TEST_CASE(a_method_that_holds_nowhere_is_an_error) {
    bounds::BoundsParameters parameters;
    parameters.methods = {"slab"};
    BOOST_CHECK_THROW(bounds::report(support::world(), square, points(), parameters), core::InputError);
}
