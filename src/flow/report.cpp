#include <blockspin/flow/report.hpp>

#include <blockspin/flow/bound.hpp>
#include <blockspin/flow/critical.hpp>
#include <blockspin/flow/exponents.hpp>
#include <blockspin/flow/hypercube.hpp>
#include <blockspin/flow/kadanoff.hpp>
#include <blockspin/flow/kadanoff_optimum.hpp>
#include <blockspin/flow/migdal_kadanoff.hpp>
#include <blockspin/model/critical.hpp>
#include <blockspin/model/onsager.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

namespace blockspin::flow {

namespace {

constexpr int streamline_steps = 12;
/// Starts of the streamlines, relative to the critical coupling.
constexpr double offsets[] = {-0.1, -0.01, -0.001, 0.001, 0.01, 0.1};

io::Row row(std::string point, std::string quantity, io::Kind kind, double value, std::string note = "") {
    return {.section = "flow",
            .point = std::move(point),
            .quantity = std::move(quantity),
            .kind = kind,
            .value = value,
            .error = io::rounding_error(value),
            .note = std::move(note)};
}

/// A computed number; `change` is how much it changes within the accuracy of what it was computed from.
void add_numerical(Report& report, std::string quantity, double value, double change, std::string note = "") {
    io::Row numerical = row(report.name, std::move(quantity), io::Kind::numerical, value, std::move(note));
    numerical.error = std::max(std::abs(change), io::rounding_error(value));
    report.rows.push_back(std::move(numerical));
}

/// The rows that every map has: the exponents of its fixed point, with the accuracy that shows when they are taken at
/// the image of the fixed point instead, and the critical coupling of the nearest-neighbour model.
template <Map M>
void add_critical_behaviour(Report& report, const M& map, const FixedPoint& fixed, double critical, double width) {
    const Exponents here = exponents(spectrum(map, fixed.couplings));
    const Exponents there = exponents(spectrum(map, map.apply(fixed.couplings).couplings));
    add_numerical(report, "y_T", here.y_T, there.y_T - here.y_T);
    add_numerical(report, "y_H", here.y_H, there.y_H - here.y_H);
    add_numerical(report, "nu", here.nu(), there.nu() - here.nu());
    add_numerical(report, "K_c", critical, width);
    report.fixed_point = fixed.couplings;
}

template <Map M, class MakeStart>
void add_streamlines(Report& report, const M& map, double critical, MakeStart&& make_start) {
    report.couplings = names(map.couplings());
    for (const double offset : offsets) {
        const double start = critical * (1.0 + offset);
        report.streamlines.push_back({start, follow(map, make_start(start), streamline_steps)});
    }
}

/// Is this map's lattice the one of the model, so that its bound on f is a bound for the model?
bool bounds_model(const FlowParameters& parameters, lattice::Lattice lattice) {
    if (lattice == lattice::Lattice::square) return parameters.dimension == 2;
    // One sublattice of the cubic lattice summed over is no hypercube of spins.
    return lattice == lattice::Lattice::cubic && parameters.dimension == 3 &&
           (parameters.method != "kadanoff" || parameters.start == "shared");
}

template <class BoundOf> void add_bounds(Report& report, std::span<const model::Point> points, BoundOf&& bound_of) {
    for (const model::Point& point : points) {
        if (point.coupling("field") != 0.0) continue;
        const InfiniteAtMost bound = bound_of(point.coupling("nn"));
        report.rows.push_back(row(point.label, fmt::format("f at most ({})", report.name), io::Kind::bound, bound.value,
                                  "ln Z per site of the infinite lattice"));
    }
}

/// The Newton step that p* is still away from the zero of the slope of f.
double inaccuracy(const std::shared_ptr<const SpinClasses>& classes, const OptimalFixedPoint& best) {
    const double step = 1e-4 * best.p;
    const auto slope = [&](double p) {
        const Kadanoff map(classes, p);
        return slope_of_free_energy_in_p(map, find_fixed_point(map, best.point.couplings).couplings);
    };
    const double here = slope(best.p);
    return here * step / (slope(best.p + step) - here);
}

Report kadanoff(const FlowParameters& parameters, bool bounds, std::span<const model::Point> points) {
    const bool decimated = parameters.start == "decimated";
    const auto classes =
        std::make_shared<const SpinClasses>(decimated ? SpinClasses::totally_symmetric(parameters.dimension)
                                                      : SpinClasses::hypercubic(parameters.dimension));
    const auto start = [&](double coupling) {
        return decimated ? one_sublattice_decimated(*classes, coupling) : bonds_shared(*classes, coupling);
    };
    const Family family = [&](double coupling) { return start(coupling).couplings; };
    const double low = 0.2 / parameters.dimension, high = 2.0 / parameters.dimension;

    Report report{.name = fmt::format("kadanoff d = {}, {}", parameters.dimension, parameters.start)};
    const OptimalFixedPoint best = optimal_fixed_point(classes, family, low, high);
    const Kadanoff map(classes, best.p);
    const CriticalPoint critical = critical_point(map, family, low, high);
    const std::string branch = best.asymmetry < 1e-9 ? "totally symmetric" : "hypercubic";
    add_numerical(report, "p*", best.p, inaccuracy(classes, best), fmt::format("{} branch", branch));
    add_critical_behaviour(report, map, best.point, critical.value, critical.width);
    add_streamlines(report, map, critical.value, family);
    if (bounds)
        add_bounds(report, points, [&](double coupling) { return optimal_bound(classes, start(coupling)).bound; });
    return report;
}

/// Maps of the nearest-neighbour coupling alone: their critical coupling is their fixed point.
template <Map M> Report bond_map(const std::string& method, const M& map) {
    Report report{.name = fmt::format("{} d = {}, b = {}", method, map.spatial_dimension(), map.scale_factor())};
    const FixedPoint fixed = bracket_fixed_point(map, 0, 1e-3, 2.0);
    add_critical_behaviour(report, map, fixed, fixed.couplings[0], fixed.residual);
    add_streamlines(report, map, fixed.couplings[0], [](double coupling) {
        return std::vector<double>{coupling, 0.0};
    });
    return report;
}

} // namespace

void FlowParameters::check(io::Problems& problems) const {
    if (method == "kadanoff" && scale_factor != 2) problems.add("scale_factor", "kadanoff knows scale_factor = 2 only");
}

Report report(const FlowParameters& parameters, lattice::Lattice lattice, std::span<const model::Point> points) {
    const bool bounds = bounds_model(parameters, lattice);
    if (parameters.method == "kadanoff") return kadanoff(parameters, bounds, points);
    if (parameters.method == "hierarchical") {
        return bond_map("hierarchical", HierarchicalLattice(parameters.scale_factor, parameters.dimension));
    }
    const MigdalKadanoff map(parameters.scale_factor, parameters.dimension);
    Report report = bond_map("migdal-kadanoff", map);
    if (bounds) {
        add_bounds(report, points, [&](double coupling) {
            return upper_bound(map, Start{.couplings = {coupling, 0.0}});
        });
    }
    return report;
}

std::vector<io::Row> exact_rows(lattice::Lattice lattice, std::span<const model::Point> points) {
    std::vector<io::Row> rows;
    const auto critical = model::critical_coupling(lattice);
    if (!critical) return rows;
    const model::CriticalExponents exponents = model::ising_exponents_2d();
    const std::string here = fmt::format("{} lattice", name(lattice));
    rows.push_back(row(here, "y_T", io::Kind::exact, exponents.y_T, "conformal weights, BPZ 1984"));
    rows.push_back(row(here, "y_H", io::Kind::exact, exponents.y_H, "conformal weights, BPZ 1984"));
    rows.push_back(row(here, "nu", io::Kind::exact, 1 / exponents.y_T));
    rows.push_back(row(here, "K_c", io::Kind::exact, *critical, "Kramers and Wannier 1941, Houtappel 1950"));
    if (lattice != lattice::Lattice::square) return rows;
    for (const model::Point& point : points) {
        if (point.coupling("field") != 0.0) continue;
        rows.push_back(row(point.label, "f", io::Kind::exact, model::onsager(point.coupling("nn")).free_energy,
                           "Onsager 1944, infinite lattice"));
    }
    return rows;
}

} // namespace blockspin::flow
