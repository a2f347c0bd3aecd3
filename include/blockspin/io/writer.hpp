#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <blockspin/io/checkpointable.hpp>
#include <blockspin/io/hdf5.hpp>
#include <blockspin/mpi/communicator.hpp>

namespace blockspin::io {

class FileWriter;

/// How a distributed array is laid out in the file.
struct Storage {
    std::vector<std::uint64_t> chunk{}; ///< shape of a chunk; empty: contiguous, no compression
    int deflate = 0;                    ///< compression level 0 … 9; needs chunks
};

/// One sealed file of a growing data set (see SegmentStore).
struct Segment {
    std::string file;            ///< name, relative to the folder
    std::uint64_t first_row = 0; ///< global number of its first row
    std::uint64_t rows = 0;
    std::uint64_t seal = 0; ///< hash that seals the file

    bool operator==(const Segment&) const = default;
};

/// A group of a file that is being published: a cheap handle. Every member is Collective: called by all ranks in the
/// same order with the same names, shapes and replicated contents (anything else is an InternalError on all ranks). A
/// failure of HDF5 on one rank is the same IoError on all. Names are relative to the group, without '/'.
class Writer {
  public:
    /// For FileWriter; others get theirs from publish().
    Writer(std::shared_ptr<FileWriter> file, std::string path);

    /// One number, as a dataset without dimensions.
    template <Storable T> void value(std::string_view name, T number) {
        replicated(name, type_of<T>(), {}, std::as_bytes(std::span(&number, 1)));
    }
    /// One text, as a UTF-8 string of fixed length.
    void text(std::string_view name, std::string_view text);

    /// A one-dimensional array that every rank holds in full; written once.
    template <class T> void array(std::string_view name, std::span<const T> data) {
        replicated(name, type_of<T>(), {data.size()}, std::as_bytes(data));
    }
    template <class T> void array(std::string_view name, const std::vector<T>& data) {
        array(name, std::span<const T>(data));
    }
    /// A row-major array of any shape that every rank holds in full; written once.
    template <class T>
    void array(std::string_view name, const std::vector<std::uint64_t>& shape, std::span<const T> data) {
        replicated(name, type_of<T>(), shape, std::as_bytes(data));
    }
    /// An array of which each rank holds a box, possibly an empty one. The boxes must not overlap and must cover the
    /// array; that their elements add up to it is checked.
    template <class T>
    void array(std::string_view name, const Slab& slab, std::span<const T> data, const Storage& storage = {}) {
        distributed(name, type_of<T>(), slab, std::as_bytes(data), storage);
    }

    /// Makes the group and returns a handle on it.
    Writer group(std::string_view name);
    /// Saves `object` in a group of its own with its format tag.
    template <Checkpointable T> void object(std::string_view name, const T& object) {
        Writer inner = tagged_group(name, Format::of<T>());
        object.save(inner);
    }

    /// A text attribute of the named object of this group, or of the group itself if `object` is empty.
    void attribute(std::string_view object, std::string_view key, std::string_view text);
    /// Names the dimensions of `dataset`: one-dimensional datasets of this group become its dimension scales (in the
    /// convention of netCDF-4, so that xarray finds them), in the order of the dimensions.
    void dimensions(std::string_view dataset, const std::vector<std::string>& scales);
    /// A link to an object of another file in the same folder; `file` is a plain file name.
    void external_link(std::string_view name, const std::string& file, const std::string& object);
    /// A virtual dataset that glues `dataset` of all segments along its first dimension. The segment files must lie in
    /// the folder of this file, and there must be at least one; DataError if one is missing or does not fit.
    void concatenated(std::string_view name, std::span<const Segment> segments, std::string_view dataset);

    /// Path of this group in the file, "/" for the root.
    const std::string& path() const noexcept { return path_; }
    const mpi::Communicator& communicator() const noexcept;

  private:
    void replicated(std::string_view name, Type type, const std::vector<std::uint64_t>& shape,
                    std::span<const std::byte> data);
    void distributed(std::string_view name, Type type, const Slab& slab, std::span<const std::byte> data,
                     const Storage& storage);
    Writer tagged_group(std::string_view name, const Format& format);
    std::string absolute(std::string_view name) const;

    std::shared_ptr<FileWriter> file_;
    std::string path_;
};

} // namespace blockspin::io
