#include <blockspin/process/progress.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>

namespace blockspin::process {

namespace {

constexpr Seconds redraw_interval{0.2};
constexpr Seconds longest_interval{600.0};

/// Does the user watch? Open MPI gives ranks a pseudo-terminal even where its own output goes to a file, so under
/// mpirun it is the launcher's output that is asked.
bool output_is_a_terminal() {
    if (isatty(STDOUT_FILENO) != 1) return false;
    if (std::getenv("OMPI_COMM_WORLD_RANK") == nullptr) return true;
    const int launcher = open(fmt::format("/proc/{}/fd/1", getppid()).c_str(), O_WRONLY | O_NOCTTY | O_APPEND);
    if (launcher < 0) return false;
    const bool answer = isatty(launcher) == 1;
    close(launcher);
    return answer;
}

Clock::time_point after(Seconds interval) {
    return Clock::now() + std::chrono::duration_cast<Clock::duration>(interval);
}

} // namespace

Progress::Progress(core::Log& log, std::string name, std::uint64_t first_step, std::uint64_t total_steps)
    : log_(log), name_(std::move(name)), first_step_(first_step), total_steps_(total_steps),
      redraw_(log.speaks() && output_is_a_terminal()), due_(after(interval_)) {}

void Progress::show(std::uint64_t steps) {
    const auto now = Clock::now();
    if (!log_.speaks() || now < due_) return;
    const std::string text = line(steps, now - start_);
    if (redraw_) {
        fmt::print("\r\x1b[K{}", text);
        std::fflush(stdout);
        drawn_ = true;
        due_ = after(redraw_interval);
    } else {
        log_.info("{}", text);
        interval_ = std::min(2.0 * interval_, longest_interval);
        due_ = after(interval_);
    }
}

void Progress::finish() {
    if (drawn_) fmt::print("\r\x1b[K");
    drawn_ = false;
}

std::string Progress::line(std::uint64_t steps, Seconds elapsed) const {
    const double done = static_cast<double>(steps - first_step_);
    const double rate = elapsed.count() > 0.0 ? done / elapsed.count() : 0.0;
    const double percent =
        total_steps_ > 0 ? 100.0 * static_cast<double>(steps) / static_cast<double>(total_steps_) : 100.0;
    const std::string to_go =
        rate > 0.0 ? format_duration(Seconds(static_cast<double>(total_steps_ - steps) / rate)) : "?";
    return fmt::format("{}: {:5.1f} %, {:.4g} steps/s, {} to go", name_, percent, rate, to_go);
}

} // namespace blockspin::process
