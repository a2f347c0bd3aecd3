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

/// Stored configurations: `rows` measurements of `replicas` Markov chains, point after point.
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
    std::vector<model::Point> points; ///< whose configurations they are, in equal shares of the replicas
    BlockParameters parameters;
    std::uint64_t seed = 0;
};

/// InputError for a task that cannot be done, whatever its configurations: as operators() and level_geometries(), and
/// for a field, where the even and the odd sector mix.
void check(const Task& task);

/// Blocks stored configurations, several rows per step (a process::Process). The sums S_a [row, replica, lattice,
/// operator], with the lattices of BlockLevels, go into the segments FOLDER/block-operators-000001.h5 …
class BlockFlow {
  public:
    static constexpr std::string_view format = "block-flow";
    static constexpr int format_version = 2;

    /// InputError as check(), and for more configurations than can be addressed, or none. Collective.
    BlockFlow(const mpi::Communicator& comm, const Task& task, Configurations configurations,
              const std::filesystem::path& folder, process::Timers& timers);

    /// Blocks the next rows. Errors of Configurations::read; DataError if it gives another number of bytes.
    /// Collective.
    void step();
    /// Writes the sums since the last call into a segment; at the end, analyses all of them. InputError that names the
    /// point if they do not determine T. Collective.
    void seal();
    bool done() const noexcept { return steps_done() == steps_total(); }
    std::uint64_t steps_done() const noexcept { return static_cast<std::uint64_t>(steps_done_); }
    std::uint64_t steps_total() const noexcept;
    /// The counter; the sums are in the segments, so call seal() first. Collective.
    void save(io::Writer& writer) const;
    /// Collective.
    void load(const io::Reader& reader);

    /// y_T, ω and y_H for every point, rule, step and nested set of operators, and after those of a point with several
    /// values of p those at which exponents of successive steps agree. After seal(); on the root rank, empty on the
    /// others.
    std::vector<io::Row> results() const { return rows_; }
    /// Covariance of the exponents, row-major, one matrix for each point. After seal(); on all ranks.
    const std::vector<double>& covariance() const noexcept { return covariance_; }
    /// All sums, the names of the operators, and the covariance of the rows. After seal(). Collective.
    void publish(io::Writer& writer) const;
    /// Removes the segments. Collective.
    void clear() { series_.clear(); }

  private:
    /// Row after the last one of the given step.
    std::int64_t rows_after(std::int64_t steps) const noexcept;
    /// Number of sums per row.
    std::size_t row_size() const noexcept;
    std::vector<std::int64_t> measured(std::int64_t first, std::int64_t end) const;
    void append_pending();
    void analyse_all();

    const mpi::Communicator& comm_;
    Task task_;
    process::Timers& timers_;
    Configurations configurations_;
    Operators operators_;
    BlockLevels levels_;
    std::int64_t rows_per_step_;
    io::SegmentStore series_;
    std::int64_t steps_done_ = 0;
    std::vector<std::int64_t>
        pending_;                    ///< [row since the last seal, replica, lattice, operator], the same on all ranks
    std::vector<io::Row> rows_;      ///< once all is done, on the root rank
    std::vector<double> covariance_; ///< of the exponents of each point [point, row, row], on all ranks
};

} // namespace blockspin::mcrg
