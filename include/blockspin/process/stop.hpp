#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace blockspin::process {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

/// Catches SIGUSR1, SIGUSR2, SIGTERM and SIGINT for as long as it lives and remembers the first of them instead of
/// letting it end the program. One at a time, since signals belong to the whole process, and to be made before anything
/// else, since a signal may come during the start.
class SignalCatcher {
  public:
    SignalCatcher();
    ~SignalCatcher();
    SignalCatcher(const SignalCatcher&) = delete;
    SignalCatcher& operator=(const SignalCatcher&) = delete;

    /// Number of the first signal caught so far; 0 if none.
    int caught() const noexcept;
};

/// "3:55:00", "90:00", "1-12:00:00" (days-hours:minutes:seconds, as Slurm writes them) or a plain number of seconds.
/// Throws core::InputError for anything else, negative times included.
Seconds parse_duration(std::string_view text);

/// "2 d 03:04:05", "3:04:05" or "12.3 s".
std::string format_duration(Seconds duration);

/// Time until the end of the Slurm allocation this process runs in, from SLURM_JOB_END_TIME or, failing that, from
/// squeue; nothing outside of Slurm or where neither tells. Call on one rank: it may start a program.
std::optional<Seconds> slurm_time_left();

/// Why a run should stop now. Asked on the root rank, except for signals, which may reach any rank.
class StopConditions {
  public:
    /// `max_time` counts from now. A file called `stop` in `run_folder` asks for a stop too.
    StopConditions(const SignalCatcher& signals, std::filesystem::path run_folder, std::optional<Seconds> max_time,
                   std::optional<Seconds> slurm_left);

    /// Number of a caught signal, else 0. On every rank.
    int signal() const noexcept { return signals_.caught(); }
    /// True when less than `margin` is left of the time limit.
    bool out_of_time(Seconds margin) const;
    /// True when the stop file exists; looks at most once a second.
    bool stop_file_exists();
    /// Removes the stop file, so that the next run is not stopped by it.
    void remove_stop_file() const noexcept;
    /// Time left before the limit; nothing where there is none.
    std::optional<Seconds> time_left() const;

  private:
    const SignalCatcher& signals_;
    std::filesystem::path stop_file_;
    std::optional<Clock::time_point> deadline_;
    Clock::time_point next_look_ = Clock::now();
};

} // namespace blockspin::process
