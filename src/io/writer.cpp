#include <blockspin/io/writer.hpp>

#include "file_writer.hpp"
#include "hash.hpp"

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/mpi/collectives.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace blockspin::io {

namespace {

constexpr std::size_t compact_bytes = 8192; // small replicated data live in the header of their dataset

void require_name(std::string_view name) {
    core::ensure(!name.empty() && name.find('/') == std::string_view::npos && name != "." && name != "..",
                 "an object of a file has a plain name");
}

enum class Layout { compact, contiguous, chunked };

Layout layout_of(const Storage& storage, std::span<const std::uint64_t> shape) {
    return storage.chunk.empty() || elements_of(shape) == 0 ? Layout::contiguous : Layout::chunked;
}

Handle creation_properties(Layout layout, const Storage& storage, std::span<const std::uint64_t> shape) {
    Handle list(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "prepare a dataset");
    checked(H5Pset_obj_track_times(list.get(), false), "prepare a dataset");
    if (layout == Layout::compact) {
        checked(H5Pset_layout(list.get(), H5D_COMPACT), "prepare a small dataset");
        return list;
    }
    checked(H5Pset_fill_time(list.get(), H5D_FILL_TIME_NEVER), "prepare a dataset");
    if (layout == Layout::contiguous) return list;
    std::vector<hsize_t> chunk;
    for (std::size_t i = 0; i < shape.size(); ++i) chunk.push_back(std::min<hsize_t>(storage.chunk[i], shape[i]));
    checked(H5Pset_chunk(list.get(), static_cast<int>(chunk.size()), chunk.data()), "prepare a chunked dataset");
    if (storage.deflate > 0) {
        checked(H5Pset_shuffle(list.get()), "prepare a compressed dataset");
        checked(H5Pset_deflate(list.get(), static_cast<unsigned>(storage.deflate)), "prepare a compressed dataset");
    }
    return list;
}

Handle create_dataset(FileWriter& file, const std::string& path, hid_t type, std::span<const std::uint64_t> shape,
                      const Handle& properties) {
    return file.everywhere([&] {
        const Handle space = space_of(shape);
        return Handle(
            H5Dcreate2(file.id(), path.c_str(), type, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT),
            H5Dclose, fmt::format("create {} in {}", path, file.target().string()));
    });
}

/// The box in which data that every rank holds is written: all of it by the root.
Slab share_of_root(const mpi::Communicator& comm, const std::vector<std::uint64_t>& shape) {
    Slab slab = Slab::whole(shape);
    if (!comm.is_root()) std::ranges::fill(slab.count, 0);
    return slab;
}

/// Of a distributed array: the data, and the index of its chunks.
std::uint64_t coming_bytes(Type type, std::span<const std::uint64_t> shape, const Storage& storage) {
    constexpr std::uint64_t index_entry = 128;
    if (storage.chunk.size() != shape.size()) return elements_of(shape) * size_of(type);
    std::uint64_t chunks = 1;
    for (std::size_t i = 0; i < shape.size(); ++i)
        chunks *= shape[i] / std::max<std::uint64_t>(1, storage.chunk[i]) + 1;
    return elements_of(shape) * size_of(type) + index_entry * chunks;
}

std::string describe_storage(const Storage& storage) {
    return fmt::format("chunk {} deflate {}", to_text(storage.chunk), storage.deflate);
}

} // namespace

Writer::Writer(std::shared_ptr<FileWriter> file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

const mpi::Communicator& Writer::communicator() const noexcept { return file_->communicator(); }

std::string Writer::absolute(std::string_view name) const {
    return fmt::format("{}{}{}", path_, path_ == "/" ? "" : "/", name);
}

void Writer::replicated(std::string_view name, Type type, const std::vector<std::uint64_t>& shape,
                        std::span<const std::byte> data) {
    const std::string path = absolute(name);
    file_->enter(
        [&] {
            require_name(name);
            core::ensure(data.size() == elements_of(shape) * size_of(type), "data fill the shape of their array");
            return fmt::format("{} {} {} with contents {:x}", path, name_of(type), to_text(shape), xxh3(data));
        },
        data.size());
    if (communicator().is_root()) file_->remember({path, type, Slab::whole(shape), xxh3(data), false});
    const bool is_small = data.size() <= compact_bytes && !data.empty();
    const Layout layout = is_small ? Layout::compact : Layout::contiguous;
    const Handle dataset = create_dataset(*file_, path, file_type(type), shape, creation_properties(layout, {}, shape));
    if (is_small) {
        file_->everywhere([&] {
            checked(H5Dwrite(dataset.get(), native_type(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, data.data()),
                    fmt::format("write {}", path));
        });
    } else if (!data.empty()) {
        const Slab slab = share_of_root(communicator(), shape);
        file_->transfer(dataset, path, type, slab, data.first(slab.elements() * size_of(type)), false);
    }
}

void Writer::distributed(std::string_view name, Type type, const Slab& slab, std::span<const std::byte> data,
                         const Storage& storage) {
    const std::string path = absolute(name);
    file_->enter(
        [&] {
            require_name(name);
            core::ensure(!slab.shape.empty() && slab.fits(), "a box lies in its array");
            core::ensure(data.size() == slab.elements() * size_of(type), "data fill their box");
            core::ensure(storage.chunk.empty() || storage.chunk.size() == slab.shape.size(),
                         "a chunk has the array's rank");
            core::ensure(std::ranges::count(storage.chunk, std::uint64_t{0}) == 0, "a chunk is not empty");
            core::ensure(storage.deflate >= 0 && storage.deflate <= 9, "a compression level is 0 to 9");
            core::ensure(storage.deflate == 0 || !storage.chunk.empty(), "compression needs chunks");
            return fmt::format("{} {} {} {}", path, name_of(type), to_text(slab.shape), describe_storage(storage));
        },
        coming_bytes(type, slab.shape, storage));
    const std::uint64_t covered = mpi::all_reduce(communicator(), slab.elements(), mpi::Op::sum);
    core::ensure(covered == elements_of(slab.shape), "the boxes of all ranks make up the array");
    const Layout layout = layout_of(storage, slab.shape);
    const Handle properties = creation_properties(layout, storage, slab.shape);
    const Handle dataset = create_dataset(*file_, path, file_type(type), slab.shape, properties);
    if (covered == 0) return;
    const std::uint64_t hash = file_->transfer(dataset, path, type, slab, data, layout == Layout::chunked);
    file_->remember({path, type, slab, hash, false});
}

void Writer::text(std::string_view name, std::string_view text) {
    const std::string path = absolute(name);
    file_->enter(
        [&] {
            require_name(name);
            return fmt::format("{} text {}", path, text);
        },
        text.size());
    if (communicator().is_root()) file_->remember({path, {}, {}, xxh3(text), true});
    const Handle type = text_type(text.size());
    const bool is_small = text.size() <= compact_bytes;
    const Handle properties = creation_properties(is_small ? Layout::compact : Layout::contiguous, {}, {});
    const Handle dataset = create_dataset(*file_, path, type.get(), {}, properties);
    file_->everywhere([&] {
        if (!is_small && !communicator().is_root()) return;
        const std::string padded = text.empty() ? std::string(1, '\0') : std::string(text);
        checked(H5Dwrite(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, padded.data()),
                fmt::format("write {}", path));
    });
}

Writer Writer::group(std::string_view name) {
    const std::string path = absolute(name);
    file_->enter([&] {
        require_name(name);
        return fmt::format("{} group", path);
    });
    file_->everywhere([&] {
        const Handle properties(H5Pcreate(H5P_GROUP_CREATE), H5Pclose, "prepare a group");
        checked(H5Pset_obj_track_times(properties.get(), false), "prepare a group");
        const Handle made(H5Gcreate2(file_->id(), path.c_str(), H5P_DEFAULT, properties.get(), H5P_DEFAULT), H5Gclose,
                          fmt::format("create {}", path));
    });
    return {file_, path};
}

Writer Writer::tagged_group(std::string_view name, const Format& format) {
    Writer inner = group(name);
    inner.attribute("", "format", format.name);
    inner.attribute("", "format_version", std::to_string(format.version));
    return inner;
}

void Writer::attribute(std::string_view object, std::string_view key, std::string_view text) {
    const std::string path = object.empty() ? path_ : absolute(object);
    file_->enter(
        [&] {
            core::ensure(!key.empty() && text.size() < 60000, "an attribute has a name, and less than 60 kB");
            return fmt::format("{} attribute {} = {}", path, key, text);
        },
        text.size());
    file_->everywhere([&] {
        const std::string doing = fmt::format("write the attribute {} of {}", key, path);
        const Handle owner(H5Oopen(file_->id(), path.c_str(), H5P_DEFAULT), H5Oclose, doing);
        const Handle type = text_type(text.size());
        const Handle space = space_of({});
        const Handle made(
            H5Acreate2(owner.get(), std::string(key).c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
            H5Aclose, doing);
        const std::string padded = text.empty() ? std::string(1, '\0') : std::string(text);
        checked(H5Awrite(made.get(), type.get(), padded.data()), doing);
    });
}

} // namespace blockspin::io
