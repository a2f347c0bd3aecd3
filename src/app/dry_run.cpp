#include "dry_run.hpp"

#include <blockspin/bounds/scan.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/net/update_time.hpp>
#include <blockspin/process/stop.hpp>
#include <blockspin/process/timers.hpp>
#include <blockspin/sampling/demand.hpp>
#include <blockspin/sampling/placement.hpp>
#include <blockspin/sampling/sweep_time.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <omp.h>
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

/// "1.4 ms".
std::string format_seconds(double seconds) {
    if (seconds >= 1.0) return fmt::format("{:.3g} s", seconds);
    return seconds >= 1e-3 ? fmt::format("{:.3g} ms", 1e3 * seconds) : fmt::format("{:.3g} us", 1e6 * seconds);
}

/// A port of 100 Gb/s, where there is no second rank to measure with.
constexpr mpi::MessageTime assumed{.latency = 1.5e-6, .bandwidth = 12.5e9};

/// What messages take, and how that is known.
struct Messages {
    mpi::MessageTime time;
    const char* origin;
};

Messages messages(const mpi::Communicator& comm, const std::optional<mpi::MessageTime>& given) {
    if (given) return {*given, "as given"};
    if (comm.size() > 1) return {mpi::measure_messages(comm), "as measured between two of these ranks"};
    return {assumed, "an assumption"};
}

/// One line for these ranks and for 4, 16 … 4096 times as many, while `foretell` knows seconds of computing and of
/// messages.
template <class Foretell>
void tell_of_scaling(core::Log& log, int ranks, const std::string& what, Foretell&& foretell) {
    for (std::int64_t count = ranks; count <= std::int64_t{4096} * ranks; count *= 4) {
        const std::optional<std::pair<double, double>> time = foretell(static_cast<int>(count));
        if (!time) return;
        const double total = time->first + time->second;
        log.info("{} on {} rank{}: at most {}, {:.0f} % of it messages", what, count, count == 1 ? "" : "s",
                 format_seconds(total), 100.0 * time->second / total);
    }
}

void tell_of_sweeps(core::Log& log, int ranks, const sampling::Task& task, double seconds_per_spin,
                    const mpi::MessageTime& message) {
    if (!sampling::has_sweep_time(task)) return;
    tell_of_scaling(log, ranks, "sample: a sweep", [&](int count) -> std::optional<std::pair<double, double>> {
        try {
            const sampling::SweepTime time = sampling::sweep_time(task, count, seconds_per_spin, message);
            return std::pair(time.computing, time.messages);
        } catch (const core::InputError&) { // too many ranks for the lattice
            return std::nullopt;
        }
    });
}

/// Of each layer, one update of one training whose ranks share the minibatch.
void tell_of_updates(core::Log& log, int ranks, const net::NetworkParameters& network,
                     const mpi::MessageTime& message) {
    for (std::size_t layer = 0; layer + 1 < network.layers.size(); ++layer) {
        const auto visible = static_cast<int>(network.layers[layer]),
                   hidden = static_cast<int>(network.layers[layer + 1]);
        const net::UpdateTime update =
            net::measure_updates(visible, hidden, static_cast<int>(network.gibbs_steps), network.batch);
        const std::string what = fmt::format("network: an update of {} x {} units", visible, hidden);
        tell_of_scaling(log, ranks, what, [&](int count) -> std::optional<std::pair<double, double>> {
            if (count > network.batch) return std::nullopt;
            return std::pair(update.computing(network.batch, count), update.messages(network.batch, count, message));
        });
    }
}

/// Ranks share the points, so no more of them work than there are points.
void tell_of_bounds(const mpi::Communicator& comm, core::Log& log, const Study& study) {
    process::Timers timers;
    const bounds::Task task = study.bounds_task();
    const bounds::Scan scan(comm, task, timers);
    const double working = std::min(static_cast<double>(comm.size()), static_cast<double>(task.points.size()));
    log.info("bounds: {} bounds at most, {} of one core at most, about {} here, {} of memory on a rank at most; a "
             "checkpoint after any of them",
             scan.steps_total(), process::format_duration(process::Seconds(scan.seconds_left())),
             process::format_duration(process::Seconds(scan.seconds_left() / working)),
             format_bytes(scan.bytes_at_most()));
}

} // namespace

core::ExitCode dry_run(const mpi::Communicator& comm, core::Log& log, const Study& study,
                       const std::filesystem::path& folder, const std::optional<mpi::MessageTime>& message) {
    log.info("study {}: {} points, {} ranks", study.study.name, model::points(study.model, study.scan).size(),
             comm.size());
    const Messages between = messages(comm, message);
    if (study.sample || study.network) {
        log.info("a message takes {} and {}/s, {}", format_seconds(between.time.latency),
                 format_bytes(between.time.bandwidth), between.origin);
    }
    if (study.bounds) tell_of_bounds(comm, log, study);
    if (study.sample) {
        const sampling::Task task = study.sampling_task();
        const auto placement = sampling::place(task, comm.size());
        const sampling::Demand demand = sampling::demand(comm, task, placement);
        log.info("sample: {}", placement.text(task.geometry.dimension()));
        log.info("sample: {} of memory for spins on the fullest rank, {} of disk space, about {}",
                 format_bytes(demand.memory), format_bytes(demand.disk),
                 process::format_duration(process::Seconds(demand.seconds)));
        if (comm.is_root()) tell_of_checkpoints(log, demand.checkpoint, folder);
        tell_of_sweeps(log, comm.size(), task, demand.computing, between.time);
    }
    if (study.variational) {
        log.info("variational: {}", mcrg::placement(study.variational_task(), comm.size(), omp_get_max_threads()));
    }
    const bool has_numbers = study.data && study.data->binarise == "standardise";
    if (study.network && study.network->hidden_units == "binary" && !has_numbers) {
        tell_of_updates(log, comm.size(), *study.network, between.time);
    }
    if (study.block || study.hopfield || study.matching || study.network || study.likelihood || study.map) {
        log.info("hopfield, block, matching, network as a whole, likelihood, map: not estimated");
    }
    log.info("nothing was written");
    return core::ExitCode::done;
}

} // namespace blockspin::app
