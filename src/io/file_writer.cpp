#include "file_writer.hpp"

#include "hash.hpp"
#include "posix_file.hpp"
#include "settle.hpp"
#include "slab_parts.hpp"

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/mpi/collectives.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace blockspin::io {

namespace {

// What a rank hands over at once. Plain arrays: little enough for the disk to begin early. Chunks: seldom torn, but far
// below the 2^31 of MPI's counts.
constexpr std::uint64_t plain_piece = std::uint64_t{1} << 23;
constexpr std::uint64_t chunked_piece = std::uint64_t{1} << 28;

Handle create(const mpi::Communicator& comm, const std::filesystem::path& file) {
    const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "prepare a file");
    checked(H5Pset_fapl_mpio(access.get(), comm.native(), MPI_INFO_NULL), "prepare a parallel file");
    checked(H5Pset_libver_bounds(access.get(), H5F_LIBVER_V18, H5F_LIBVER_V110), "prepare a file");
    checked(H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG), "prepare a file");
    constexpr hsize_t large = 1 << 16;
    checked(H5Pset_alignment(access.get(), large, large_array_alignment), "prepare a file");
    // Ranks that flush metadata in the middle of a collective write wait for each other in vain, so they hold it back.
    H5AC_cache_config_t cache{};
    cache.version = H5AC__CURR_CACHE_CONFIG_VERSION;
    checked(H5Pget_mdc_config(access.get(), &cache), "prepare a file");
    cache.dirty_bytes_threshold = std::size_t{32} << 20; // the largest
    checked(H5Pset_mdc_config(access.get(), &cache), "prepare a file");
    const Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose, "prepare a file");
    checked(H5Pset_obj_track_times(creation.get(), false), "prepare a file");
    return Handle(H5Fcreate(file.c_str(), H5F_ACC_TRUNC, creation.get(), access.get()), H5Fclose,
                  fmt::format("create {}", file.string()));
}

/// Makes the file on the root rank first, because MPI does not say why it cannot.
Handle create_together(const mpi::Communicator& comm, const std::filesystem::path& file) {
    mpi::collectively(comm, [&] {
        if (comm.is_root()) PosixFile(file, PosixFile::Mode::create);
    });
    return mpi::collectively(comm, [&] { return create(comm, file); });
}

/// The ranks enter a transfer together, as compression needs it, but each writes its own bytes: in the collective
/// writes of Open MPI 4.1 a rank whose disk is full leaves the others waiting for ever.
Handle transfer_mode() {
    Handle mode(H5Pcreate(H5P_DATASET_XFER), H5Pclose, "prepare a transfer");
    checked(H5Pset_dxpl_mpio(mode.get(), H5FD_MPIO_COLLECTIVE), "prepare a transfer");
    checked(H5Pset_dxpl_mpio_collective_opt(mode.get(), H5FD_MPIO_INDIVIDUAL_IO), "prepare a transfer");
    return mode;
}

} // namespace

FileWriter::FileWriter(const mpi::Communicator& comm, std::filesystem::path target, std::filesystem::path temporary)
    : comm_(comm.split(0, comm.rank())), target_(std::move(target)), temporary_(std::move(temporary)),
      file_(create_together(comm_, temporary_)) {}

void FileWriter::require_same(const std::string& description) const {
    const std::uint64_t hash = xxh3(description);
    std::array<std::uint64_t, 2> smallest{hash, ~hash};
    mpi::all_reduce(comm_, std::span<std::uint64_t>(smallest), mpi::Op::min);
    if (smallest[0] == ~smallest[1]) return;
    throw core::InternalError(fmt::format("ranks disagree about what is written to {}; rank {} wants '{}'",
                                          target_.string(), 0, mpi::broadcast(comm_, description)),
                              core::Scope::all_ranks);
}

