#include "posix_file.hpp"

#include <blockspin/core/error.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace blockspin::io {

namespace {

[[noreturn]] void refuse(std::string_view doing, const std::filesystem::path& path, int reason = errno) {
    throw core::IoError(fmt::format("cannot {} {}: {}", doing, path.string(), std::generic_category().message(reason)));
}

int flags_of(PosixFile::Mode mode) {
    switch (mode) {
    case PosixFile::Mode::read:
        return O_RDONLY;
    case PosixFile::Mode::append:
        return O_WRONLY | O_APPEND;
    case PosixFile::Mode::create:
        return O_WRONLY | O_CREAT | O_TRUNC;
    }
    return O_RDONLY;
}

/// Some file systems cannot sync a folder and say EINVAL; there is then nothing that could be done.
void sync_descriptor(int descriptor, const std::filesystem::path& path) {
    if (fsync(descriptor) != 0 && errno != EINVAL) refuse("force to disk", path);
}

void throw_if(const std::error_code& error, std::string_view doing, const std::filesystem::path& path) {
    if (error) refuse(doing, path, error.value());
}

} // namespace

PosixFile::PosixFile(std::filesystem::path path, Mode mode) : path_(std::move(path)) {
    constexpr mode_t permissions = 0666;
    do {
        descriptor_ = open(path_.c_str(), flags_of(mode) | O_CLOEXEC, permissions);
    } while (descriptor_ < 0 && errno == EINTR);
    if (descriptor_ < 0) refuse(mode == Mode::create ? "create" : "open", path_);
}

PosixFile::~PosixFile() { close(descriptor_); }

std::uint64_t PosixFile::size() const {
    struct stat status {};
    if (fstat(descriptor_, &status) != 0) refuse("inspect", path_);
    if (!S_ISREG(status.st_mode)) throw core::DataError(fmt::format("{} is not a regular file", path_.string()));
    return static_cast<std::uint64_t>(status.st_size);
}

void PosixFile::read(std::uint64_t offset, std::span<std::byte> bytes) const {
    while (!bytes.empty()) {
        const ssize_t got = pread(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) refuse("read", path_);
        if (got == 0) throw core::DataError(fmt::format("{} is cut short", path_.string()));
        bytes = bytes.subspan(static_cast<std::size_t>(got));
        offset += static_cast<std::uint64_t>(got);
    }
}

void PosixFile::write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t put = ::write(descriptor_, bytes.data(), bytes.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) refuse("write", path_);
        bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
}

void PosixFile::reserve(std::uint64_t bytes) {
    if (fallocate(descriptor_, 0, 0, static_cast<off_t>(bytes)) == 0) return;
    if (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINTR) refuse("reserve space for", path_);
}

void PosixFile::sync() const { sync_descriptor(descriptor_, path_); }

void reserve_space(const std::filesystem::path& file, std::uint64_t bytes) {
    PosixFile(file, PosixFile::Mode::append).reserve(bytes);
}

void start_writing(const std::filesystem::path& file) noexcept {
    const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return;
    sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE);
    close(descriptor);
}

void sync_file(const std::filesystem::path& file) { PosixFile(file, PosixFile::Mode::read).sync(); }

void rename_durably(const std::filesystem::path& from, const std::filesystem::path& to) {
    std::error_code error;
    std::filesystem::rename(from, to, error);
    throw_if(error, "rename to", to);
    sync_file(folder_of(to));
}

void require_present(const std::filesystem::path& file) {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) throw core::DataError(fmt::format("{} is missing", file.string()));
}

void remove_file(const std::filesystem::path& file) {
    std::error_code error;
    std::filesystem::remove(file, error);
    throw_if(error, "remove", file);
}

void make_folder(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    throw_if(error, "make the folder", folder);
}

std::filesystem::path folder_of(const std::filesystem::path& file) {
    return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

} // namespace blockspin::io
