#pragma once

#include <blockspin/mpi/collectives.hpp>
#include <blockspin/mpi/communicator.hpp>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace support {

/// An empty folder that all ranks share and that is gone with its owner. Collective.
class ScratchFolder {
  public:
    explicit ScratchFolder(const blockspin::mpi::Communicator& comm) : comm_(comm) {
        std::string pattern = (std::filesystem::temp_directory_path() / "blockspin-test-XXXXXX").string();
        if (comm.is_root() && !mkdtemp(pattern.data())) std::abort();
        path_ = blockspin::mpi::broadcast(comm, pattern);
    }
    ~ScratchFolder() {
        comm_.barrier();
        if (comm_.is_root()) std::filesystem::remove_all(path_);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  private:
    const blockspin::mpi::Communicator& comm_;
    std::filesystem::path path_;
};

} // namespace support
