#include "commands.hpp"
#include "study.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <memory>

namespace blockspin::app {

void add_schema(CLI::App& line, Command& command) {
    auto json = std::make_shared<bool>(false);
    CLI::App* sub = line.add_subcommand("schema", "Every key of a study: type, default, unit, range, meaning, source");
    sub->add_flag("--json", *json, "As a JSON Schema");
    sub->callback([json, &command] {
        command = [json] {
            fmt::print("{}\n", *json ? io::json_schema<Study>() : io::schema<Study>());
            return core::ExitCode::done;
        };
    });
}

} // namespace blockspin::app
