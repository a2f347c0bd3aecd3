#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <blockspin/io/segments.hpp>
#include <blockspin/io/writer.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/sampling/measured.hpp>
#include <blockspin/sampling/measurements.hpp>
#include <blockspin/sampling/replicas.hpp>

namespace blockspin::sampling {

/// Collects integers of every replica, measurement by measurement, into one dataset for each quantity, [measurement,
/// replica] or [measurement, replica, number], of the segments FOLDER/sample-NAME-000000.h5 …
class SeriesRecorder {
  public:
    /// Collective.
    SeriesRecorder(const mpi::Communicator& comm, const std::filesystem::path& folder, const std::string& name,
                   std::vector<Quantity> quantities);

    /// Adds a measurement, all zeros, and returns it: [quantity][replica of this group][number], to be filled with this
    /// rank's share. The shares of a group's ranks are added when they are sealed. Ranks do not meet.
    std::span<std::int64_t> append(const Replicas& replicas);
    /// Moves what was recorded into a segment. Collective.
    void seal(const Replicas& replicas);
    const io::SegmentStore& segments() const noexcept { return segments_; }
    io::SegmentStore& segments() noexcept { return segments_; }
    /// Adds all series to `measured`; by the calling rank alone.
    void read_into(Measured& measured) const;
    /// Puts the whole series into a published file, if there are any. Collective.
    void publish(io::Writer& writer) const;

  private:
    std::size_t row_length(const Replicas& replicas) const;

    io::SegmentStore segments_;
    std::vector<Quantity> quantities_;
    std::vector<std::int64_t> pending_; ///< measurement by measurement, this rank's share
};

/// How a segment of configurations is stored, `bytes_per_row` for each configuration of each replica. A chunk holds as
/// many configurations of one replica (so no two groups of ranks share one) as fit into 16 KiB, or, in segments above
/// 64 MiB, into the power of two that makes 2048 to 4096 chunks, up to 16 MiB: an index of chunks stays short, and
/// small segments can be read row by row. A configuration of more bytes has chunks of its own, of at most 16 MiB. The
/// fastest compression, which spins above their critical coupling repay (to 2/3 of the bits at the critical coupling of
/// the square lattice, to 1/3 at 1.13 of it).
io::Storage configuration_storage(std::uint64_t rows, std::uint64_t replicas, std::uint64_t bytes_per_row);

/// Collects spin configurations of every replica into the dataset configurations, compressed, of the segments
/// FOLDER/sample-configurations-000000.h5 … , x fastest: Ising spins as bits [configuration, replica, ⌈N/8⌉], little
/// bit order, 1 = +1; others as the numbers of their states, a byte each [configuration, replica, N].
class ConfigurationRecorder {
  public:
    /// Collective.
    ConfigurationRecorder(const mpi::Communicator& comm, const std::filesystem::path& folder);

    /// Stores the configurations of all replicas, which are held as bits or bytes afterwards. Ranks do not meet.
    void record(Replicas& replicas);
    /// Moves what was recorded into a segment. Collective.
    void seal(const Replicas& replicas);
    const io::SegmentStore& segments() const noexcept { return segments_; }
    io::SegmentStore& segments() noexcept { return segments_; }
    /// Puts all configurations into a published file, if there are any. Collective.
    void publish(io::Writer& writer, const model::SpinKind& kind) const;

  private:
    io::SegmentStore segments_;
    std::vector<std::uint8_t> pending_; ///< [configuration][replica of this group][byte]: zero outside of this domain
};

} // namespace blockspin::sampling
