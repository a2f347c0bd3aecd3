#include "learned_data.hpp"
#include "section.hpp"

#include <blockspin/net/trainer.hpp>

#include <utility>

namespace blockspin::app {

SectionResult run_network(Run& run) {
    LearnedData data = learned_data(run);
    const net::Task task{.parameters = *run.study.network,
                         .seed = run.study.study.seed,
                         .point = data.point,
                         .observables = data.observables};
    net::Trainer trainer(run.comm, task, std::move(data.rows), run.timers);
    return run_section(run, "network", trainer);
}

} // namespace blockspin::app
