#include "learned_data.hpp"
#include "section.hpp"

#include <blockspin/mpi/agreement.hpp>
#include <blockspin/net/likelihood.hpp>
#include <blockspin/net/model_file.hpp>

#include <utility>

namespace blockspin::app {

SectionResult run_likelihood(Run& run) {
    const Study& study = run.study;
    LearnedData data = learned_data(run);
    net::LikelihoodTask task{.parameters = *study.likelihood,
                             .seed = study.study.seed,
                             .point = data.point,
                             .stacks = mpi::collectively(run.comm, [&] {
                                 const auto& file = study.likelihood->from.model;
                                 return net::read_model_file(file ? std::filesystem::path(*file)
                                                                  : run.folder.section("network"));
                             })};
    net::Split rows = net::split(data.rows, study.network ? study.network->held_out : study.likelihood->held_out);
    net::Likelihood likelihood(run.comm, std::move(task), std::move(data.rows), std::move(rows), run.timers);
    return run_section(run, "likelihood", likelihood);
}

} // namespace blockspin::app
