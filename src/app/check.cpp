#include "commands.hpp"
#include "study.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <memory>

namespace blockspin::app {

namespace {

struct CheckOptions {
    std::string study;
    std::vector<std::string> overrides;
    bool print = false;
};

core::ExitCode check(const CheckOptions& options) {
    const Study study = read_study(options.study, options.overrides);
    if (options.print)
        fmt::print("{}", io::to_toml(study));
    else
        fmt::print("{}: valid, {} points\n", options.study, model::points(study.model, study.scan).size());
    return core::ExitCode::done;
}

} // namespace

void add_check(CLI::App& line, Command& command) {
    auto options = std::make_shared<CheckOptions>();
    CLI::App* sub = line.add_subcommand("check", "Parse and validate a study; prints every error at once");
    sub->add_option("study", options->study, "Study file (TOML)")->required();
    sub->add_option("--set", options->overrides, "Set a key: path=value")->allow_extra_args(false);
    sub->add_flag("--print", options->print, "Print the study with all defaults filled in");
    sub->callback([options, &command] { command = [options] { return check(*options); }; });
}

} // namespace blockspin::app
