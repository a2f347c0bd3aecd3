#pragma once

#include <cstdint>
#include <string>

#include <blockspin/core/log.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/process/progress.hpp>
#include <blockspin/process/stop.hpp>

namespace blockspin::process {

/// When to write checkpoints: as often as keeps their share of the run time at `overhead`, but at least every
/// `longest_interval`; the cost of one is measured.
struct CheckpointPolicy {
    Seconds longest_interval{600.0};
    double overhead = 0.01;
};

/// What the loop should do after a step.
enum class Verdict : std::int64_t { go_on = 0, checkpoint = 1, stop = 2 };

/// Watches a long computation: decides, for all ranks alike, when to write a checkpoint and when to stop, and shows
/// the progress. Ranks meet only about every 50 ms, however short the steps are.
class Monitor {
  public:
    Monitor(const mpi::Communicator& comm, core::Log& log, StopConditions& stop, CheckpointPolicy policy,
            const std::string& name, std::uint64_t first_step, std::uint64_t total_steps);

    /// To be called after every step; collective in the calls where ranks meet, which are the same on all.
    Verdict after_step(std::uint64_t steps);
    /// Tells how long a checkpoint took; the next one is due accordingly.
    void checkpoint_written(Seconds cost);
    /// Why the verdict was `stop`, for the user. Root rank only.
    const std::string& reason() const noexcept { return reason_; }
    void finish() { progress_.finish(); }

  private:
    Verdict decide();
    Seconds margin() const;

    const mpi::Communicator& comm_;
    StopConditions& stop_;
    CheckpointPolicy policy_;
    Progress progress_;
    std::string reason_;
    Clock::time_point last_meeting_ = Clock::now();
    Clock::time_point next_checkpoint_;
    Seconds checkpoint_cost_{0.0};
    Seconds longest_wait_{0.0}; ///< longest time between two meetings
    std::int64_t stride_ = 1;   ///< steps between two meetings
    std::int64_t steps_to_meeting_ = 1;
};

} // namespace blockspin::process
