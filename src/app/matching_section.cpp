#include "section.hpp"

#include <blockspin/mcrg/matching.hpp>

namespace blockspin::app {

SectionResult run_matching(Run& run) {
    mcrg::Matching matching(run.comm, run.study.matching_task(), run.timers);
    return run_section(run, "matching", matching);
}

} // namespace blockspin::app
