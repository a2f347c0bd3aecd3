#include "section.hpp"

#include <blockspin/sampling/chains.hpp>
#include <blockspin/sampling/checkerboard.hpp>
#include <blockspin/sampling/lane_update.hpp>
#include <blockspin/sampling/placement.hpp>
#include <blockspin/sampling/strip_update.hpp>

namespace blockspin::app {

SectionResult run_sample(Run& run) {
    const sampling::Task task = run.study.sampling_task();
    const sampling::Placement placement = sampling::place(task, run.comm.size());
    run.log.info("sample: {}", placement.text(task.geometry.dimension()));
    const bool packs = sampling::checkerboard_representation(task.geometry) == sampling::Representation::bits;
    if (sampling::has_checkerboard_update(task)) {
        run.log.info("sample: single-spin updates on spins held as {}", packs ? "bits" : "bytes");
    }
    if (const auto strips = sampling::strip_plan(task)) {
        run.log.info("sample: single-spin updates on spins held as {} strips", strips->lanes());
    }
    if (sampling::uses_lanes(task)) run.log.info("sample: single-spin updates of 128 replicas to a block of lanes");
    sampling::Chains chains(run.comm, task, placement, run.folder.path(), run.timers);
    const auto start = process::Clock::now();
    const SectionResult result = run_section(run, "sample", chains, [&](std::uint64_t steps) {
        const process::Seconds wall = process::Clock::now() - start;
        const double rate = chains.updates_per_step() * static_cast<double>(steps) / wall.count();
        run.log.info("sample: {:.3g} spin updates per ns on {} ranks", rate * 1e-9, run.comm.size());
    });
    for (const std::string& warning : chains.warnings()) run.log.warn("sample: {}", warning);
    return result;
}

} // namespace blockspin::app
