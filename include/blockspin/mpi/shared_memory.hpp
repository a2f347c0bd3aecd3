#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include <blockspin/mpi/communicator.hpp>

namespace blockspin::mpi {

/// Memory that several ranks of a node read and write directly. It belongs to no name in the file system, so nothing
/// is left of it whichever way a run ends, and a rank gives it back by itself, without the others. Move-only.
class SharedMemory {
  public:
    /// So many bytes, zeros at first, the same for all ranks; nothing where they are on several nodes, or the operating
    /// system does not give it to all of them. Collective.
    static std::optional<SharedMemory> allocate(const Communicator& comm, std::size_t bytes);

    SharedMemory(SharedMemory&& other) noexcept;
    SharedMemory& operator=(SharedMemory&& other) noexcept;
    SharedMemory(const SharedMemory&) = delete;
    SharedMemory& operator=(const SharedMemory&) = delete;
    ~SharedMemory();

    /// It starts at a page.
    std::span<std::byte> bytes() const noexcept { return bytes_; }

  private:
    explicit SharedMemory(std::span<std::byte> mapped) noexcept : bytes_(mapped) {}

    std::span<std::byte> bytes_;
};

/// Returns once every rank has called it; what each wrote to shared memory before is there for all. Collective.
void meet(const Communicator& comm);

} // namespace blockspin::mpi
