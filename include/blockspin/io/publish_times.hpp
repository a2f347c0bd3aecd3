#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include <blockspin/io/writer.hpp>
#include <blockspin/mpi/communicator.hpp>

namespace blockspin::io {

/// Where the time of publish() goes, in seconds, on the calling rank. The disk is at work from the first piece that is
/// written, so sync is what the checksums leave to wait for.
struct PublishTimes {
    double write = 0.0;     ///< from memory into the file, closed
    double seal = 0.0;      ///< checksums of all blocks, written behind the contents
    double sync = 0.0;      ///< until all of it is on the disk
    double read_back = 0.0; ///< reading it and comparing with what was in memory
    double rename = 0.0;    ///< to the final name, and until the folder is on the disk
};

/// publish() that tells its times. Collective.
std::uint64_t publish(const mpi::Communicator& comm, const std::filesystem::path& file,
                      const std::function<void(Writer&)>& write, PublishTimes& times);

} // namespace blockspin::io
