#include "report_parts.hpp"

#include <blockspin/flow/exponents.hpp>
#include <blockspin/flow/spectrum.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace blockspin::flow {

namespace {

constexpr int streamline_steps = 12;
/// Starts of the streamlines, relative to the critical coupling.
constexpr double offsets[] = {-0.1, -0.01, -0.001, 0.001, 0.01, 0.1};

} // namespace

io::Row exact_row(std::string point, std::string quantity, io::Kind kind, double value, std::string note) {
    return {.section = "flow",
            .point = std::move(point),
            .quantity = std::move(quantity),
            .kind = kind,
            .value = value,
            .error = io::rounding_error(value),
            .note = std::move(note)};
}

void add_numerical(Report& report, std::string quantity, double value, double change, std::string note) {
    io::Row row = exact_row(report.name, std::move(quantity), io::Kind::numerical, value, std::move(note));
    row.error = std::max(std::abs(change), io::rounding_error(value));
    report.rows.push_back(std::move(row));
}

void add_exponents(Report& report, const AnyMap& map, const FixedPoint& fixed) {
    const Exponents here = exponents(spectrum(map, fixed.couplings));
    const Exponents there = exponents(spectrum(map, map.apply(fixed.couplings).couplings));
    add_numerical(report, "y_T", here.y_T, there.y_T - here.y_T);
    add_numerical(report, "y_H", here.y_H, there.y_H - here.y_H);
    add_numerical(report, "nu", here.nu(), there.nu() - here.nu());
    report.fixed_point = fixed.couplings;
}

void add_streamlines(Report& report, const AnyMap& map, double critical, const Family& family) {
    report.couplings = names(map.couplings());
    for (const double offset : offsets) {
        const double start = critical * (1.0 + offset);
        report.streamlines.push_back({start, follow(map, family(start), streamline_steps)});
    }
}

void add_bounds(Report& report, std::span<const model::Point> points,
                const std::function<InfiniteAtMost(double)>& bound_of) {
    for (const model::Point& point : points) {
        if (point.coupling("field") != 0.0) continue;
        const InfiniteAtMost bound = bound_of(point.coupling("nn"));
        report.rows.push_back(exact_row(point.label, fmt::format("f at most ({})", report.name), io::Kind::bound,
                                        bound.value, "ln Z per site of the infinite lattice"));
    }
}

} // namespace blockspin::flow
