#include "section.hpp"

#include <blockspin/bounds/report.hpp>

namespace blockspin::app {

SectionResult run_bounds(Run& run) {
    const auto timing = run.timers.time("bounds");
    const std::vector<model::Point> points = model::points(run.study.model, run.study.scan);
    const bounds::Report report = bounds::report(run.comm, model::geometry(run.study.model), points, *run.study.bounds);
    std::vector<double> low, high;
    for (const bounds::Point& point : report.points) {
        low.push_back(point.low);
        high.push_back(point.high);
    }
    return {process::Outcome::finished, publish_section(run, "bounds", report.rows, [&](io::Writer& writer) {
                writer.array("low", low);
                writer.array("high", high);
                writer.attribute("low", "meaning",
                                 "best lower bound on f = ln Z per site of the infinite lattice [point]");
                writer.attribute("high", "meaning",
                                 "best upper bound on f = ln Z per site of the infinite lattice [point]");
            })};
}

} // namespace blockspin::app
