#include "dry_run.hpp"

#include <blockspin/process/stop.hpp>
#include <blockspin/sampling/demand.hpp>
#include <blockspin/sampling/placement.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <optional>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace blockspin::app {

namespace {

/// "12.3 MB".
std::string format_bytes(double bytes) {
    constexpr std::array units{"B", "kB", "MB", "GB", "TB", "PB"};
    std::size_t unit = 0;
    for (; bytes >= 1000.0 && unit + 1 < units.size(); ++unit) bytes /= 1000.0;
    return fmt::format("{:.3g} {}", bytes, units[unit]);
}

/// Seconds to bring so many bytes to the disk of a folder that may not exist yet, and to read them twice, as a
/// checkpoint does; nothing where there are no files without a name.
std::optional<double> time_of_checkpoint(std::filesystem::path folder, double bytes) {
    constexpr std::size_t block = 1 << 20;
    constexpr double most_blocks = 128;
    folder = std::filesystem::absolute(folder);
    while (!std::filesystem::is_directory(folder) && folder.has_relative_path()) folder = folder.parent_path();
    const int descriptor = open(folder.c_str(), O_TMPFILE | O_RDWR, 0600);
    if (descriptor < 0) return std::nullopt;
    std::vector<char> data(std::min(block, static_cast<std::size_t>(bytes)), 1);
    const double all_blocks = bytes / static_cast<double>(data.size());
    const auto blocks = static_cast<off_t>(std::ceil(std::min(all_blocks, most_blocks)));
    const auto size = static_cast<ssize_t>(data.size());
    const auto start = std::chrono::steady_clock::now();
    bool done = true;
    for (off_t i = 0; i < blocks; ++i) done = done && write(descriptor, data.data(), data.size()) == size;
    done = done && fsync(descriptor) == 0;
    for (off_t i = 0; i < 2 * blocks; ++i)
        done = done && pread(descriptor, data.data(), data.size(), i % blocks * size) == size;
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    close(descriptor);
    return done ? std::optional(seconds.count() * all_blocks / static_cast<double>(blocks)) : std::nullopt;
}

void tell_of_checkpoints(core::Log& log, double bytes, const std::filesystem::path& folder) {
    const auto seconds = time_of_checkpoint(folder, bytes);
    log.info("sample: a checkpoint has {}{}", format_bytes(bytes),
             seconds ? fmt::format(", about {:.2g} s on this disk", *seconds) : "");
}

} // namespace

core::ExitCode dry_run(const mpi::Communicator& comm, core::Log& log, const Study& study,
                       const std::filesystem::path& folder) {
    log.info("study {}: {} points, {} ranks", study.study.name, model::points(study.model, study.scan).size(),
             comm.size());
    if (study.sample) {
        const sampling::Task task = study.sampling_task();
        const auto placement = sampling::place(task, comm.size());
        const sampling::Demand demand = sampling::demand(comm, task, placement);
        log.info("sample: {}", placement.text(task.geometry.dimension()));
        log.info("sample: {} of memory for spins on the fullest rank, {} of disk space, about {}",
                 format_bytes(demand.memory), format_bytes(demand.disk),
                 process::format_duration(process::Seconds(demand.seconds)));
        if (comm.is_root()) tell_of_checkpoints(log, demand.checkpoint, folder);
    }
    if (study.variational) {
        const mcrg::VariationalTask task = study.variational_task();
        const mcrg::VariationalParameters& p = task.parameters;
        log.info("variational: {} chains of {} sweeps, each a whole lattice on one thread",
                 static_cast<std::int64_t>(task.points.size()) * p.steps * p.chains,
                 p.iterations * p.sweeps_per_iteration + p.thermalization + p.sweeps);
    }
    if (study.block || study.hopfield || study.network || study.likelihood || study.map) {
        log.info("hopfield, block, network, likelihood, map: not estimated");
    }
    log.info("nothing was written");
    return core::ExitCode::done;
}

} // namespace blockspin::app
