#include "configurations.hpp"
#include "section.hpp"

#include <blockspin/mcrg/block_flow.hpp>
#include <blockspin/mcrg/coupling_flow.hpp>
#include <blockspin/mpi/agreement.hpp>

#include <memory>

namespace blockspin::app {

namespace {

/// What [block] asks for, and the configurations that it is about.
struct Blocking {
    mcrg::Task task;
    mcrg::Configurations configurations;
};

/// Collective.
Blocking blocking(const Run& run) {
    const Study& study = run.study;
    const std::int64_t chains = study.sample->chains, first_point = study.block->from.point.value_or(0);
    std::vector<model::Point> points = model::points(study.model, study.scan);
    if (study.block->from.point) points = {points.at(static_cast<std::size_t>(first_point))};
    const std::int64_t replicas = static_cast<std::int64_t>(points.size()) * chains;
    const auto stored = std::make_shared<const StoredConfigurations>(
        mpi::collectively(run.comm, [&] { return StoredConfigurations(run.folder.section("sample")); }));
    const auto read = [stored, first = first_point * chains, replicas](std::int64_t row, std::int64_t rows) {
        return stored->read(row, rows, first, replicas);
    };
    return {.task = {.geometry = model::geometry(study.model),
                     .points = points,
                     .parameters = *study.block,
                     .seed = study.study.seed},
            .configurations = {.rows = stored->rows(), .replicas = replicas, .read = read}};
}

} // namespace

SectionResult run_block(Run& run) {
    const auto [task, configurations] = blocking(run);
    mcrg::BlockFlow flow(run.comm, task, configurations, run.folder.path(), run.timers);
    return run_section(run, "block", flow);
}

SectionResult run_couplings(Run& run) {
    const auto [task, configurations] = blocking(run);
    mcrg::CouplingFlow flow(run.comm, task, configurations, run.timers);
    SectionResult result = run_section(run, "couplings", flow);
    if (result.outcome == process::Outcome::finished && result.rows.size() < flow.couplings()) {
        run.log.warn("couplings: {} of {} are not reported: block spins that nearly all follow their fields, or do not "
                     "tell the operators apart, do not determine them",
                     flow.couplings() - result.rows.size(), flow.couplings());
    }
    return result;
}

} // namespace blockspin::app
