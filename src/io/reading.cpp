#include "reading.hpp"

#include "file_writer.hpp"

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>

#include <fmt/format.h>

#include <system_error>

namespace blockspin::io {

Handle open_for_reading(const std::filesystem::path& file) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(file, ignored))
        throw core::DataError(fmt::format("{} does not exist or is not a regular file", file.string()));
    const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "prepare a file");
    checked(H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG), "prepare a file");
    checked(H5Pset_file_locking(access.get(), false, true), "prepare a file"); // published files never change
    const std::string doing = fmt::format("open {} as an HDF5 file", file.string());
    try {
        return Handle(H5Fopen(file.c_str(), H5F_ACC_RDONLY, access.get()), H5Fclose, doing);
    } catch (const core::IoError& error) {
        throw core::DataError(error.what());
    }
}

Handle open_dataset(const Handle& file, const std::string& path) {
    return Handle(H5Dopen2(file.get(), path.c_str(), H5P_DEFAULT), H5Dclose, fmt::format("open {}", path));
}

bool object_exists(const Handle& file, const std::string& path) {
    for (std::size_t end = 1; end < path.size();) {
        end = std::min(path.find('/', end + 1), path.size());
        const std::string part = path.substr(0, end);
        if (H5Lexists(file.get(), part.c_str(), H5P_DEFAULT) <= 0) return false;
        if (H5Oexists_by_name(file.get(), part.c_str(), H5P_DEFAULT) <= 0) return false;
    }
    return true;
}

std::vector<std::uint64_t> shape_of(const Handle& dataset) {
    const Handle space(H5Dget_space(dataset.get()), H5Sclose, "inspect a dataset");
    const int rank = checked(H5Sget_simple_extent_ndims(space.get()), "inspect a dataset");
    std::vector<hsize_t> extents(static_cast<std::size_t>(rank));
    checked(H5Sget_simple_extent_dims(space.get(), extents.data(), nullptr), "inspect a dataset");
    return {extents.begin(), extents.end()};
}

bool is_chunked(const Handle& dataset) {
    const Handle list(H5Dget_create_plist(dataset.get()), H5Pclose, "inspect a dataset");
    return H5Pget_layout(list.get()) == H5D_CHUNKED;
}

std::optional<Type> stored_type(const Handle& dataset) {
    const Handle type(H5Dget_type(dataset.get()), H5Tclose, "inspect a dataset");
    const H5T_class_t kind = H5Tget_class(type.get());
    const std::size_t size = H5Tget_size(type.get());
    if (kind == H5T_STRING && H5Tis_variable_str(type.get()) == 0) return std::nullopt;
    for (int i = 0; i < 10; ++i) {
        const auto candidate = static_cast<Type>(i);
        const hid_t native = native_type(candidate);
        const bool same = kind == H5Tget_class(native) && size == H5Tget_size(native) &&
                          (kind != H5T_INTEGER || H5Tget_sign(type.get()) == H5Tget_sign(native));
        if (same) return candidate;
    }
    throw core::DataError("a dataset of a type that blockspin does not read");
}

std::string read_text(const Handle& file, const std::string& path) {
    const Handle dataset = open_dataset(file, path);
    const Handle stored(H5Dget_type(dataset.get()), H5Tclose, "inspect a text");
    std::string text(H5Tget_size(stored.get()), '\0');
    checked(H5Dread(dataset.get(), stored.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, text.data()),
            fmt::format("read {}", path));
    text.erase(text.find_last_not_of('\0') + 1);
    return text;
}

std::optional<std::string> read_attribute(const Handle& object, const std::string& key) {
    if (H5Aexists(object.get(), key.c_str()) <= 0) return std::nullopt;
    const std::string doing = fmt::format("read the attribute {}", key);
    const Handle attribute(H5Aopen(object.get(), key.c_str(), H5P_DEFAULT), H5Aclose, doing);
    const Handle stored(H5Aget_type(attribute.get()), H5Tclose, doing);
    const Handle space(H5Aget_space(attribute.get()), H5Sclose, doing);
    const bool is_text = H5Tget_class(stored.get()) == H5T_STRING && H5Tis_variable_str(stored.get()) == 0 &&
                         H5Sget_simple_extent_npoints(space.get()) == 1;
    if (!is_text) return std::nullopt;
    std::string text(H5Tget_size(stored.get()), '\0');
    checked(H5Aread(attribute.get(), stored.get(), text.data()), doing);
    text.erase(text.find_last_not_of('\0') + 1);
    return text;
}

std::filesystem::path file_of(const Handle& object) {
    const auto length = static_cast<std::size_t>(
        checked(static_cast<hid_t>(H5Fget_name(object.get(), nullptr, 0)), "name the file of an object"));
    std::string name(length + 1, '\0');
    H5Fget_name(object.get(), name.data(), name.size());
    name.resize(length);
    return name;
}

void read_box(const Handle& dataset, hid_t memory_type, const Slab& slab, std::span<std::byte> bytes) {
    const Selection selection(slab);
    checked(
        H5Dread(dataset.get(), memory_type, selection.memory.get(), selection.file.get(), H5P_DEFAULT, bytes.data()),
        "read a dataset");
}

} // namespace blockspin::io
