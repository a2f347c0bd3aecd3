// The main() of every C++ test: Boost.Test under MPI. A failed check on any rank fails all of them; a rank that
// leaves a test case early (exception, failed requirement) ends the run instead of leaving the others waiting.
#define BOOST_TEST_NO_MAIN
#include "support/world.hpp"

#include <boost/test/tree/observer.hpp>
#include <boost/test/unit_test.hpp>

#include <blockspin/mpi/collectives.hpp>

#include <iostream>
#include <memory>

namespace {

std::unique_ptr<blockspin::mpi::Communicator> the_world;

class AbortOnEarlyExit : public boost::unit_test::test_observer {
  public:
    explicit AbortOnEarlyExit(const blockspin::mpi::Environment& environment) : environment_(environment) {
        boost::unit_test::framework::register_observer(*this);
    }
    void test_unit_aborted(const boost::unit_test::test_unit&) override { leave(); }
    void exception_caught(const boost::execution_exception&) override { leave(); }

  private:
    void leave() const {
        if (the_world->size() == 1) return;
        std::cout.flush();
        std::cerr.flush();
        environment_.abort(1);
    }
    const blockspin::mpi::Environment& environment_;
};

bool no_further_setup() { return true; }

} // namespace

namespace support {

const blockspin::mpi::Communicator& world() { return *the_world; }

} // namespace support

int main(int argc, char** argv) {
    using namespace blockspin;
    const mpi::Environment environment(argc, argv);
    the_world = std::make_unique<mpi::Communicator>(mpi::Communicator::world(environment));
    const AbortOnEarlyExit observer(environment);
    const int here = boost::unit_test::unit_test_main(no_further_setup, argc, argv);
    const int anywhere = mpi::all_reduce(*the_world, here, mpi::Op::max);
    the_world.reset();
    return anywhere;
}
