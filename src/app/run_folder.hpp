#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <blockspin/io/folder_lock.hpp>
#include <blockspin/mpi/communicator.hpp>

namespace blockspin::app {

/// The sections of a run that leave a file NAME.h5, in the order in which they run.
inline constexpr std::array<std::string_view, 12> section_names{"flow",     "bounds",  "tensor",     "sample",
                                                                "hopfield", "block",   "couplings",  "variational",
                                                                "matching", "network", "likelihood", "map"};

/// What to do about a folder that holds an earlier run.
enum class Existing { refuse, discard, resume };

/// What stands in a run folder.
enum class RunState { empty, interrupted, finished };

/// The folder of one run: results.h5 and results.json at the end, effective-study.toml from the beginning, in between a
/// file per finished section, checkpoints and segments.
class RunFolder {
  public:
    /// Looks at `path` and prepares it: makes it, or empties it of an earlier run (discard), and keeps other runs out
    /// for as long as it lives. InputError if there is an earlier run and `existing` is refuse, or a run that does not
    /// end within ten seconds; IoError if the folder cannot be written. Collective.
    RunFolder(const mpi::Communicator& comm, std::filesystem::path path, Existing existing);

    const std::filesystem::path& path() const noexcept { return path_; }
    /// What was found, before anything was discarded.
    RunState found() const noexcept { return found_; }

    std::filesystem::path effective_study() const { return path_ / "effective-study.toml"; }
    std::filesystem::path results() const { return path_ / "results.h5"; }
    std::filesystem::path summary() const { return path_ / "results.json"; }
    std::filesystem::path log() const { return path_ / "log.txt"; }
    /// File of one of section_names.
    std::filesystem::path section(const std::string& name) const;

    /// State of a folder, by the calling rank alone.
    static RunState state(const std::filesystem::path& path);

  private:
    std::filesystem::path path_;
    RunState found_;
    std::optional<io::FolderLock> lock_; ///< on the root rank
};

} // namespace blockspin::app
