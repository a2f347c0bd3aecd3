#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include <blockspin/io/segments.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/sampling/replicas.hpp>

namespace blockspin::sampling {

/// Collects Σ_<ij> s_i s_j and Σ s_i of every replica, measurement by measurement, into the datasets bond_sum and
/// spin_sum [measurement, replica] of the segments FOLDER/sample-series-000000.h5 …
class SeriesRecorder {
  public:
    /// Collective.
    SeriesRecorder(const mpi::Communicator& comm, const std::filesystem::path& folder);

    /// Measures all replicas; their ghosts must be fresh. Ranks do not meet.
    void record(const Replicas& replicas);
    /// Moves what was recorded into a segment. Collective.
    void seal(const Replicas& replicas);
    const io::SegmentStore& segments() const noexcept { return segments_; }
    io::SegmentStore& segments() noexcept { return segments_; }
    /// Puts the whole series into a published file. Collective.
    void publish(io::Writer& writer) const;

  private:
    io::SegmentStore segments_;
    std::vector<std::int64_t>
        pending_; ///< [measurement][quantity][replica of this group]: sums over this rank's domain
};

/// Collects spin configurations of every replica, one bit per spin, into the dataset configurations
/// [configuration, replica, ⌈N/8⌉] of the segments FOLDER/sample-configurations-000000.h5 … : x fastest, little bit
/// order, 1 = +1.
class ConfigurationRecorder {
  public:
    /// Collective.
    ConfigurationRecorder(const mpi::Communicator& comm, const std::filesystem::path& folder);

    /// Stores the configurations of all replicas. Ranks do not meet.
    void record(const Replicas& replicas);
    /// Moves what was recorded into a segment. Collective.
    void seal(const Replicas& replicas);
    const io::SegmentStore& segments() const noexcept { return segments_; }
    io::SegmentStore& segments() noexcept { return segments_; }
    /// Puts all configurations into a published file, if there are any. Collective.
    void publish(io::Writer& writer) const;

  private:
    io::SegmentStore segments_;
    std::vector<std::uint8_t> pending_; ///< [configuration][replica of this group][byte]: zero outside of this domain
};

} // namespace blockspin::sampling