/// HDF5 may write its structure at any time, and waits for ever if that fails on one rank only because the disk is
/// full. So the root claims the space beforehand, where a failure can still be told to all.
void FileWriter::reserve(std::uint64_t coming_bytes) {
    constexpr std::uint64_t structure = 4096; // more than the headers that one operation makes
    constexpr std::uint64_t margin = 1 << 20;
    needed_ += coming_bytes + structure + large_array_alignment;
    if (needed_ + margin <= reserved_) return; // on all ranks alike: they make the same calls
    reserved_ = needed_ + 2 * margin;
    everywhere([&] {
        if (comm_.is_root()) reserve_space(temporary_, reserved_);
    });
}

std::uint64_t FileWriter::transfer(const Handle& dataset, const std::string& path, Type type, const Slab& slab,
                                   std::span<const std::byte> data, bool is_chunked) {
    const std::vector<Slab> parts = cut(slab, (is_chunked ? chunked_piece : plain_piece) / size_of(type));
    const std::uint64_t pieces = mpi::all_reduce(comm_, std::uint64_t{parts.size()}, mpi::Op::max);
    std::exception_ptr failure;
    Xxh3 hash;
    for (std::uint64_t i = 0; i < pieces; ++i) { // all of them, also after a failure: the others wait in each
        try {
            const Slab part = i < parts.size() ? parts[i] : slab.rows(0, 0);
            const Selection selection(part);
            const Handle mode = transfer_mode();
            const auto piece = data.first(part.elements() * size_of(type));
            data = data.subspan(piece.size());
            checked(H5Dwrite(dataset.get(), native_type(type), selection.memory.get(), selection.file.get(), mode.get(),
                             piece.data()),
                    fmt::format("write {} of {}", path, target_.string()));
            if (pieces > 1) start_writing(temporary_);
            hash.add(piece);
        } catch (...) {
            failure = std::current_exception();
        }
    }
    mpi::agree(comm_, failure);
    return hash.value();
}

std::vector<Written> FileWriter::finish(std::exception_ptr failure) {
    if (failure && is_known_to_all(failure)) std::rethrow_exception(failure);
    enter([&] {
        if (failure) std::rethrow_exception(failure);
        return std::string("the end");
    });
    // Not flushed before, which would wait for the disk: the one who publishes the file does that, once.
    everywhere([&] { file_.close(fmt::format("complete {}", target_.string())); });
    return std::exchange(written_, {});
}

hid_t FileWriter::id() const {
    core::ensure(file_.get() >= 0, "a file is written before it is closed");
    return file_.get();
}

Handle space_of(std::span<const std::uint64_t> shape) {
    if (shape.empty()) return Handle(H5Screate(H5S_SCALAR), H5Sclose, "describe a number");
    const std::vector<hsize_t> extents(shape.begin(), shape.end());
    return Handle(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose,
                  "describe an array");
}

Selection::Selection(const Slab& slab) : file(space_of(slab.shape)), memory(space_of(slab.count)) {
    if (slab.elements() == 0) {
        checked(H5Sselect_none(file.get()), "select nothing");
        checked(H5Sselect_none(memory.get()), "select nothing");
    } else if (!slab.shape.empty()) {
        const std::vector<hsize_t> offset(slab.offset.begin(), slab.offset.end());
        const std::vector<hsize_t> count(slab.count.begin(), slab.count.end());
        checked(H5Sselect_hyperslab(file.get(), H5S_SELECT_SET, offset.data(), nullptr, count.data(), nullptr),
                "select a box");
    }
}

Handle text_type(std::size_t length) {
    Handle type(H5Tcopy(H5T_C_S1), H5Tclose, "describe a text");
    checked(H5Tset_size(type.get(), std::max<std::size_t>(1, length)), "describe a text");
    checked(H5Tset_cset(type.get(), H5T_CSET_UTF8), "describe a text");
    checked(H5Tset_strpad(type.get(), H5T_STR_NULLPAD), "describe a text");
    return type;
}

} // namespace blockspin::io
