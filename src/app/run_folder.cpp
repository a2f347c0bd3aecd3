#include "run_folder.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>

#include <fmt/format.h>

#include <regex>
#include <system_error>

namespace blockspin::app {

namespace {

namespace fs = std::filesystem;

/// Was this file written by a run?
bool belongs_to_a_run(const fs::path& file) {
    const std::regex names("(results|flow|sample|block|network|map|block-operators-[0-9]+|checkpoint-.*|sample-(series|"
                           "configurations)-[0-9]+)[.]h5|results[.]json|"
                           "effective-study[.]toml|log[.]txt|stop");
    return std::regex_match(file.filename().string(), names);
}

void discard(const fs::path& folder) {
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.is_regular_file() && belongs_to_a_run(entry.path())) fs::remove(entry.path());
    }
}

RunState prepare(const fs::path& folder, Existing existing) {
    try {
        const RunState found = RunFolder::state(folder);
        if (found != RunState::empty && existing == Existing::refuse) {
            throw core::InputError(fmt::format("{} holds {} run: continue it with --restart, discard it with --force, "
                                               "or choose another folder with --out",
                                               folder.string(),
                                               found == RunState::finished ? "a finished" : "an interrupted"));
        }
        fs::create_directories(folder);
        if (existing == Existing::discard) discard(folder);
        return found;
    } catch (const fs::filesystem_error& error) {
        throw core::IoError(fmt::format("cannot use the run folder {}: {}", folder.string(), error.code().message()));
    }
}

} // namespace

RunFolder::RunFolder(const mpi::Communicator& comm, fs::path path, Existing existing)
    : path_(std::move(path)), found_(RunState::empty) {
    const auto found = mpi::collectively(
        comm, [&] { return static_cast<std::int32_t>(comm.is_root() ? prepare(path_, existing) : RunState::empty); });
    found_ = static_cast<RunState>(mpi::broadcast(comm, found));
}

RunState RunFolder::state(const fs::path& path) {
    if (!fs::exists(path)) return RunState::empty;
    if (fs::exists(path / "results.h5")) return RunState::finished;
    for (const auto& entry : fs::directory_iterator(path)) {
        if (entry.path().extension() == ".h5" && belongs_to_a_run(entry.path())) return RunState::interrupted;
    }
    return RunState::empty;
}

} // namespace blockspin::app
