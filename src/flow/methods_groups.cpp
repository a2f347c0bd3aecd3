#include "methods.hpp"
#include "report_parts.hpp"

#include <blockspin/flow/kadanoff_groups.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace blockspin::flow {

namespace {

constexpr int default_steps = 8;

SpinGroup group_of(const FlowParameters& parameters) {
    const std::string shape = parameters.group.value_or("4x4");
    return {shape.front() - '0', shape.back() - '0'};
}

/// Bound and number of evaluations at every point, the points shared by the ranks. Collective.
std::vector<double> all_bounds(const mpi::Communicator& comm, const SpinGroup& group, int steps,
                               std::span<const model::Point> points) {
    const int count = static_cast<int>(points.size());
    const auto first = [&](int rank) { return static_cast<std::int64_t>(count) * rank / comm.size(); };
    std::vector<double> mine;
    mpi::collectively(comm, [&] {
        for (auto i = first(comm.rank()); i < first(comm.rank() + 1); ++i) {
            const auto best = optimal_group_bound(group, points[static_cast<std::size_t>(i)].coupling("nn"), steps);
            mine.insert(mine.end(), {best.bound.value, static_cast<double>(best.evaluations)});
        }
    });
    return mpi::all_gather_joined<double>(comm, mine);
}

std::string refusal_of_groups(const FlowParameters&, const Setting& setting) {
    const bool has_field =
        std::ranges::any_of(setting.points, [](const model::Point& point) { return point.coupling("field") != 0.0; });
    return has_field || setting.lattice != lattice::Lattice::square ? "knows the square lattice without a field only"
                                                                    : "";
}

Report report_groups(const mpi::Communicator& comm, const FlowParameters& parameters, const Setting& setting) {
    const SpinGroup group = group_of(parameters);
    const int steps = parameters.steps.value_or(default_steps);
    Report report{.name = fmt::format("kadanoff, groups of {} x {}", group.width(), group.height())};
    const std::vector<double> bounds = all_bounds(comm, group, steps, setting.points);
    for (std::size_t i = 0; i < setting.points.size(); ++i)
        report.rows.push_back(exact_row(
            setting.points[i].label, fmt::format("f at most ({})", report.name), io::Kind::bound, bounds[2 * i],
            fmt::format("ln Z per site of the infinite lattice; {} steps, {} parameters each, {} gradients", steps,
                        1 + group.moved_terms(), bounds[2 * i + 1])));
    return report;
}

} // namespace

Method kadanoff_groups_method() {
    return {"kadanoff-groups", {"group", "steps"}, {}, report_groups, refusal_of_groups};
}

} // namespace blockspin::flow
