#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

#include <blockspin/io/reader.hpp>
#include <blockspin/io/seal.hpp>
#include <blockspin/io/writer.hpp>
#include <blockspin/mpi/communicator.hpp>

namespace blockspin::io {

/// Writes an HDF5 file so that at any moment either the old or the new one is there, whole: into a temporary in the
/// same folder, closed, sealed, forced to disk, read back and compared with what was in memory, renamed, and the folder
/// forced to disk. Whatever fails on any rank is the same error on all; then the temporary is gone and an old file is
/// as it was. Returns the hash of the seal. Collective.
std::uint64_t publish(const mpi::Communicator& comm, const std::filesystem::path& file,
                      const std::function<void(Writer&)>& write);

/// The same for a small text (JSON, TOML) known to rank 0, without a seal. Collective.
void publish_text(const mpi::Communicator& comm, const std::filesystem::path& file, std::string_view text);

/// Opens a published file after a check of its seal; DataError if it is not whole. Collective.
Reader open_sealed(const mpi::Communicator& comm, const std::filesystem::path& file);

/// Where publish() writes before the rename.
std::filesystem::path temporary_of(const std::filesystem::path& file);

} // namespace blockspin::io
