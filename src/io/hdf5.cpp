#include <blockspin/io/hdf5.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>

#include <fmt/format.h>

#include <array>
#include <utility>

namespace blockspin::io {

namespace {

/// Runs before main(), and so before MPI_Init. HDF5 would otherwise hook its own tear-down into MPI_Finalize, and that
/// tear-down crashes on a file that could not be completed because a disk was full. Nothing depends on it: published
/// files are closed and synced one by one. Also silences the automatic printing of errors, which become exceptions.
const bool is_prepared = [] {
    return H5dont_atexit() >= 0 && H5open() >= 0 && H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;
}();

/// Keeps the first entry that it is shown: the walk begins at the innermost, where the cause is.
herr_t keep_first(unsigned depth, const H5E_error2_t* entry, void* text) {
    if (depth == 0 && entry->desc) *static_cast<std::string*>(text) = entry->desc;
    return 0;
}

std::string last_message() {
    std::string message;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, &message);
    H5Eclear2(H5E_DEFAULT);
    return message.empty() ? "no reason given" : message;
}

} // namespace

template <std::signed_integral Status> Status checked(Status status, std::string_view doing) {
    core::ensure(is_prepared, "the HDF5 library starts");
    if (status >= 0) return status;
    throw core::IoError(fmt::format("cannot {}: HDF5: {}", doing, last_message()));
}

template hid_t checked(hid_t, std::string_view);
template herr_t checked(herr_t, std::string_view);

Handle::Handle(hid_t id, Closer closer, std::string_view doing) : id_(checked(id, doing)), closer_(closer) {}

Handle::Handle(Handle&& other) noexcept
    : id_(std::exchange(other.id_, H5I_INVALID_HID)), closer_(std::exchange(other.closer_, nullptr)) {}

Handle& Handle::operator=(Handle&& other) noexcept {
    if (this != &other) {
        release();
        id_ = std::exchange(other.id_, H5I_INVALID_HID);
        closer_ = std::exchange(other.closer_, nullptr);
    }
    return *this;
}

Handle::~Handle() { release(); }

void Handle::close(std::string_view doing) {
    if (closer_) checked(std::exchange(closer_, nullptr)(std::exchange(id_, H5I_INVALID_HID)), doing);
}

void Handle::abandon() noexcept {
    id_ = H5I_INVALID_HID;
    closer_ = nullptr;
}

void Handle::release() noexcept {
    if (closer_) std::exchange(closer_, nullptr)(std::exchange(id_, H5I_INVALID_HID));
}

std::string_view name_of(Type type) {
    constexpr std::array<std::string_view, 10> names{"int8",   "int16",  "int32",  "int64",   "uint8",
                                                     "uint16", "uint32", "uint64", "float32", "float64"};
    return names.at(static_cast<std::size_t>(type));
}

std::size_t size_of(Type type) {
    constexpr std::array<std::size_t, 10> sizes{1, 2, 4, 8, 1, 2, 4, 8, 4, 8};
    return sizes.at(static_cast<std::size_t>(type));
}

hid_t native_type(Type type) {
    switch (type) {
    case Type::int8:
        return H5T_NATIVE_INT8;
    case Type::int16:
        return H5T_NATIVE_INT16;
    case Type::int32:
        return H5T_NATIVE_INT32;
    case Type::int64:
        return H5T_NATIVE_INT64;
    case Type::uint8:
        return H5T_NATIVE_UINT8;
    case Type::uint16:
        return H5T_NATIVE_UINT16;
    case Type::uint32:
        return H5T_NATIVE_UINT32;
    case Type::uint64:
        return H5T_NATIVE_UINT64;
    case Type::float32:
        return H5T_NATIVE_FLOAT;
    case Type::float64:
        return H5T_NATIVE_DOUBLE;
    }
    throw core::InternalError("an element type that does not exist");
}

hid_t file_type(Type type) {
    switch (type) {
    case Type::int8:
        return H5T_STD_I8LE;
    case Type::int16:
        return H5T_STD_I16LE;
    case Type::int32:
        return H5T_STD_I32LE;
    case Type::int64:
        return H5T_STD_I64LE;
    case Type::uint8:
        return H5T_STD_U8LE;
    case Type::uint16:
        return H5T_STD_U16LE;
    case Type::uint32:
        return H5T_STD_U32LE;
    case Type::uint64:
        return H5T_STD_U64LE;
    case Type::float32:
        return H5T_IEEE_F32LE;
    case Type::float64:
        return H5T_IEEE_F64LE;
    }
    throw core::InternalError("an element type that does not exist");
}

} // namespace blockspin::io
