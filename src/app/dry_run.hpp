#pragma once

#include <filesystem>
#include <optional>

#include <blockspin/core/error.hpp>
#include <blockspin/core/log.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/mpi/message_time.hpp>

#include "study.hpp"

namespace blockspin::app {

/// Tells how a study would be laid out over the ranks, and what memory, disk space and time it needs, from a short
/// timing of its own sweeps, and the size and the time of a checkpoint, from a file without a name on the disk of
/// `folder`; leaves nothing behind. Also foretells a sweep and an update on more ranks than these, from what computing
/// takes here and what messages take: as given, or else measured between two of these ranks, or else assumed.
/// Collective.
core::ExitCode dry_run(const mpi::Communicator& comm, core::Log& log, const Study& study,
                       const std::filesystem::path& folder, const std::optional<mpi::MessageTime>& message);

} // namespace blockspin::app
