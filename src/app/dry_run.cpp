#include "dry_run.hpp"

#include <blockspin/process/stop.hpp>
#include <blockspin/sampling/demand.hpp>
#include <blockspin/sampling/placement.hpp>

#include <fmt/format.h>

#include <array>

namespace blockspin::app {

namespace {

/// "12.3 MB".
std::string format_bytes(double bytes) {
    constexpr std::array units{"B", "kB", "MB", "GB", "TB", "PB"};
    std::size_t unit = 0;
    for (; bytes >= 1000.0 && unit + 1 < units.size(); ++unit) bytes /= 1000.0;
    return fmt::format("{:.3g} {}", bytes, units[unit]);
}

} // namespace

core::ExitCode dry_run(const mpi::Communicator& comm, core::Log& log, const Study& study) {
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
    }
    if (study.block || study.network || study.likelihood || study.map) {
        log.info("block, network, likelihood, map: not estimated");
    }
    log.info("nothing was written");
    return core::ExitCode::done;
}

} // namespace blockspin::app
