#include "run_folder.hpp"

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <system_error>

namespace blockspin::app {

namespace {

namespace fs = std::filesystem;

/// How long the ranks of a killed run may live on.
constexpr std::chrono::seconds patience{10};

/// Is this NAME.h5 or NAME-….h5 with the name of a section, or a checkpoint?
bool belongs_to_a_section(std::string_view name) {
    if (!name.ends_with(".h5")) return false;
    name.remove_suffix(3);
    return name.starts_with("checkpoint-") || std::ranges::any_of(section_names, [&](std::string_view section) {
               return name.starts_with(section) && (name.size() == section.size() || name[section.size()] == '-');
           });
}

/// Was this file written by a run?
bool belongs_to_a_run(const fs::path& file) {
    constexpr std::array<std::string_view, 5> others{"results.h5", "results.json", "effective-study.toml", "log.txt",
                                                     "stop"};
    const std::string name = file.filename().string();
    return belongs_to_a_section(name) || std::ranges::find(others, name) != others.end();
}

void discard(const fs::path& folder) {
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.is_regular_file() && belongs_to_a_run(entry.path())) fs::remove(entry.path());
    }
}

/// Refuses or discards an earlier run. The folder exists and is locked.
RunState prepare(const fs::path& folder, Existing existing) {
    const RunState found = RunFolder::state(folder);
    if (found != RunState::empty && existing == Existing::refuse) {
        throw core::InputError(fmt::format(
            "{} holds {} run: continue it with --restart, discard it with --force, or choose another folder with --out",
            folder.string(), found == RunState::finished ? "a finished" : "an interrupted"));
    }
    if (existing == Existing::discard) discard(folder);
    return found;
}

} // namespace

RunFolder::RunFolder(const mpi::Communicator& comm, fs::path path, Existing existing)
    : path_(std::move(path)), found_(RunState::empty) {
    mpi::collectively(comm, [&] {
        if (!comm.is_root()) return;
        try {
            fs::create_directories(path_);
            lock_.emplace(path_, patience);
            found_ = prepare(path_, existing);
        } catch (const fs::filesystem_error& error) {
            throw core::IoError(
                fmt::format("cannot use the run folder {}: {}", path_.string(), error.code().message()));
        }
    });
    found_ = static_cast<RunState>(mpi::broadcast(comm, static_cast<std::int32_t>(found_)));
}

fs::path RunFolder::section(const std::string& name) const {
    core::ensure(std::ranges::find(section_names, name) != section_names.end(), "a section has one of section_names");
    return path_ / (name + ".h5");
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
