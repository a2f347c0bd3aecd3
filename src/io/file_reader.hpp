#pragma once

#include "reading.hpp"

#include <blockspin/mpi/communicator.hpp>

#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace blockspin::io {

/// A file that this rank has open, with the ranks that read it together.
class FileReader {
  public:
    FileReader(mpi::Communicator comm, std::filesystem::path path);

    /// An open dataset; DataError that names file and path if there is none.
    Handle dataset(const std::string& path) const;
    /// A box of a dataset, virtual or not, converted to `memory_type`.
    void read(const std::string& path, hid_t memory_type, std::size_t element_bytes, const Slab& slab,
              std::span<std::byte> bytes) const;
    /// DataError "file: path: message".
    [[noreturn]] void refuse(const std::string& path, std::string_view message) const;

    const Handle& handle() const noexcept { return file_; }
    const std::filesystem::path& path() const noexcept { return path_; }
    const mpi::Communicator& communicator() const noexcept { return comm_; }

  private:
    mpi::Communicator comm_;
    std::filesystem::path path_;
    Handle file_;
    mutable std::set<std::filesystem::path> verified_; // sources of virtual datasets whose seals have been checked
};

} // namespace blockspin::io
