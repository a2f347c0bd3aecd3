#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <blockspin/io/checkpointable.hpp>
#include <blockspin/io/reader.hpp>
#include <blockspin/io/writer.hpp>
#include <blockspin/mpi/communicator.hpp>

namespace blockspin::io {

/// Rows of data that grow with a run (configurations, time series), in sealed files FOLDER/NAME-000007.h5 that are
/// never written twice. What belongs to the run is the list of segments, which is saved in and loaded from the
/// checkpoint.
class SegmentStore {
  public:
    static constexpr std::string_view format = "segments";
    static constexpr int format_version = 1;

    /// Makes the folder and removes what killed runs left half-written; lists no segment. Collective.
    SegmentStore(const mpi::Communicator& comm, std::filesystem::path folder, std::string name);

    /// Publishes the next segment: `write` must write datasets whose first dimension is `rows`. Collective.
    void append(std::uint64_t rows, const std::function<void(Writer&)>& write);
    /// Rows in all segments.
    std::uint64_t rows() const noexcept;
    const std::vector<Segment>& segments() const noexcept { return segments_; }

    /// Rows first … first + rows − 1 of a dataset, glued over the segments, row-major; by the calling rank alone.
    /// DataError if a segment is missing or damaged (its seal is verified).
    template <Storable T> std::vector<T> read(std::string_view dataset, std::uint64_t first, std::uint64_t rows) const {
        std::vector<T> data(rows * row_elements(dataset));
        read(dataset, type_of<T>(), first, rows, std::as_writable_bytes(std::span(data)));
        return data;
    }
    /// All rows of a dataset; by the calling rank alone.
    template <Storable T> std::vector<T> read_all(std::string_view dataset) const {
        return read<T>(dataset, 0, rows());
    }

    /// Forgets and removes all segments. Collective.
    void clear();
    /// Saves the list. Collective.
    void save(Writer& writer) const;
    /// Loads the list, verifies every listed segment against its recorded seal (DataError otherwise) and removes the
    /// segments that are not listed. Collective.
    void load(const Reader& reader);

  private:
    std::uint64_t row_elements(std::string_view dataset) const;
    void read(std::string_view dataset, Type type, std::uint64_t first, std::uint64_t rows,
              std::span<std::byte> data) const;
    void verify(const std::vector<Segment>& segments) const;
    void remove_unlisted() const;
    std::string file_name(std::uint64_t number) const;

    mpi::Communicator comm_;
    std::filesystem::path folder_;
    std::string name_;
    std::vector<Segment> segments_;
};

static_assert(Checkpointable<SegmentStore>);

} // namespace blockspin::io
