#include "report_parts.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace blockspin::flow {

namespace {

constexpr int rays = 96, samples = 24, grid = 25;

Window window_of(const FlowParameters& parameters) {
    const std::vector<double>& ends = *parameters.window;
    return {{ends[0], ends[2]}, {ends[1], ends[3]}};
}

/// The end of a line from the origin that leaves the window: as far as any of its corners.
Spot far_end(const Window& window, double ratio) {
    const double far = std::hypot(std::max(std::abs(window.low[0]), std::abs(window.high[0])),
                                  std::max(std::abs(window.low[1]), std::abs(window.high[1])));
    if (std::isinf(ratio)) return {0.0, far};
    const double first = far / std::hypot(1.0, ratio);
    return {first, ratio * first};
}

/// The first boundary on every line that was asked for.
void add_ratios(Report& report, const PhaseDiagram& diagram, const Phase& phase, const std::vector<double>& ratios) {
    const auto& [first, second] = diagram.plane.names;
    for (const double ratio : ratios) {
        const Spot end = far_end(diagram.window, ratio);
        const Spot start{end[0] / (4 * samples), end[1] / (4 * samples)}; // as on a ray
        const auto found = boundaries(phase, diagram.plane, start, end, 4 * samples - 1);
        if (found.empty()) continue; // no transition there
        const bool alone = std::isinf(ratio);
        add_numerical(report,
                      alone ? fmt::format("critical {} at {} = 0", second, first)
                            : fmt::format("critical {} at {} = {} {}", first, second, ratio, first),
                      found.front().spot[alone ? 1 : 0], found.front().width);
    }
}

void add_fixed_points(Report& report, PhaseDiagram& diagram, const AnyMap& map) {
    diagram.fixed_points = fixed_points(map, diagram.plane, diagram.window, diagram.boundaries);
    for (std::size_t i = 0; i < diagram.fixed_points.size(); ++i) {
        const FixedPoint& fixed = diagram.fixed_points[i];
        const int relevant = spectrum(map, fixed.couplings).relevant(Parity::even);
        diagram.relevant.push_back(relevant);
        const Spot spot = diagram.plane.shadow(fixed.couplings);
        for (std::size_t axis : {0U, 1U})
            add_numerical(report, fmt::format("fixed point {}: {}", i, diagram.plane.names[axis]), spot[axis],
                          fixed.residual, fmt::format("{} relevant even mode{}", relevant, relevant == 1 ? "" : "s"));
        for (std::vector<Spot>& arm : critical_trajectory(map, diagram.plane, diagram.window, fixed))
            diagram.critical.push_back(std::move(arm));
    }
}

} // namespace

void check_diagram(const FlowParameters& parameters, io::Problems& problems) {
    if (!parameters.window) {
        if (parameters.ratios) problems.add("ratios", "these are ratios in a window, which is not given");
        if (parameters.starts) problems.add("starts", "these are models in a window, which is not given");
        return;
    }
    const std::vector<double>& ends = *parameters.window;
    if (ends.size() != 4 || !(ends[0] < ends[1] && ends[2] < ends[3]))
        problems.add("window", "needs four numbers, from < to for each coupling");
    if (parameters.starts && parameters.starts->size() % 2 != 0)
        problems.add("starts", "needs two numbers for each model");
    for (const double ratio : parameters.ratios.value_or(std::vector<double>{}))
        if (std::isnan(ratio) || ratio == -HUGE_VAL) problems.add("ratios", "are real numbers, or inf");
}

void add_diagram(Report& report, const AnyMap& map, Plane plane, const Phase& phase, const FlowParameters& parameters) {
    if (!parameters.window) return;
    PhaseDiagram diagram{.plane = std::move(plane), .window = window_of(parameters), .grid = grid};
    diagram.displacements = displacements(map, diagram.plane, diagram.window, grid);
    diagram.boundaries = boundaries(phase, diagram.plane, diagram.window, rays, samples);
    if (parameters.ratios) add_ratios(report, diagram, phase, *parameters.ratios);
    add_fixed_points(report, diagram, map);
    if (parameters.starts)
        for (std::size_t i = 0; i < parameters.starts->size(); i += 2)
            diagram.trajectories.push_back(
                trajectory(map, diagram.plane, diagram.window, {(*parameters.starts)[i], (*parameters.starts)[i + 1]}));
    report.diagram = std::move(diagram);
}

} // namespace blockspin::flow
