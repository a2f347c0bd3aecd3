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

/// Spots as [spot, 2].
void publish_spots(io::Writer& writer, const char* name, const std::vector<flow::Spot>& spots) {
    std::vector<double> values;
    for (const flow::Spot& spot : spots) values.insert(values.end(), spot.begin(), spot.end());
    writer.array(name, {spots.size(), 2}, std::span<const double>(values));
}

/// Lines of different lengths as one list of spots, and how many belong to each.
void publish_lines(io::Writer& writer, const char* name, const std::vector<std::vector<flow::Spot>>& lines) {
    std::vector<flow::Spot> spots;
    std::vector<std::int64_t> lengths;
    for (const auto& line : lines) {
        spots.insert(spots.end(), line.begin(), line.end());
        lengths.push_back(static_cast<std::int64_t>(line.size()));
    }
    publish_spots(writer, name, spots);
    writer.array(std::string(name) + "_length", lengths);
}

void publish_diagram(io::Writer& writer, const flow::PhaseDiagram& diagram) {
    writer.text("axes", diagram.plane.names[0] + "\n" + diagram.plane.names[1]);
    publish_spots(writer, "window", {diagram.window.low, diagram.window.high});
    publish_spots(writer, "displacement", diagram.displacements);
    std::vector<flow::Spot> boundary, fixed;
    std::vector<std::int64_t> phases, relevant(diagram.relevant.begin(), diagram.relevant.end());
    for (const flow::Boundary& part : diagram.boundaries) {
        boundary.push_back(part.spot);
        phases.insert(phases.end(), {part.before, part.after});
    }
    for (const flow::FixedPoint& point : diagram.fixed_points) fixed.push_back(diagram.plane.shadow(point.couplings));
    publish_spots(writer, "boundary", boundary);
    writer.array("phases", {boundary.size(), 2}, std::span<const std::int64_t>(phases));
    publish_spots(writer, "fixed", fixed);
    writer.array("relevant", relevant);
    publish_lines(writer, "critical", diagram.critical);
    publish_lines(writer, "trajectory", diagram.trajectories);
    writer.attribute("displacement", "meaning", "of models on a square grid over the window in one step, row by row");
    writer.attribute("boundary", "meaning", "where the phase changes on rays, ray by ray");
    writer.attribute("phases", "meaning", "numbers of the phases inside and outside of each boundary");
    writer.attribute("relevant", "meaning", "number of relevant even modes of each fixed point");
    writer.attribute("critical", "meaning", "arms of the critical trajectories out of the fixed points");
}

/// Places on a boundary as [place, 3]: composition, temperature, error.
void publish_places(io::Writer& writer, const char* name, const std::vector<flow::GlassDiagram::Place>& places) {
    std::vector<double> values;
    for (const auto& place : places)
        values.insert(values.end(), {place.model.composition, place.model.temperature, place.error});
    writer.array(name, {places.size(), 3}, std::span<const double>(values));
}

void publish_glass(io::Writer& writer, const flow::GlassDiagram& glass) {
    writer.text("disorder", glass.disorder == flow::Disorder::plus_minus ? "plus-minus" : "gaussian");
    publish_places(writer, "paramagnet", glass.paramagnet);
    publish_places(writer, "ferromagnet", glass.ferromagnet);
    if (glass.multicritical) publish_places(writer, "multicritical", {*glass.multicritical});
    writer.attribute("paramagnet", "meaning", "composition, highest temperature of order, its error");
    writer.attribute("ferromagnet", "meaning", "lowest composition of a ferromagnet, temperature, error of the first");
    if (glass.flows.empty()) return;
    std::vector<double> starts, flows;
    for (const flow::GlassModel& start : glass.starts)
        starts.insert(starts.end(), {start.composition, start.temperature});
    for (const flow::GlassFlow& one : glass.flows)
        for (std::size_t level = 0; level < one.mean.size(); ++level)
            flows.insert(flows.end(), {one.mean[level], one.width[level]});
    writer.array("start", {glass.starts.size(), 2}, std::span<const double>(starts));
    writer.array("flow", {glass.flows.size(), glass.flows.front().mean.size(), 2}, std::span<const double>(flows));
    writer.attribute("start", "meaning", "composition and temperature that the flows begin with");
    writer.attribute("flow", "meaning", "mean and width of the bonds K level by level [start, level, 2]");
}

void publish_report(io::Writer& writer, const flow::Report& report) {
    writer.text("name", report.name);
    writer.text("couplings", joined(report.couplings));
    if (!report.fixed_point.empty()) {
        writer.array("fixed_point", report.fixed_point);
        publish_spectrum(writer, report);
    }
    if (!report.streamlines.empty()) publish_streamlines(writer, report);
    if (report.diagram) {
        io::Writer diagram = writer.group("diagram");
        publish_diagram(diagram, *report.diagram);
    }
    if (report.glass) {
        io::Writer glass = writer.group("glass");
        publish_glass(glass, *report.glass);
    }
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
