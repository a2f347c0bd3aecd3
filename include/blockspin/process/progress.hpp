#pragma once

#include <cstdint>
#include <string>

#include <blockspin/core/log.hpp>
#include <blockspin/process/stop.hpp>

namespace blockspin::process {

/// One line of percent, rate and time to go: redrawn in place on a terminal, written with its time at growing
/// intervals (1 s, 2 s, 4 s … 10 min) to a log. The root rank shows it; the others say nothing.
class Progress {
  public:
    /// `name` heads the line; `first_step` is where this run takes up the work.
    Progress(core::Log& log, std::string name, std::uint64_t first_step, std::uint64_t total_steps);
    /// Shows the line if it is due.
    void show(std::uint64_t steps);
    /// Ends a redrawn line, so that what follows begins on a new one.
    void finish();

  private:
    std::string line(std::uint64_t steps, Seconds elapsed) const;

    core::Log& log_;
    std::string name_;
    std::uint64_t first_step_;
    std::uint64_t total_steps_;
    bool redraw_;
    bool drawn_ = false;
    Clock::time_point start_ = Clock::now();
    Seconds interval_{1.0};
    Clock::time_point due_;
};

} // namespace blockspin::process
