#include <blockspin/io/folder_lock.hpp>

#include <blockspin/core/error.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace blockspin::io {

namespace {

/// 0, or the error of one attempt.
int try_to_lock(int descriptor) {
    struct flock whole = {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    return fcntl(descriptor, F_OFD_SETLK, &whole) == 0 ? 0 : errno;
}

} // namespace

FolderLock::FolderLock(const std::filesystem::path& folder, std::chrono::milliseconds patience)
    : descriptor_(open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (descriptor_ < 0) {
        throw core::IoError(fmt::format("cannot write in {}: {}", folder.string(), std::strerror(errno)));
    }
    const auto end = std::chrono::steady_clock::now() + patience;
    for (int error; (error = try_to_lock(descriptor_)) == EAGAIN || error == EACCES;) {
        if (std::chrono::steady_clock::now() > end) {
            close(descriptor_);
            throw core::InputError(fmt::format("another run is at work in {}", folder.string()));
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

FolderLock::~FolderLock() {
    if (descriptor_ >= 0) close(descriptor_);
}

FolderLock::FolderLock(FolderLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

} // namespace blockspin::io
