#pragma once

#include <blockspin/io/hdf5.hpp>
#include <blockspin/io/writer.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/communicator.hpp>

#include <concepts>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace blockspin::io {

/// Arrays of 64 KiB and more begin at multiples of this, the pages of memory and of most disks.
inline constexpr std::uint64_t large_array_alignment = 4096;

/// What this rank has written, for the comparison with the file.
struct Written {
    std::string path;
    Type type{};
    Slab slab;
    std::uint64_t hash = 0;
    bool is_text = false;
};

/// An HDF5 file that all ranks write together. Every operation begins with enter(), so that a rank that has failed
/// elsewhere, or that calls something else, is met by an agreement and never by a transfer that it does not take part
/// in.
class FileWriter {
  public:
    /// Makes `temporary`, which will be published as `target`. Collective.
    FileWriter(const mpi::Communicator& comm, std::filesystem::path target, std::filesystem::path temporary);
    /// A file that was not finished is left open: to close it would make HDF5 write again what it could not write, with
    /// ranks that wait for each other inside.
    ~FileWriter() { file_.abandon(); }
    FileWriter(const FileWriter&) = delete;
    FileWriter& operator=(const FileWriter&) = delete;

    /// `describe` checks the arguments of an operation and returns a text that must be equal on all ranks. Collective.
    /// Then reserves the disk space for `coming_bytes` of data and some structure.
    template <std::invocable Describe> void enter(Describe&& describe, std::uint64_t coming_bytes = 0) {
        require_same(mpi::collectively(comm_, std::forward<Describe>(describe)));
        reserve(coming_bytes);
    }
    /// An action on the structure of the file, in which a failure of one rank becomes a failure of all. Collective.
    template <std::invocable Action> auto everywhere(Action&& action) {
        return mpi::collectively(comm_, std::forward<Action>(action));
    }
    /// Writes this rank's box of an open dataset, in pieces of bounded size, each of which the disk takes up while the
    /// next is copied. Returns the hash of the data. Collective.
    std::uint64_t transfer(const Handle& dataset, const std::string& path, Type type, const Slab& slab,
                           std::span<const std::byte> data, bool is_chunked);
    /// Remembers what this rank wrote.
    void remember(Written piece) { written_.push_back(std::move(piece)); }

    /// The end of the operations, reached with an exception or without; closes the file. Collective.
    std::vector<Written> finish(std::exception_ptr failure);

    hid_t id() const;
    const mpi::Communicator& communicator() const noexcept { return comm_; }
    const std::filesystem::path& target() const noexcept { return target_; }

  private:
    void require_same(const std::string& description) const;
    void reserve(std::uint64_t coming_bytes);

    mpi::Communicator comm_; // made by a split: HDF5 must never see a Cartesian communicator
    std::filesystem::path target_;
    std::filesystem::path temporary_;
    Handle file_;
    std::vector<Written> written_;
    std::uint64_t needed_ = 0;   // bytes that the file will have at most, and
    std::uint64_t reserved_ = 0; // those for which the disk has room
};

/// Dataspace of an array; scalar for no dimensions.
Handle space_of(std::span<const std::uint64_t> shape);
/// Dataspace of the file with a box selected, and the dataspace of the box in memory.
struct Selection {
    explicit Selection(const Slab& slab);
    Handle file;
    Handle memory;
};
/// Fixed-length UTF-8 string type.
Handle text_type(std::size_t length);

} // namespace blockspin::io
