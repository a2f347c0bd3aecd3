#pragma once

#include <chrono>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <blockspin/mpi/communicator.hpp>

namespace blockspin::process {

/// What a stretch of time was spent on: useful work, waiting for other ranks, or files.
enum class Activity { compute, communicate, files };

/// Wall time of one activity over the ranks of a run, in seconds.
struct TimingRow {
    std::string name;
    Activity activity = Activity::compute;
    double min = 0.0, average = 0.0, max = 0.0;
    int slowest_rank = 0;
};

/// Where the time of a run went. The two efficiencies are those of the POP methodology (pop-coe.eu):
/// load_balance = average / maximum of compute time over ranks, communication_efficiency = maximum compute time /
/// (wall time − time for files); their product is the parallel efficiency.
struct TimingTable {
    std::vector<TimingRow> rows;
    double wall = 0.0; ///< seconds since the timers were made, on the root rank
    double load_balance = 1.0;
    double communication_efficiency = 1.0;

    /// For the terminal, one line per row.
    std::string text() const;
};

/// Named stopwatches of one rank, in the order of their first use. Main thread only.
class Timers {
  public:
    Timers() : start_(Clock::now()) {}

    /// Runs from its making to its end; time inside a nested scope is counted in both.
    class Scope {
      public:
        explicit Scope(double& seconds) : seconds_(seconds), start_(Clock::now()) {}
        ~Scope() { seconds_ += std::chrono::duration<double>(Clock::now() - start_).count(); }
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;

      private:
        double& seconds_;
        std::chrono::steady_clock::time_point start_;
    };

    /// Starts the stopwatch `name`.
    [[nodiscard]] Scope time(std::string_view name, Activity activity = Activity::compute);
    /// Seconds on the stopwatch `name` of this rank; 0 if it never ran.
    double seconds(std::string_view name) const noexcept;
    /// Minimum, average and maximum over ranks; a stopwatch that a rank never started counts as 0 there. Collective.
    TimingTable table(const mpi::Communicator& comm) const;

  private:
    using Clock = std::chrono::steady_clock;
    struct Stopwatch {
        std::string name;
        Activity activity;
        double seconds = 0.0;
    };
    Clock::time_point start_;
    std::deque<Stopwatch> stopwatches_;
};

} // namespace blockspin::process
