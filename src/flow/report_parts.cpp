#include "report_parts.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/flow/free_energy.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
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

std::pair<double, double> detail::transition_interval(const Step& step, std::size_t couplings) {
    constexpr double weakest = 1e-30, strongest = 1e4;
    const Family on_axis = first_axis(couplings);
    const auto growth = [&](double coupling) { return step(on_axis(coupling))[0] - coupling; };
    double low = 1.0, high = 1.0;
    while (!(growth(low) < 0) && low > weakest) low /= 2;
    while (!(growth(high) > 0) && high < strongest) high *= 2;
    if (!(growth(low) < 0 && growth(high) > 0))
        throw core::InputError(fmt::format("no transition: couplings up to {} become weaker at every step", high));
    return {low, high};
}

std::string title(const FlowParameters& parameters, double dimension, int scale_factor) {
    const std::string spins = parameters.states ? fmt::format(", q = {}", *parameters.states) : "";
    const std::string step = scale_factor > 1 ? fmt::format("b = {}", scale_factor) : "b → 1";
    return fmt::format("{} d = {}, {}{}", parameters.method, dimension, step, spins);
}

Family first_axis(std::size_t couplings) {
    return [couplings](double coupling) {
        std::vector<double> point(couplings, 0.0);
        point[0] = coupling;
        return point;
    };
}

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

void add_exponents(Report& report, const Exponents& here, std::span<const Exponents> there) {
    const auto add = [&](const char* name, auto&& of) {
        const double value = of(here);
        double change = 0.0;
        for (const Exponents& other : there) change = std::max(change, std::abs(of(other) - value));
        if (std::isfinite(value)) add_numerical(report, name, value, change);
    };
    add("y_T", [](const Exponents& e) { return e.y_T; });
    add("y_H", [](const Exponents& e) { return e.y_H; });
    add("nu", [](const Exponents& e) { return e.nu(); });
    add("alpha", [](const Exponents& e) { return e.alpha(); });
    add("beta", [](const Exponents& e) { return e.beta(); });
    add("gamma", [](const Exponents& e) { return e.gamma(); });
    add("delta", [](const Exponents& e) { return e.delta(); });
    add("eta", [](const Exponents& e) { return e.eta(); });
    if (here.omega && std::ranges::all_of(there, [](const Exponents& e) { return e.omega.has_value(); }))
        add("omega", [](const Exponents& e) { return *e.omega; });
}

void add_fixed_point(Report& report, const AnyMap& map, const FixedPoint& fixed) {
    report.couplings = names(map.couplings());
    report.fixed_point = fixed.couplings;
    report.spectrum = spectrum(map, fixed.couplings);
    add_exponents(report, exponents(report.spectrum),
                  std::array{exponents(spectrum(map, map.apply(fixed.couplings).couplings))});
}

void add_bond_transition(Report& report, const AnyMap& map) {
    const FixedPoint fixed = bond_fixed_point(map);
    add_fixed_point(report, map, fixed);
    add_numerical(report, "K_c", fixed.couplings[0], fixed.residual);
    add_streamlines(report, map, fixed.couplings[0], first_axis(fixed.couplings.size()));
}

void check_bond_dimension(const FlowParameters& parameters, io::Problems& problems) {
    if (parameters.dimension == 1) problems.add("dimension", "in one dimension there is no transition: use decimation");
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
