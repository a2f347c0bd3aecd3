#include "commands.hpp"

#include <blockspin/mpi/communicator.hpp>

namespace blockspin::app {

core::ExitCode on_root(const Command& work) {
    int argc = 0;
    char** argv = nullptr;
    const mpi::Environment environment(argc, argv);
    return mpi::Communicator::world(environment).is_root() ? work() : core::ExitCode::done;
}

} // namespace blockspin::app
