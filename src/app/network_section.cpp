#include "learned_data.hpp"
#include "section.hpp"

#include <blockspin/mpi/agreement.hpp>
#include <blockspin/net/model_file.hpp>
#include <blockspin/net/trainer.hpp>

#include <utility>

namespace blockspin::app {

namespace {

std::vector<net::Stack> machines_to_begin_with(const Run& run) {
    const auto& file = run.study.network->from.model;
    if (!file) return {};
    return mpi::collectively(run.comm, [&] { return net::read_model_file(*file); });
}

} // namespace

SectionResult run_network(Run& run) {
    LearnedData data = learned_data(run);
    const net::Task task{.parameters = *run.study.network,
                         .seed = run.study.study.seed,
                         .point = data.point,
                         .observables = data.observables,
                         .lattice = run.study.data ? std::vector<std::int64_t>() : run.study.model.size,
                         .start = machines_to_begin_with(run)};
    net::Trainer trainer(run.comm, task, std::move(data.rows), run.timers);
    return run_section(run, "network", trainer);
}

} // namespace blockspin::app
