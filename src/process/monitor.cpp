#include <blockspin/process/monitor.hpp>

#include <blockspin/mpi/collectives.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include <string.h> // sigabbrev_np

namespace blockspin::process {

namespace {

constexpr Seconds meeting_interval{0.05};
/// The first checkpoint comes early: only then is its cost known.
constexpr Seconds first_checkpoint{5.0};
constexpr Seconds shortest_interval{10.0};
constexpr Seconds slack{1.0};

Clock::time_point after(Seconds interval) {
    return Clock::now() + std::chrono::duration_cast<Clock::duration>(interval);
}

} // namespace

Monitor::Monitor(const mpi::Communicator& comm, core::Log& log, StopConditions& stop, CheckpointPolicy policy,
                 const std::string& name, std::uint64_t first_step, std::uint64_t total_steps)
    : comm_(comm), stop_(stop), policy_(policy), progress_(log, name, first_step, total_steps),
      next_checkpoint_(after(std::min(first_checkpoint, policy.longest_interval))) {}

Verdict Monitor::after_step(std::uint64_t steps) {
    if (--steps_to_meeting_ > 0) return Verdict::go_on;
    // The root decides; any rank may have been sent a signal. One reduction tells all of them all of it.
    std::array<std::int64_t, 3> news{0, 0, stop_.signal()};
    if (comm_.is_root()) {
        const Seconds waited = Clock::now() - last_meeting_;
        longest_wait_ = std::max(longest_wait_, waited);
        const double speed_up = std::clamp(meeting_interval / std::max(waited, Seconds(1e-9)), 0.01, 2.0);
        stride_ = std::max<std::int64_t>(1, static_cast<std::int64_t>(speed_up * static_cast<double>(stride_)));
        progress_.show(steps);
        news[0] = static_cast<std::int64_t>(decide());
        news[1] = stride_;
    }
    mpi::all_reduce(comm_, std::span<std::int64_t>(news), mpi::Op::max);
    last_meeting_ = Clock::now();
    steps_to_meeting_ = news[1];
    if (news[2] == 0) return static_cast<Verdict>(news[0]);
    reason_ = fmt::format("SIG{}", sigabbrev_np(static_cast<int>(news[2])));
    return Verdict::stop;
}

Verdict Monitor::decide() {
    if (stop_.out_of_time(margin())) {
        reason_ = "the time limit";
        return Verdict::stop;
    }
    if (stop_.stop_file_exists()) {
        reason_ = "the stop file";
        stop_.remove_stop_file();
        return Verdict::stop;
    }
    return Clock::now() >= next_checkpoint_ ? Verdict::checkpoint : Verdict::go_on;
}

Seconds Monitor::margin() const { return 2.0 * checkpoint_cost_ + longest_wait_ + slack; }

void Monitor::checkpoint_written(Seconds cost) {
    checkpoint_cost_ = cost;
    const Seconds interval = std::max(cost / policy_.overhead, shortest_interval);
    next_checkpoint_ = after(std::min(interval, policy_.longest_interval));
    last_meeting_ = Clock::now();
}

} // namespace blockspin::process
