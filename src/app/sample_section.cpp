#include "section.hpp"

#include <blockspin/sampling/chains.hpp>
#include <blockspin/sampling/placement.hpp>

namespace blockspin::app {

SectionResult run_sample(Run& run) {
    const sampling::Task task = run.study.sampling_task();
    const sampling::Placement placement =
        sampling::place(task.geometry, task.replicas(), run.comm.size(), task.parameters.domains);
    run.log.info("sample: {}", placement.text(task.geometry.dimension()));
    sampling::Chains chains(run.comm, task, placement, run.folder.path(), run.timers);
    const std::uint64_t first = chains.steps_done();
    const double before = run.timers.seconds("heat bath");
    SectionResult result = run_section(run, "sample", chains);
    const double seconds = mpi::all_reduce(run.comm, run.timers.seconds("heat bath") - before, mpi::Op::max);
    if (seconds > 0.0) {
        const double updates = chains.updates_per_sweep() * static_cast<double>(chains.steps_done() - first);
        run.log.info("sample: {:.3g} spin updates per ns on {} ranks", updates / seconds * 1e-9, run.comm.size());
    }
    return result;
}

} // namespace blockspin::app
