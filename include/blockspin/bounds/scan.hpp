#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <blockspin/bounds/bracket.hpp>
#include <blockspin/io/reader.hpp>
#include <blockspin/io/results.hpp>
#include <blockspin/io/writer.hpp>
#include <blockspin/model/parameters.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/process/timers.hpp>

namespace blockspin::bounds {

/// What [bounds] computes with.
struct Task {
    BoundsParameters parameters;
    lattice::Geometry geometry;
    std::vector<model::Point> points;
};

/// Every method that was chosen but gives no bound at any point, in a sentence each.
std::vector<std::string> refusals(const Task& task);

/// Brackets at all points of a scan (a process::Process). In a step every rank evaluates one bound, at one of the
/// points that have seen the fewest of them. The bits do not depend on the number of ranks.
class Scan {
  public:
    static constexpr std::string_view format = "bounds-scan";
    static constexpr int format_version = 1;

    /// InputError if a method was chosen that holds at no point.
    Scan(const mpi::Communicator& comm, Task task, process::Timers& timers);

    /// Collective.
    void step();
    void seal() {}
    bool done() const noexcept { return steps_done() == steps_total(); }
    /// Candidates that were evaluated or passed over, of all points.
    std::uint64_t steps_done() const noexcept;
    std::uint64_t steps_total() const noexcept;
    /// Foreseen work of what is left, at most, in seconds of a nominal core.
    double seconds_left() const noexcept;
    /// Memory that any of it takes on one rank, at most.
    double bytes_at_most() const noexcept;
    /// Collective.
    void save(io::Writer& writer) const;
    void load(const io::Reader& reader);

    /// The best bound of every method on either side, the width of the bracket, and Onsager's f where it is known.
    std::vector<io::Row> results() const;
    /// The tightest bracket of each point, no number where a side has no bound. Collective.
    void publish(io::Writer& writer) const;
    /// Nothing lies outside checkpoints.
    void clear() {}

  private:
    std::vector<Search> searches_at_start() const;

    const mpi::Communicator& comm_;
    Task task_;
    process::Timers& timers_;
    std::vector<Interactions> interactions_;
    std::vector<Search> searches_; ///< one for each point
};

} // namespace blockspin::bounds
