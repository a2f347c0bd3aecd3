#pragma once

#include <blockspin/mpi/communicator.hpp>

namespace support {

/// All ranks of the test run.
const blockspin::mpi::Communicator& world();

} // namespace support
