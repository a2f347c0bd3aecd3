#pragma once

#include <string>
#include <vector>

#include <blockspin/core/log.hpp>
#include <blockspin/io/checkpoint.hpp>
#include <blockspin/io/provenance.hpp>
#include <blockspin/io/publish.hpp>
#include <blockspin/io/results.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/process/run.hpp>

#include "run_folder.hpp"
#include "study.hpp"

namespace blockspin::app {

/// What every section of a run works with.
struct Run {
    const mpi::Communicator& comm;
    core::Log& log;
    process::Timers& timers;
    process::StopConditions& stop;
    const Study& study;
    const RunFolder& folder;
    const io::Provenance& provenance;
    bool restart;
};

/// How a section ended, and the rows it adds to the summary (the same on all ranks; none if it was stopped).
struct SectionResult {
    process::Outcome outcome = process::Outcome::finished;
    std::vector<io::Row> rows;
};

/// Does this text of an effective study, found in `file`, give the same results as `study`?
bool is_of_study(const std::string& text, const std::filesystem::path& file, const Study& study);

/// The rows of a section that an earlier run has finished; nothing if it has not. DataError if it is of another study.
/// Collective.
std::optional<std::vector<io::Row>> finished_section(const Run& run, const std::string& name);

/// The rows that a section of this run has published. Collective.
std::vector<io::Row> published_rows(const Run& run, const std::string& name);

/// Publishes NAME.h5: what `write` puts into /results/NAME, the rows beside it, known on the root rank, the study, and
/// where it comes from. Returns the rows on all ranks. Collective.
std::vector<io::Row> publish_section(const Run& run, const std::string& name, const std::vector<io::Row>& rows,
                                     const std::function<void(io::Writer&)>& write,
                                     const std::string& parent_checkpoint = {});

/// Runs a process from its newest checkpoint, if there is one to continue, to its end, and publishes what it found.
/// `report_rate`, if given, is told the number of steps that were made. Collective.
template <process::Process P>
SectionResult run_section(Run& run, const std::string& name, P& process,
                          const std::function<void(std::uint64_t)>& report_rate = {}) {
    io::CheckpointStore store(run.comm, run.folder.path(), name, io::to_identity(run.study), run.provenance);
    const auto restored = run.restart ? store.load(process) : std::nullopt;
    if (restored) {
        for (const std::string& warning : restored->warnings) run.log.warn("{}", warning);
        run.log.info("{}: continues after {} of {} steps", name, process.steps_done(), process.steps_total());
    } else {
        process.clear(); // segments of a run that was killed before its first checkpoint
    }
    process::Surroundings around{run.comm, run.log, run.timers, run.stop, run.study.checkpoint.policy()};
    const std::uint64_t first_step = process.steps_done();
    const process::Outcome outcome = process::run(around, name, process, store);
    if (report_rate) report_rate(process.steps_done() - first_step);
    if (outcome == process::Outcome::stopped) return {outcome, {}};
    const auto timing = run.timers.time("results", process::Activity::files);
    process.seal();
    const auto rows = publish_section(
        run, name, process.results(), [&](io::Writer& writer) { process.publish(writer); },
        restored ? restored->parent : std::string());
    store.clear();
    return {process::Outcome::finished, rows};
}

// The sections in the order in which they run. All are Collective.
SectionResult run_flow(Run& run);
SectionResult run_bounds(Run& run);
SectionResult run_tensor(Run& run);
SectionResult run_sample(Run& run);
SectionResult run_hopfield(Run& run);
SectionResult run_block(Run& run);
SectionResult run_couplings(Run& run);
SectionResult run_variational(Run& run);
SectionResult run_matching(Run& run);
SectionResult run_network(Run& run);
SectionResult run_likelihood(Run& run);
SectionResult run_map(Run& run);
} // namespace blockspin::app
