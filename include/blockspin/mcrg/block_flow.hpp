#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

#include <blockspin/io/results.hpp>
#include <blockspin/io/segments.hpp>
#include <blockspin/lattice/geometry.hpp>
#include <blockspin/mcrg/block_levels.hpp>
#include <blockspin/mcrg/operators.hpp>
#include <blockspin/mcrg/parameters.hpp>
#include <blockspin/model/parameters.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/process/timers.hpp>

namespace blockspin::mcrg {

/// Stored configurations: `rows` measurements of `replicas` Markov chains.
struct Configurations {
    std::int64_t rows = 0;
    std::int64_t replicas = 0;
    /// Rows first … first + rows − 1 as [row, replica, ⌈N/8⌉] bytes: x fastest, little bit order, 1 = +1. Called by
    /// each rank alone, for rows of its own.
    std::function<std::vector<std::uint8_t>(std::int64_t first, std::int64_t rows)> read;
};

/// What is to be blocked, and how.
struct Task {
    lattice::Geometry geometry;
    model::Point point; ///< the couplings of the configurations
    BlockParameters parameters;
    std::uint64_t seed = 0;
};

/// Blocks stored configurations, several rows per step (a process::Process). The sums S_a [row, replica, level,
/// operator] go into the segments FOLDER/block-operators-000001.h5 …
class BlockFlow {
  public:
    static constexpr std::string_view format = "block-flow";
    static constexpr int format_version = 1;

    /// InputError as operators() and BlockLevels, for configurations in a field, where the even and the odd sector
    /// mix, and for more of them than can be addressed. Collective.
    BlockFlow(const mpi::Communicator& comm, const Task& task, Configurations configurations,
              const std::filesystem::path& folder, process::Timers& timers);

    /// Blocks the next rows. Errors of Configurations::read; DataError if it gives another number of bytes.
    /// Collective.
    void step();
    /// Writes the sums since the last call into a segment. Collective.
    void seal();
    bool done() const noexcept { return steps_done() == steps_total(); }
    std::uint64_t steps_done() const noexcept { return static_cast<std::uint64_t>(steps_done_); }
    std::uint64_t steps_total() const noexcept;
    /// The counter; the sums are in the segments, so call seal() first. Collective.
    void save(io::Writer& writer) const;
    /// Collective.
    void load(const io::Reader& reader);

    /// y_T and y_H for every step and every nested set of operators. On the root rank; empty on the others. Collective.
    std::vector<io::Row> results() const;
    /// All sums, and the names of the operators. Collective.
    void publish(io::Writer& writer) const;
    /// Removes the segments. Collective.
    void clear() { series_.clear(); }

  private:
    /// Row after the last one of the given step.
    std::int64_t rows_after(std::int64_t steps) const noexcept;
    /// Number of sums per row.
    std::size_t row_size() const noexcept;
    std::vector<std::int64_t> measured(std::int64_t first, std::int64_t end) const;

    const mpi::Communicator& comm_;
    Task task_;
    process::Timers& timers_;
    Configurations configurations_;
    Operators operators_;
    BlockLevels levels_;
    std::int64_t rows_per_step_;
    io::SegmentStore series_;
    std::int64_t steps_done_ = 0;
    std::vector<std::int64_t> pending_; ///< [row since the last seal, replica, level, operator], the same on all ranks
};

} // namespace blockspin::mcrg
