#include "section.hpp"

#include <blockspin/mcrg/variational.hpp>

#include <omp.h>

namespace blockspin::app {

SectionResult run_variational(Run& run) {
    mcrg::VariationalTask task = run.study.variational_task();
    const auto& block = run.study.block;
    if (block && !block->couplings.empty()) {
        if (mcrg::determines_the_same(*block, task))
            task.others = published_rows(run, "couplings");
        else
            run.log.info("variational: the couplings of [block] are those of another rule or other operators, and not "
                         "compared");
    }
    run.log.info("variational: {}", mcrg::placement(task, run.comm.size(), omp_get_max_threads()));
    if (run.study.sample && !run.study.sample->domains.empty()) {
        run.log.info("variational: the domains of [sample] do not apply to these chains");
    }
    mcrg::Variational flow(run.comm, task, run.folder.path(), run.timers);
    return run_section(run, "variational", flow);
}

} // namespace blockspin::app
