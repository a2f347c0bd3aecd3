#include "section.hpp"

#include <blockspin/flow/report.hpp>
#include <blockspin/mpi/agreement.hpp>

#include <complex>

namespace blockspin::app {

namespace {

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += text.empty() ? name : "\n" + name;
    return text;
}

/// The streamlines of one map as [start, step, coupling].
void publish_streamlines(io::Writer& writer, const flow::Report& report) {
    std::vector<double> starts, couplings;
    for (const flow::Streamline& line : report.streamlines) {
        starts.push_back(line.start);
        for (const auto& point : line.flow.couplings) couplings.insert(couplings.end(), point.begin(), point.end());
    }
    const std::size_t steps = couplings.size() / (starts.size() * report.couplings.size());
    writer.array("start", starts);
    writer.array("streamline", {starts.size(), steps, report.couplings.size()}, std::span<const double>(couplings));
    writer.attribute("start", "meaning", "nearest-neighbour coupling of the model");
    writer.attribute("streamline", "meaning", "couplings step by step [start, step, coupling]");
}

/// Exponents, and real and imaginary parts of eigenvalues and eigenvectors, one row per mode.
void publish_spectrum(io::Writer& writer, const flow::Report& report) {
    const std::size_t modes = report.spectrum.modes.size(), axes = report.couplings.size();
    std::vector<double> exponents, values, left, right;
    const auto append = [](std::vector<double>& list, std::complex<double> x) {
        list.push_back(x.real());
        list.push_back(x.imag());
    };
    std::vector<std::string> sectors;
    for (const flow::Mode& mode : report.spectrum.modes) {
        exponents.push_back(mode.exponent);
        append(values, mode.eigenvalue);
        for (const auto& x : mode.left) append(left, x);
        for (const auto& x : mode.right) append(right, x);
        sectors.push_back(!mode.sector ? "mixed" : *mode.sector == flow::Parity::even ? "even" : "odd");
    }
    writer.text("sector", joined(sectors));
    writer.array("exponent", exponents);
    writer.array("eigenvalue", {modes, 2}, std::span<const double>(values));
    writer.array("left", {modes, axes, 2}, std::span<const double>(left));
    writer.array("right", {modes, axes, 2}, std::span<const double>(right));
    writer.attribute("exponent", "meaning", "y of every mode: relevant above 0, marginal at 0, irrelevant below");
    writer.attribute("eigenvalue", "meaning",
                     "of the linearised flow at the fixed point [mode, real and imaginary part]");
    writer.attribute("left", "meaning", "left eigenvectors [mode, coupling, real and imaginary part]");
    writer.attribute("right", "meaning", "right eigenvectors [mode, coupling, real and imaginary part]");
}

void publish_report(io::Writer& writer, const flow::Report& report) {
    writer.text("name", report.name);
    writer.text("couplings", joined(report.couplings));
    if (!report.fixed_point.empty()) {
        writer.array("fixed_point", report.fixed_point);
        publish_spectrum(writer, report);
    }
    if (!report.streamlines.empty()) publish_streamlines(writer, report);
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
                    publish_report(group, reports[i]);
                }
            })};
}

} // namespace blockspin::app
