#pragma once

#include <chrono>
#include <filesystem>

namespace blockspin::io {

/// Keeps other runs out of a folder: an advisory lock on FOLDER/lock that the operating system drops when the process
/// ends, however it ends. Where the file system knows no locks there is no protection.
class FolderLock {
  public:
    /// Waits up to `patience` for a run that is still at work there (the ranks of a killed launcher live on for a
    /// moment). InputError if it stays; IoError if the folder cannot be written.
    FolderLock(const std::filesystem::path& folder, std::chrono::milliseconds patience);
    ~FolderLock();
    FolderLock(FolderLock&& other) noexcept;
    FolderLock& operator=(FolderLock&& other) noexcept;
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

  private:
    int descriptor_ = -1;
};

} // namespace blockspin::io
