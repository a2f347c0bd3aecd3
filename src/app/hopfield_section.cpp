#include "section.hpp"

#include <blockspin/sampling/hopfield.hpp>

namespace blockspin::app {

SectionResult run_hopfield(Run& run) {
    sampling::HopfieldStudy memory(run.comm, *run.study.hopfield, run.study.study.seed, run.timers);
    return run_section(run, "hopfield", memory);
}

} // namespace blockspin::app
