#pragma once

#include <cstdint>
#include <filesystem>

#include <blockspin/mpi/communicator.hpp>

namespace blockspin::io {

/// Appends the seal to a complete file: an XXH3-64 hash of every block of 1 MiB and a footer that holds the length and
/// the hash of the seal itself (layout in FORMAT.md). The ranks share the hashing. Returns the hash of the seal.
/// IoError if the file cannot be read or written. Collective.
std::uint64_t seal(const mpi::Communicator& comm, const std::filesystem::path& file);

/// Is the file byte for byte what was sealed? DataError if it is cut short, extended, changed anywhere or not sealed at
/// all; IoError if it cannot be read. Returns the hash of its seal.
std::uint64_t verify_seal(const std::filesystem::path& file);
/// The same with the work shared by the ranks. Collective.
std::uint64_t verify_seal(const mpi::Communicator& comm, const std::filesystem::path& file);

/// The hash of the seal from the end of the file, without a look at the contents; errors as verify_seal.
std::uint64_t read_seal(const std::filesystem::path& file);

} // namespace blockspin::io
