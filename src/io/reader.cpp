#include <blockspin/io/reader.hpp>

#include "file_reader.hpp"
#include "file_writer.hpp"
#include "virtual_dataset.hpp"

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/mpi/agreement.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace blockspin::io {

FileReader::FileReader(mpi::Communicator comm, std::filesystem::path path)
    : comm_(std::move(comm)), path_(std::move(path)),
      file_(mpi::collectively(comm_, [&] { return open_for_reading(path_); })) {}

void FileReader::refuse(const std::string& path, std::string_view message) const {
    throw core::DataError(fmt::format("{}: {}: {}", path_.string(), path, message));
}

Handle FileReader::dataset(const std::string& path) const {
    if (!object_exists(file_, path)) refuse(path, "is missing");
    try {
        return open_dataset(file_, path);
    } catch (const core::IoError&) {
        refuse(path, "is not a dataset");
    }
}

void FileReader::read(const std::string& path, hid_t memory_type, std::size_t element_bytes, const Slab& slab,
                      std::span<std::byte> bytes) const {
    const Handle opened = dataset(path);
    if (slab.shape != shape_of(opened))
        refuse(path, fmt::format("has shape {}, expected {}", to_text(shape_of(opened)), to_text(slab.shape)));
    core::ensure(slab.fits() && bytes.size() == slab.elements() * element_bytes, "data fill a box of their array");
    if (bytes.empty()) return;
    if (is_virtual(opened)) {
        read_virtual(opened, memory_type, element_bytes, slab, bytes, verified_);
    } else {
        read_box(opened, memory_type, slab, bytes);
    }
}

Reader::Reader(std::shared_ptr<const FileReader> file, std::string path)
    : file_(std::move(file)), path_(std::move(path)) {}

Reader Reader::open(const mpi::Communicator& comm, const std::filesystem::path& file) {
    return {std::make_shared<const FileReader>(comm.dup(), file), "/"};
}

Reader Reader::open(const std::filesystem::path& file) {
    return {std::make_shared<const FileReader>(mpi::Communicator::self(), file), "/"};
}

const std::filesystem::path& Reader::file() const noexcept { return file_->path(); }
const mpi::Communicator& Reader::communicator() const noexcept { return file_->communicator(); }

std::string Reader::absolute(std::string_view name) const {
    return fmt::format("{}{}{}", path_, path_ == "/" || name.empty() ? "" : "/", name);
}

void Reader::refuse(std::string_view name, std::string_view message) const { file_->refuse(absolute(name), message); }

namespace {

void require_type(const FileReader& file, const std::string& path, Type expected) {
    const auto type = stored_type(file.dataset(path));
    if (type == expected) return;
    file.refuse(path, fmt::format("holds {}, expected {}", type ? name_of(*type) : "a text", name_of(expected)));
}

} // namespace

void Reader::replicated(std::string_view name, Type type, const std::optional<std::vector<std::uint64_t>>& shape,
                        std::span<std::byte> data) const {
    const std::string path = absolute(name);
    require_type(*file_, path, type);
    file_->read(path, native_type(type), size_of(type), Slab::whole(shape ? *shape : this->shape(name)), data);
}

void Reader::distributed(std::string_view name, Type type, const Slab& slab, std::span<std::byte> data) const {
    mpi::collectively(communicator(), [&] {
        const std::string path = absolute(name);
        require_type(*file_, path, type);
        file_->read(path, native_type(type), size_of(type), slab, data);
    });
}

void Reader::raw(std::string_view name, const Slab& slab, std::span<std::byte> data) const {
    const auto stored = type(name);
    if (!stored) refuse(name, "is a text, expected numbers");
    file_->read(absolute(name), file_type(*stored), size_of(*stored), slab, data);
}

std::string Reader::text(std::string_view name) const {
    const std::string path = absolute(name);
    if (const auto stored = type(name)) file_->refuse(path, fmt::format("holds {}, expected a text", name_of(*stored)));
    if (const auto extent = shape(name); !extent.empty())
        file_->refuse(path, fmt::format("has shape {}, expected one text", to_text(extent)));
    return read_text(file_->handle(), path);
}

bool Reader::has(std::string_view name) const { return object_exists(file_->handle(), absolute(name)); }

std::vector<std::uint64_t> Reader::shape(std::string_view name) const {
    return shape_of(file_->dataset(absolute(name)));
}

std::optional<Type> Reader::type(std::string_view name) const {
    try {
        return stored_type(file_->dataset(absolute(name)));
    } catch (const core::DataError& error) {
        if (!has(name)) throw;
        refuse(name, error.what());
    }
}

std::optional<std::string> Reader::attribute(std::string_view object, std::string_view key) const {
    const std::string path = absolute(object);
    if (path != "/" && !object_exists(file_->handle(), path)) file_->refuse(path, "is missing");
    const Handle owner(H5Oopen(file_->handle().get(), path.c_str(), H5P_DEFAULT), H5Oclose, "open " + path);
    return read_attribute(owner, std::string(key));
}

bool Reader::is_group(std::string_view name) const {
    const std::string path = absolute(name);
    if (path != "/" && !object_exists(file_->handle(), path)) return false;
    const Handle object(H5Oopen(file_->handle().get(), path.c_str(), H5P_DEFAULT), H5Oclose, "open " + path);
    return H5Iget_type(object.get()) == H5I_GROUP;
}

Reader Reader::group(std::string_view name) const {
    const std::string path = absolute(name);
    if (!object_exists(file_->handle(), path)) file_->refuse(path, "is missing");
    if (!is_group(name)) file_->refuse(path, "is not a group");
    return {file_, path};
}

Reader Reader::tagged_group(std::string_view name, const Format& format) const {
    Reader inner = group(name);
    const std::string found = inner.attribute("", "format").value_or("none");
    if (found != format.name) inner.refuse("", fmt::format("has format '{}', expected '{}'", found, format.name));
    if (inner.format_version() > format.version) {
        inner.refuse("", fmt::format("has version {} of format '{}', this program reads up to {}",
                                     inner.format_version(), found, format.version));
    }
    return inner;
}

int Reader::format_version() const {
    const std::string text = attribute("", "format_version").value_or("0");
    int version = 0;
    std::from_chars(text.data(), text.data() + text.size(), version);
    return version;
}

std::optional<std::pair<std::string, std::string>> Reader::external_target(std::string_view name) const {
    const std::string path = absolute(name);
    H5L_info_t info{};
    if (H5Lget_info(file_->handle().get(), path.c_str(), &info, H5P_DEFAULT) < 0) file_->refuse(path, "is missing");
    if (info.type != H5L_TYPE_EXTERNAL) return std::nullopt;
    std::vector<char> stored(info.u.val_size);
    checked(H5Lget_val(file_->handle().get(), path.c_str(), stored.data(), stored.size(), H5P_DEFAULT), "read " + path);
    const char* file = nullptr;
    const char* object = nullptr;
    checked(H5Lunpack_elink_val(stored.data(), stored.size(), nullptr, &file, &object), "read " + path);
    return std::pair<std::string, std::string>(file, object);
}

std::vector<std::string> Reader::names() const {
    std::vector<std::string> found;
    const auto collect = [](hid_t, const char* name, const H5L_info_t*, void* list) -> herr_t {
        static_cast<std::vector<std::string>*>(list)->emplace_back(name);
        return 0;
    };
    const Handle opened(H5Gopen2(file_->handle().get(), path_.c_str(), H5P_DEFAULT), H5Gclose, "open " + path_);
    checked(H5Literate(opened.get(), H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, collect, &found), "list " + path_);
    std::ranges::sort(found);
    return found;
}

} // namespace blockspin::io
