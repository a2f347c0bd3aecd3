#pragma once

#include <functional>

#include <blockspin/core/error.hpp>

namespace CLI {
class App;
}

namespace blockspin::app {

/// What the command line asks for, set while it is parsed.
using Command = std::function<core::ExitCode()>;

/// Runs `work` on the root rank under MPI: for commands that read files, however many ranks they were started on.
core::ExitCode on_root(const Command& work);

// Each adds its subcommand to the command line; `command` is set if the user chose it.
void add_run(CLI::App& line, Command& command);
void add_check(CLI::App& line, Command& command);
void add_schema(CLI::App& line, Command& command);
void add_show(CLI::App& line, Command& command);
void add_verify(CLI::App& line, Command& command);
void add_finite_size(CLI::App& line, Command& command);
void add_bench(CLI::App& line, Command& command);
void add_manual(CLI::App& line, Command& command);

} // namespace blockspin::app
