#include "section.hpp"

#include <blockspin/mapping/small_lattice.hpp>

#include <fmt/format.h>

#include <map>

namespace blockspin::app {

SectionResult run_map(Run& run) {
    const Study& study = run.study;
    const mapping::MapParameters& parameters = *study.map;
    model::Point point;
    if (!parameters.coupling || study.network) {
        const auto number = study.chosen_point(study.network ? study.network->from.point : std::nullopt);
        point = model::points(study.model, study.scan).at(static_cast<std::size_t>(number));
    }
    if (parameters.coupling) {
        point.couplings.set("nn", *parameters.coupling);
        point.label = fmt::format("nn = {}", *parameters.coupling);
    }
    model::ModelParameters small = study.model;
    small.size = parameters.size;
    const lattice::Geometry geometry = model::geometry(small);
    const std::map<std::string, double> couplings(point.couplings.begin(), point.couplings.end());
    const mapping::Task task{.parameters = parameters,
                             .seed = study.study.seed,
                             .point = point.label,
                             .geometry = geometry,
                             .hamiltonian = model::Hamiltonian(geometry.lattice(), couplings)};
    mapping::SmallLattice machines(run.comm, task, run.timers);
    return run_section(run, "map", machines);
}

} // namespace blockspin::app
