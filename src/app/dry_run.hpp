#pragma once

#include <filesystem>

#include <blockspin/core/error.hpp>
#include <blockspin/core/log.hpp>
#include <blockspin/mpi/communicator.hpp>

#include "study.hpp"

namespace blockspin::app {

/// Tells how a study would be laid out over the ranks, and what memory, disk space and time it needs, from a short
/// timing of its own sweeps, and the size and the time of a checkpoint, from a file without a name on the disk of `folder`;
/// leaves nothing behind. Collective.
core::ExitCode dry_run(const mpi::Communicator& comm, core::Log& log, const Study& study,
                       const std::filesystem::path& folder);

} // namespace blockspin::app
