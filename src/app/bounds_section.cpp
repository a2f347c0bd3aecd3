#include "section.hpp"

#include <blockspin/bounds/scan.hpp>

namespace blockspin::app {

SectionResult run_bounds(Run& run) {
    const Study& study = run.study;
    bounds::Scan scan(run.comm, {*study.bounds, model::geometry(study.model), model::points(study.model, study.scan)},
                      run.timers);
    return run_section(run, "bounds", scan);
}

} // namespace blockspin::app
