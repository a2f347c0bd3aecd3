#include <blockspin/io/publish.hpp>
#include <blockspin/io/publish_times.hpp>

#include "file_writer.hpp"
#include "hash.hpp"
#include "posix_file.hpp"
#include "reading.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/mpi/agreement.hpp>

#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

namespace blockspin::io {

namespace {

std::vector<Written> write_temporary(const mpi::Communicator& comm, const std::filesystem::path& target,
                                     const std::function<void(Writer&)>& write) {
    const auto file = std::make_shared<FileWriter>(comm, target, temporary_of(target));
    std::exception_ptr failure;
    try {
        Writer root(file, "/");
        write(root);
    } catch (...) {
        failure = std::current_exception();
    }
    return file->finish(failure);
}

std::uint64_t hash_in_file(const Handle& file, const Written& piece) {
    if (piece.is_text) return xxh3(read_text(file, piece.path));
    const Handle dataset = open_dataset(file, piece.path);
    // Pieces that stay in the cache, but chunks as a whole.
    const std::uint64_t buffer_bytes = std::uint64_t{1} << (is_chunked(dataset) ? 24 : 20);
    Xxh3 hash;
    const auto add = [&](const Slab& slab, std::span<std::byte> bytes) {
        read_box(dataset, native_type(piece.type), slab, bytes);
        hash.add(bytes);
    };
    read_in_pieces(piece.slab, size_of(piece.type), add, buffer_bytes);
    return hash.value();
}

/// Compares what this rank wrote with what is now in the file.
void read_back(const std::filesystem::path& target, const std::vector<Written>& written) {
    const Handle file = open_for_reading(temporary_of(target));
    for (const Written& piece : written) {
        if (hash_in_file(file, piece) == piece.hash) continue;
        throw core::IoError(fmt::format("cannot write {}: {} was read back with other contents than were written",
                                        target.string(), piece.path));
    }
}

/// Seconds since the last call.
class Lap {
  public:
    double seconds() {
        const auto before = std::exchange(last_, std::chrono::steady_clock::now());
        return std::chrono::duration<double>(last_ - before).count();
    }

  private:
    std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

/// Gives the space back at once, even if HDF5 still holds the file. Errors are not reported: the one that led here is.
void remove_quietly(const mpi::Communicator& comm, const std::filesystem::path& file) {
    if (!comm.is_root()) return;
    std::error_code ignored;
    std::filesystem::resize_file(file, 0, ignored);
    std::filesystem::remove(file, ignored);
}

} // namespace

std::filesystem::path temporary_of(const std::filesystem::path& file) {
    std::filesystem::path temporary = file;
    temporary += ".partial";
    return temporary;
}

std::uint64_t publish(const mpi::Communicator& comm, const std::filesystem::path& file,
                      const std::function<void(Writer&)>& write) {
    PublishTimes times;
    return publish(comm, file, write, times);
}

std::uint64_t publish(const mpi::Communicator& comm, const std::filesystem::path& file,
                      const std::function<void(Writer&)>& write, PublishTimes& times) {
    const std::filesystem::path temporary = temporary_of(file);
    Lap lap;
    try {
        const std::vector<Written> written = write_temporary(comm, file, write);
        times.write = lap.seconds();
        start_writing(temporary);
        const std::uint64_t own_hash = seal(comm, temporary);
        times.seal = lap.seconds();
        mpi::collectively(comm, [&] { sync_file(temporary); });
        times.sync = lap.seconds();
        mpi::collectively(comm, [&] { read_back(file, written); });
        times.read_back = lap.seconds();
        mpi::collectively(comm, [&] {
            if (comm.is_root()) rename_durably(temporary, file);
        });
        times.rename = lap.seconds();
        return own_hash;
    } catch (...) {
        remove_quietly(comm, temporary);
        throw;
    }
}

void publish_text(const mpi::Communicator& comm, const std::filesystem::path& file, std::string_view text) {
    const std::filesystem::path temporary = temporary_of(file);
    try {
        mpi::collectively(comm, [&] {
            if (!comm.is_root()) return;
            PosixFile out(temporary, PosixFile::Mode::create);
            out.write(std::as_bytes(std::span(text)));
            out.sync();
            rename_durably(temporary, file);
        });
    } catch (...) {
        remove_quietly(comm, temporary);
        throw;
    }
}

Reader open_sealed(const mpi::Communicator& comm, const std::filesystem::path& file) {
    verify_seal(comm, file);
    return Reader::open(comm, file);
}

} // namespace blockspin::io
