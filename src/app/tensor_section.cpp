#include "section.hpp"

#include <blockspin/tensor/scan.hpp>

namespace blockspin::app {

SectionResult run_tensor(Run& run) {
    tensor::Scan scan(run.comm, run.study.tensor_task(), run.timers);
    return run_section(run, "tensor", scan);
}

} // namespace blockspin::app
