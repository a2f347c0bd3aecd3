#pragma once

// Reading one file through HDF5 on the calling rank alone, with the POSIX driver.

#include "slab_parts.hpp"

#include <blockspin/io/hdf5.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace blockspin::io {

/// DataError if the file is missing or not HDF5.
Handle open_for_reading(const std::filesystem::path& file);
/// IoError with the message of HDF5 if it cannot be opened.
Handle open_dataset(const Handle& file, const std::string& path);
/// Is there such an object, and does every link on the way lead somewhere?
bool object_exists(const Handle& file, const std::string& path);

std::vector<std::uint64_t> shape_of(const Handle& dataset);
bool is_chunked(const Handle& dataset);
/// Element type of numbers; empty for fixed-length texts. DataError for anything else.
std::optional<Type> stored_type(const Handle& dataset);
/// A fixed-length text dataset or attribute, without the padding.
std::string read_text(const Handle& file, const std::string& path);
std::optional<std::string> read_attribute(const Handle& object, const std::string& key);
/// Path of the file that an object is in, which differs from that of the handle's file behind an external link.
std::filesystem::path file_of(const Handle& object);

/// A box of a dataset that is not virtual, converted to `memory_type`.
void read_box(const Handle& dataset, hid_t memory_type, const Slab& slab, std::span<std::byte> bytes);

/// Calls read(part, buffer) for parts of a box, one after the other, that fill a buffer of about `buffer_bytes`.
template <class Read>
void read_in_pieces(const Slab& slab, std::size_t element_bytes, Read&& read,
                    std::uint64_t buffer_bytes = std::uint64_t{1} << 24) {
    std::vector<std::byte> buffer;
    for (const Slab& part : cut(slab, buffer_bytes / element_bytes)) {
        const std::uint64_t bytes = part.elements() * element_bytes;
        if (buffer.size() < bytes) buffer.resize(bytes);
        read(part, std::span(buffer).first(bytes));
    }
}

} // namespace blockspin::io
