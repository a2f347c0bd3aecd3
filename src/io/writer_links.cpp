#include <blockspin/io/writer.hpp>

#include "file_writer.hpp"
#include "posix_file.hpp"
#include "reading.hpp"
#include "virtual_dataset.hpp"

#include <blockspin/core/check.hpp>
#include <blockspin/mpi/collectives.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace blockspin::io {

namespace {

void require_plain_file_name(const std::string& file) {
    core::ensure(!file.empty() && file.find('/') == std::string::npos, "a linked file is in the same folder");
}

/// What the root has found; it alone looks at the segment files.
Glued inspect_on_root(FileWriter& file, std::span<const Segment> segments, const std::string& dataset) {
    const mpi::Communicator& comm = file.communicator();
    Glued glued = file.everywhere(
        [&] { return comm.is_root() ? inspect_segments(folder_of(file.target()), segments, dataset) : Glued{}; });
    glued.type = static_cast<Type>(mpi::broadcast(comm, static_cast<std::uint8_t>(glued.type)));
    glued.shape.resize(mpi::broadcast(comm, static_cast<std::uint64_t>(glued.shape.size())));
    mpi::broadcast(comm, std::span(glued.shape));
    return glued;
}

Handle virtual_properties(std::span<const Segment> segments, const Glued& glued, const std::string& dataset) {
    Handle list(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "prepare a virtual dataset");
    checked(H5Pset_obj_track_times(list.get(), false), "prepare a virtual dataset");
    for (const Segment& segment : segments) {
        const Selection target(Slab::of_rows(glued.shape, segment.first_row, segment.rows));
        checked(
            H5Pset_virtual(list.get(), target.file.get(), segment.file.c_str(), dataset.c_str(), target.memory.get()),
            "prepare a virtual dataset");
    }
    return list;
}

Handle string_attribute(const Handle& owner, const char* key, std::string_view text) {
    const Handle type = text_type(text.size() + 1); // with the end mark that the netCDF library expects
    Handle made(H5Acreate2(owner.get(), key, type.get(), space_of({}).get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
                "write a dimension scale");
    const std::string padded = std::string(text) + '\0';
    checked(H5Awrite(made.get(), type.get(), padded.data()), "write a dimension scale");
    return made;
}

/// The attributes by which netCDF-4 and xarray know a dimension scale.
void mark_as_scale(const Handle& scale, const std::string& name) {
    if (H5Aexists(scale.get(), "CLASS") > 0) return;
    string_attribute(scale, "CLASS", "DIMENSION_SCALE");
    string_attribute(scale, "NAME", name);
}

} // namespace

void Writer::dimensions(std::string_view dataset, const std::vector<std::string>& scales) {
    const std::string path = absolute(dataset);
    file_->enter([&] { return fmt::format("{} dimensions {}", path, fmt::join(scales, " ")); });
    file_->everywhere([&] {
        const std::string doing = fmt::format("name the dimensions of {}", path);
        const Handle owner(H5Dopen2(file_->id(), path.c_str(), H5P_DEFAULT), H5Dclose, doing);
        core::ensure(shape_of(owner).size() == scales.size(), "every dimension of a dataset has one name");
        std::vector<hobj_ref_t> references(scales.size());
        std::vector<hvl_t> lists(scales.size());
        for (std::size_t i = 0; i < scales.size(); ++i) {
            const std::string scale_path = absolute(scales[i]);
            const Handle scale(H5Dopen2(file_->id(), scale_path.c_str(), H5P_DEFAULT), H5Dclose, doing);
            core::ensure(shape_of(scale).size() == 1, "a dimension scale has one dimension");
            mark_as_scale(scale, scales[i]);
            checked(H5Rcreate(&references[i], file_->id(), scale_path.c_str(), H5R_OBJECT, -1), doing);
            lists[i] = {1, &references[i]};
        }
        const std::vector<std::uint64_t> extent{scales.size()};
        const Handle type(H5Tvlen_create(H5T_STD_REF_OBJ), H5Tclose, doing);
        const Handle made(
            H5Acreate2(owner.get(), "DIMENSION_LIST", type.get(), space_of(extent).get(), H5P_DEFAULT, H5P_DEFAULT),
            H5Aclose, doing);
        checked(H5Awrite(made.get(), type.get(), lists.data()), doing);
    });
}

void Writer::external_link(std::string_view name, const std::string& file, const std::string& object) {
    const std::string path = absolute(name);
    file_->enter([&] {
        require_plain_file_name(file);
        return fmt::format("{} link to {} {}", path, file, object);
    });
    file_->everywhere([&] {
        checked(H5Lcreate_external(file.c_str(), object.c_str(), file_->id(), path.c_str(), H5P_DEFAULT, H5P_DEFAULT),
                fmt::format("link {} to {}", path, file));
    });
}

void Writer::concatenated(std::string_view name, std::span<const Segment> segments, std::string_view dataset) {
    const std::string path = absolute(name);
    const std::string source(dataset);
    std::vector<std::uint64_t> seals;
    for (const Segment& segment : segments) seals.push_back(segment.seal);
    file_->enter(
        [&] {
            for (const Segment& segment : segments) require_plain_file_name(segment.file);
            return fmt::format("{} glued from {} of {}", path, source, combined_seal(seals));
        },
        256 * segments.size());
    const Glued glued = inspect_on_root(*file_, segments, source);
    file_->everywhere([&] {
        const Handle properties = virtual_properties(segments, glued, source);
        const Handle made(H5Dcreate2(file_->id(), path.c_str(), file_type(glued.type), space_of(glued.shape).get(),
                                     H5P_DEFAULT, properties.get(), H5P_DEFAULT),
                          H5Dclose, fmt::format("create {}", path));
    });
    attribute(name, combined_seal_attribute, combined_seal(seals));
}

} // namespace blockspin::io
