#include "section.hpp"

#include <blockspin/flow/report.hpp>
#include <blockspin/mpi/agreement.hpp>

namespace blockspin::app {

namespace {

/// The streamlines of one map as [start, step, coupling].
void publish_streamlines(io::Writer& writer, const flow::Report& report) {
    std::vector<double> starts, couplings;
    for (const flow::Streamline& line : report.streamlines) {
        starts.push_back(line.start);
        for (const auto& point : line.flow.couplings) couplings.insert(couplings.end(), point.begin(), point.end());
    }
    const std::size_t steps = couplings.size() / (starts.size() * report.couplings.size());
    std::string names;
    for (const std::string& name : report.couplings) names += names.empty() ? name : "\n" + name;
    writer.text("name", report.name);
    writer.text("couplings", names);
    writer.array("fixed_point", report.fixed_point);
    writer.array("start", starts);
    writer.array("streamline", {starts.size(), steps, report.couplings.size()}, std::span<const double>(couplings));
    writer.attribute("start", "meaning", "nearest-neighbour coupling of the model");
    writer.attribute("streamline", "meaning", "couplings step by step [start, step, coupling]");
}

} // namespace

SectionResult run_flow(Run& run) {
    const auto timing = run.timers.time("flows");
    const std::vector<model::Point> points = model::points(run.study.model, run.study.scan);
    const flow::Setting setting{model::geometry(run.study.model).lattice(), points, run.study.study.seed};
    // Mostly the same small computation on every rank: quicker than to send it round.
    std::vector<flow::Report> reports;
    std::vector<io::Row> rows;
    mpi::collectively(run.comm, [&] {
        for (const flow::FlowParameters& parameters : run.study.flow) {
            reports.push_back(flow::report(run.comm, parameters, setting));
            rows.insert(rows.end(), reports.back().rows.begin(), reports.back().rows.end());
        }
        const std::vector<io::Row> exact = flow::exact_rows(setting.lattice, points);
        rows.insert(rows.end(), exact.begin(), exact.end());
    });
    return {process::Outcome::finished, publish_section(run, "flow", rows, [&](io::Writer& writer) {
                for (std::size_t i = 0; i < reports.size(); ++i) {
                    io::Writer group = writer.group(std::to_string(i));
                    publish_streamlines(group, reports[i]);
                }
            })};
}

} // namespace blockspin::app
