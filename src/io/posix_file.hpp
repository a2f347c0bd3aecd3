#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

namespace blockspin::io {

/// Owner of a file descriptor. Every member throws IoError with the reason of the operating system.
class PosixFile {
  public:
    enum class Mode { read, append, create };

    PosixFile(std::filesystem::path path, Mode mode);
    ~PosixFile();
    PosixFile(const PosixFile&) = delete;
    PosixFile& operator=(const PosixFile&) = delete;

    std::uint64_t size() const;
    /// Fills `bytes` from `offset`; DataError if the file ends before.
    void read(std::uint64_t offset, std::span<std::byte> bytes) const;
    /// Writes all bytes at the end of the file.
    void write(std::span<const std::byte> bytes);
    /// Makes the file at least this long, with its blocks allocated; nothing where the file system cannot do that.
    void reserve(std::uint64_t bytes);
    /// Returns once the contents are on the disk.
    void sync() const;

  private:
    std::filesystem::path path_;
    int descriptor_ = -1;
};

/// Makes sure that the disk has room for the first `bytes` bytes of an existing file, where the file system can tell.
void reserve_space(const std::filesystem::path& file, std::uint64_t bytes);
/// Lets the disk begin with what has been written, without waiting for it; a hint, whose failure sync_file() will tell.
void start_writing(const std::filesystem::path& file) noexcept;
/// Forces a file's contents to the disk.
void sync_file(const std::filesystem::path& file);
/// Renames a file over another of the same folder and forces the folder to the disk.
void rename_durably(const std::filesystem::path& from, const std::filesystem::path& to);
/// DataError unless there is such a file.
void require_present(const std::filesystem::path& file);
/// Removes a file if it is there.
void remove_file(const std::filesystem::path& file);
/// Makes a folder and its parents.
void make_folder(const std::filesystem::path& folder);
/// The folder that a file is in, "." for a plain name.
std::filesystem::path folder_of(const std::filesystem::path& file);

} // namespace blockspin::io
