#include "commands.hpp"

#include <blockspin/core/version.hpp>
#include <blockspin/linalg/blas_info.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <exception>
#include <string>

namespace {

using blockspin::core::ExitCode;

/// Is this the process that speaks, as far as its launcher tells? Before MPI is initialised nobody else can.
bool is_first_process() {
    for (const char* variable : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"}) {
        if (const char* rank = std::getenv(variable)) return std::string(rank) == "0";
    }
    return true;
}

ExitCode fail(ExitCode code, const std::string& message) {
    if (is_first_process()) fmt::print(stderr, "blockspin: {}\n", message);
    return code;
}

constexpr const char* footer =
    "Exit codes: 0 done, 64 bad input, 65 bad checkpoint or data, 70 internal error, 74 reading or writing failed,\n"
    "75 stopped early with a checkpoint written (run again with --restart).";

} // namespace

int main(int argc, char** argv) {
    using namespace blockspin;
    linalg::restart_with_fitting_openblas(argv);
    CLI::App line("How does a system look one scale up? Renormalization by bound, by measurement and by learning.");
    line.set_version_flag("--version",
                          fmt::format("blockspin {} ({})", core::version().number, core::version().revision));
    line.require_subcommand(1);
    line.footer(footer);
    app::Command command;
    for (const auto add : {app::add_run, app::add_check, app::add_schema, app::add_show, app::add_verify,
                           app::add_finite_size, app::add_bench, app::add_manual}) {
        add(line, command);
    }
    try {
        line.parse(argc, argv);
        return static_cast<int>(command());
    } catch (const CLI::Success& help) {
        return is_first_process() ? line.exit(help) : 0;
    } catch (const CLI::ParseError& error) {
        return static_cast<int>(
            fail(ExitCode::bad_input, std::string(error.what()) + "\nRun with --help for the options."));
    } catch (const core::Error& error) {
        return static_cast<int>(fail(error.code(), error.what()));
    } catch (const std::exception& error) {
        return static_cast<int>(fail(ExitCode::internal_error, error.what()));
    }
}
