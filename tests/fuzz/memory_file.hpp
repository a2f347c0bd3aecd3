#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

namespace fuzz {

/// A file that is only in memory, for readers that want a path.
class MemoryFile {
  public:
    MemoryFile() : descriptor_(memfd_create("fuzz", 0)), path_("/proc/self/fd/" + std::to_string(descriptor_)) {
        if (descriptor_ < 0) std::abort();
    }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    ~MemoryFile() { close(descriptor_); }

    void hold(const std::uint8_t* data, std::size_t size) {
        if (ftruncate(descriptor_, 0) != 0) std::abort();
        if (pwrite(descriptor_, data, size, 0) != static_cast<ssize_t>(size)) std::abort();
    }
    const std::filesystem::path& path() const noexcept { return path_; }

  private:
    int descriptor_;
    std::filesystem::path path_;
};

/// What a claim that does not hold is to a fuzzer.
inline void require(bool condition) {
    if (!condition) std::abort();
}

} // namespace fuzz
