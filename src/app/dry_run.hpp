#pragma once

#include <blockspin/core/error.hpp>
#include <blockspin/core/log.hpp>
#include <blockspin/mpi/communicator.hpp>

#include "study.hpp"

namespace blockspin::app {

/// Tells how a study would be laid out over the ranks, and what memory, disk space and time it needs, from a short
/// timing of its own sweeps; writes nothing. Collective.
core::ExitCode dry_run(const mpi::Communicator& comm, core::Log& log, const Study& study);

} // namespace blockspin::app
