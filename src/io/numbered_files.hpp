#pragma once

// Files of one folder that are told apart by a number: PREFIX000042.h5.

#include <blockspin/mpi/communicator.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace blockspin::io {

/// "PREFIX000042.h5".
std::string numbered_name(std::string_view prefix, std::uint64_t number);
/// The numbers for which the folder holds such a file, ascending: what the root sees. Collective.
std::vector<std::uint64_t> numbers_in(const mpi::Communicator& comm, const std::filesystem::path& folder,
                                      const std::string& prefix);
/// Removes these files of the folder. Collective.
void remove_numbered(const mpi::Communicator& comm, const std::filesystem::path& folder, const std::string& prefix,
                     const std::vector<std::uint64_t>& numbers);
/// Makes the folder and removes the temporaries of such files that killed runs have left. Collective.
void prepare_folder(const mpi::Communicator& comm, const std::filesystem::path& folder, const std::string& prefix);

} // namespace blockspin::io
