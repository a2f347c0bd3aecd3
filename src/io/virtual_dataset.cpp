#include "virtual_dataset.hpp"

#include "hash.hpp"
#include "posix_file.hpp"
#include "reading.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/io/seal.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace blockspin::io {

namespace {

[[noreturn]] void refuse(const std::filesystem::path& file, std::string_view message) {
    throw core::DataError(fmt::format("{}: {}", file.string(), message));
}

std::string text_of(const Handle& list, std::size_t index, ssize_t (*get)(hid_t, std::size_t, char*, std::size_t)) {
    const ssize_t length = get(list.get(), index, nullptr, 0);
    checked(static_cast<hid_t>(length), "inspect a virtual dataset");
    std::string text(static_cast<std::size_t>(length) + 1, '\0');
    get(list.get(), index, text.data(), text.size());
    text.resize(static_cast<std::size_t>(length));
    return text;
}

Handle open_source(const std::filesystem::path& file, const std::string& dataset, const Handle& opened) {
    if (!object_exists(opened, dataset)) refuse(file, fmt::format("there is no {}", dataset));
    return open_dataset(opened, dataset);
}

/// Are the sources the files that were glued? Looks at their seals only.
void require_glued_files(const Handle& dataset, const std::vector<Source>& sources) {
    std::vector<std::uint64_t> seals;
    for (const Source& source : sources) {
        require_present(source.file);
        seals.push_back(read_seal(source.file));
    }
    if (read_attribute(dataset, combined_seal_attribute) != combined_seal(seals))
        refuse(file_of(dataset), "a segment is not the one that belongs to this file");
}

/// "FILE/path/of/dataset", to remember that it has been checked.
std::filesystem::path name_in_file(const Handle& dataset) {
    const ssize_t length = H5Iget_name(dataset.get(), nullptr, 0);
    std::string name(static_cast<std::size_t>(std::max<ssize_t>(length, 0)) + 1, '\0');
    H5Iget_name(dataset.get(), name.data(), name.size());
    return file_of(dataset) / name.substr(1, name.size() - 2);
}

void read_source(const Source& source, hid_t memory_type, const Slab& slab, std::uint64_t first, std::uint64_t rows,
                 std::span<std::byte> bytes) {
    const Handle file = open_for_reading(source.file);
    const Handle dataset = open_source(source.file, source.dataset, file);
    Slab part = slab;
    part.shape.front() = source.rows;
    part.offset.front() = first - source.first_row;
    part.count.front() = rows;
    if (shape_of(dataset) != part.shape) refuse(source.file, fmt::format("{} has another shape", source.dataset));
    read_box(dataset, memory_type, part, bytes);
}

} // namespace

Glued inspect_segments(const std::filesystem::path& folder, std::span<const Segment> segments,
                       const std::string& dataset) {
    Glued glued;
    std::uint64_t rows = 0;
    for (const Segment& segment : segments) {
        const std::filesystem::path path = folder / segment.file;
        require_present(path);
        if (read_seal(path) != segment.seal) refuse(path, "is not the segment that was recorded");
        const Handle file = open_for_reading(path);
        const Handle source = open_source(path, dataset, file);
        std::vector<std::uint64_t> shape = shape_of(source);
        const auto type = stored_type(source);
        if (!type || shape.empty() || shape.front() != segment.rows || segment.first_row != rows)
            refuse(path, fmt::format("{} does not hold the rows of its segment", dataset));
        if (rows == 0) glued = {*type, shape};
        rows += segment.rows;
        shape.front() = glued.shape.front();
        if (shape != glued.shape || *type != glued.type)
            refuse(path, fmt::format("{} has another shape or type", dataset));
    }
    if (glued.shape.empty()) throw core::DataError(fmt::format("there is no segment that holds {}", dataset));
    glued.shape.front() = rows;
    return glued;
}

std::string combined_seal(std::span<const std::uint64_t> seals) {
    return fmt::format("{:016x}", xxh3(std::as_bytes(seals)));
}

bool is_virtual(const Handle& dataset) {
    const Handle list(H5Dget_create_plist(dataset.get()), H5Pclose, "inspect a dataset");
    return H5Pget_layout(list.get()) == H5D_VIRTUAL;
}

std::vector<Source> sources_of(const Handle& dataset) {
    const Handle list(H5Dget_create_plist(dataset.get()), H5Pclose, "inspect a dataset");
    const std::vector<std::uint64_t> shape = shape_of(dataset);
    const std::filesystem::path folder = folder_of(file_of(dataset));
    std::size_t count = 0;
    checked(H5Pget_virtual_count(list.get(), &count), "inspect a virtual dataset");
    std::vector<Source> sources;
    std::uint64_t next_row = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const Handle space(H5Pget_virtual_vspace(list.get(), i), H5Sclose, "inspect a virtual dataset");
        std::vector<hsize_t> start(shape.size());
        std::vector<hsize_t> end(shape.size());
        checked(H5Sget_select_bounds(space.get(), start.data(), end.data()), "inspect a virtual dataset");
        const std::filesystem::path file = folder / text_of(list, i, H5Pget_virtual_filename);
        if (start.front() != next_row) refuse(file_of(dataset), "a virtual dataset with gaps");
        sources.push_back({file, text_of(list, i, H5Pget_virtual_dsetname), next_row, end.front() + 1 - next_row});
        next_row = end.front() + 1;
    }
    if (shape.empty() || next_row != shape.front()) refuse(file_of(dataset), "a virtual dataset with gaps");
    return sources;
}

void read_virtual(const Handle& dataset, hid_t memory_type, std::size_t element_bytes, const Slab& slab,
                  std::span<std::byte> bytes, std::set<std::filesystem::path>& verified) {
    const std::vector<Source> sources = sources_of(dataset);
    if (verified.insert(name_in_file(dataset)).second) require_glued_files(dataset, sources);
    const std::uint64_t begin = slab.offset.front();
    const std::uint64_t end = begin + slab.count.front();
    for (const Source& source : sources) {
        const std::uint64_t first = std::max(begin, source.first_row);
        const std::uint64_t last = std::min(end, source.first_row + source.rows);
        if (first >= last) continue;
        if (verified.insert(source.file).second) verify_seal(source.file);
        const std::uint64_t row_bytes = slab.row_elements() * element_bytes;
        read_source(source, memory_type, slab, first, last - first,
                    bytes.subspan((first - begin) * row_bytes, (last - first) * row_bytes));
    }
}

} // namespace blockspin::io
