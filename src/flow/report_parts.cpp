#include "report_parts.hpp"

#include <blockspin/flow/free_energy.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace blockspin::flow {

namespace {

constexpr int streamline_steps = 12;
/// Starts of the streamlines, relative to the critical coupling.
constexpr double offsets[] = {-0.1, -0.01, -0.001, 0.001, 0.01, 0.1};

/// A flow of the usual length; one that runs away stays where it was last seen.
Trajectory follow_while_finite(const AnyMap& map, const std::vector<double>& start) {
    Trajectory flow{{start}, {}};
    const auto is_far = [](double k) { return !(std::abs(k) < 1e9); };
    for (int step = 0; step < streamline_steps; ++step) {
        const std::vector<double> here = flow.couplings.back();
        Image image = map.apply(here);
        flow.constants.push_back(image.constant);
        flow.couplings.push_back(std::ranges::any_of(image.couplings, is_far) ? here : std::move(image.couplings));
    }
    return flow;
}

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

void add_exponents(Report& report, const Exponents& here, const Exponents& there) {
    const auto add = [&](const char* name, auto&& of) {
        const double value = of(here);
        if (std::isfinite(value)) add_numerical(report, name, value, of(there) - value);
    };
    add("y_T", [](const Exponents& e) { return e.y_T; });
    add("y_H", [](const Exponents& e) { return e.y_H; });
    add("nu", [](const Exponents& e) { return e.nu(); });
    add("alpha", [](const Exponents& e) { return e.alpha(); });
    add("beta", [](const Exponents& e) { return e.beta(); });
    add("gamma", [](const Exponents& e) { return e.gamma(); });
    add("delta", [](const Exponents& e) { return e.delta(); });
    add("eta", [](const Exponents& e) { return e.eta(); });
    if (here.omega && there.omega) add("omega", [](const Exponents& e) { return *e.omega; });
}

void add_fixed_point(Report& report, const AnyMap& map, const FixedPoint& fixed) {
    report.couplings = names(map.couplings());
    report.fixed_point = fixed.couplings;
    report.spectrum = spectrum(map, fixed.couplings);
    add_exponents(report, exponents(report.spectrum), exponents(spectrum(map, map.apply(fixed.couplings).couplings)));
}

void add_free_energies(Report& report, std::span<const model::Point> points, const AnyMap& map, const Family& family) {
    for (const model::Point& point : points) {
        if (point.coupling("field") != 0.0) continue;
        const FreeEnergy f = free_energy(map, family(point.coupling("nn")));
        io::Row row = exact_row(point.label, fmt::format("f ({})", report.name), io::Kind::numerical, f.value,
                                "approximate; error of the sum alone");
        row.error = std::max(f.truncation, io::rounding_error(f.value));
        report.rows.push_back(std::move(row));
    }
}

void add_streamlines(Report& report, const AnyMap& map, double critical, const Family& family) {
    for (const double offset : offsets) {
        const double start = critical * (1.0 + offset);
        report.streamlines.push_back({start, follow_while_finite(map, family(start))});
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
