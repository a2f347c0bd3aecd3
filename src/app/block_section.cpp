#include "configurations.hpp"
#include "section.hpp"

#include <blockspin/mcrg/block_flow.hpp>
#include <blockspin/mpi/agreement.hpp>

namespace blockspin::app {

SectionResult run_block(Run& run) {
    const Study& study = run.study;
    const std::int64_t chains = study.sample->chains;
    const std::int64_t point = study.chosen_point(study.block->from.point);
    const mcrg::Task task{.geometry = model::geometry(study.model),
                          .point = model::points(study.model, study.scan).at(static_cast<std::size_t>(point)),
                          .parameters = *study.block,
                          .seed = study.study.seed};
    const auto stored = mpi::collectively(run.comm, [&] { return StoredConfigurations(run.folder.section("sample")); });
    const auto read = [&stored, first = point * chains, chains](std::int64_t row, std::int64_t rows) {
        return stored.read(row, rows, first, chains);
    };
    mcrg::BlockFlow flow(run.comm, task, {.rows = stored.rows(), .replicas = chains, .read = read}, run.folder.path(),
                         run.timers);
    return run_section(run, "block", flow);
}

} // namespace blockspin::app
