#include "section.hpp"

#include <blockspin/bounds/scan.hpp>

namespace blockspin::app {

SectionResult run_bounds(Run& run) {
    bounds::Scan scan(run.comm, run.study.bounds_task(), run.timers);
    return run_section(run, "bounds", scan);
}

} // namespace blockspin::app
