#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <blockspin/core/error.hpp>
#include <blockspin/io/checkpointable.hpp>
#include <blockspin/io/hdf5.hpp>
#include <blockspin/mpi/communicator.hpp>

namespace blockspin::io {

class FileReader;

/// A group of an open file: a cheap handle that keeps the file open. A name that is missing, or whose type or shape is
/// not the expected one, is a DataError that names file and path. Every rank reads through a file handle of its own;
/// only the members marked Collective must be called by all ranks.
class Reader {
  public:
    /// Opens a file without looking at its seal (see open_sealed). DataError if it is missing or not HDF5. Collective.
    static Reader open(const mpi::Communicator& comm, const std::filesystem::path& file);
    /// The same for the calling rank alone.
    static Reader open(const std::filesystem::path& file);

    /// One number.
    template <Storable T> T value(std::string_view name) const {
        T number{};
        replicated(name, type_of<T>(), std::vector<std::uint64_t>{}, std::as_writable_bytes(std::span(&number, 1)));
        return number;
    }
    /// One text.
    std::string text(std::string_view name) const;
    /// A whole array in row-major order.
    template <Storable T> std::vector<T> array(std::string_view name) const {
        std::vector<T> data(elements_of(shape(name)));
        replicated(name, type_of<T>(), std::nullopt, std::as_writable_bytes(std::span(data)));
        return data;
    }
    /// A box of an array into `data`, whatever boxes it was written from; slab.shape must be the shape of the array.
    /// The boxes of the ranks may overlap or be empty. Collective.
    template <Storable T> void array(std::string_view name, const Slab& slab, std::span<T> data) const {
        distributed(name, type_of<T>(), slab, std::as_writable_bytes(data));
    }

    bool has(std::string_view name) const;
    std::vector<std::uint64_t> shape(std::string_view name) const;
    /// Element type of a dataset; empty if it is a text.
    std::optional<Type> type(std::string_view name) const;
    /// Text attribute of an object of this group, or of the group itself if `object` is empty; empty if there is none.
    std::optional<std::string> attribute(std::string_view object, std::string_view key) const;
    /// A group of this group.
    Reader group(std::string_view name) const;
    bool is_group(std::string_view name) const;
    /// (file name, path in that file) if the name is a link to another file, whether or not it leads somewhere.
    std::optional<std::pair<std::string, std::string>> external_target(std::string_view name) const;
    /// Names of everything in this group, sorted.
    std::vector<std::string> names() const;

    /// Loads an object that Writer::object has saved; DataError if its format is another or from a later version.
    template <Checkpointable T> void object(std::string_view name, T& object) const {
        object.load(tagged_group(name, Format::of<T>()));
    }
    /// Version of the format of the object in this group; 0 if it has no format tag.
    int format_version() const;
    /// DataError "file: path: message", for what load() finds wrong.
    [[noreturn]] void refuse(std::string_view name, std::string_view message) const;

    /// Box of a dataset in the element type of the file, read by the calling rank alone, little-endian in `data`.
    void raw(std::string_view name, const Slab& slab, std::span<std::byte> data) const;

    const std::filesystem::path& file() const noexcept;
    /// Path of this group in the file, "/" for the root.
    const std::string& path() const noexcept { return path_; }
    const mpi::Communicator& communicator() const noexcept;

  private:
    Reader(std::shared_ptr<const FileReader> file, std::string path);
    void replicated(std::string_view name, Type type, const std::optional<std::vector<std::uint64_t>>& shape,
                    std::span<std::byte> data) const;
    void distributed(std::string_view name, Type type, const Slab& slab, std::span<std::byte> data) const;
    Reader tagged_group(std::string_view name, const Format& format) const;
    std::string absolute(std::string_view name) const;

    std::shared_ptr<const FileReader> file_;
    std::string path_;
};

} // namespace blockspin::io
