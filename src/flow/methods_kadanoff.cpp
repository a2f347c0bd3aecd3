#include "methods.hpp"
#include "report_parts.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/flow/blume_capel.hpp>
#include <blockspin/flow/exponents.hpp>
#include <blockspin/flow/hypercube.hpp>
#include <blockspin/flow/hypercube_faces.hpp>
#include <blockspin/flow/kadanoff.hpp>
#include <blockspin/flow/kadanoff_optimum.hpp>
#include <blockspin/flow/kadanoff_start.hpp>
#include <blockspin/flow/state_classes.hpp>
#include <blockspin/model/hamiltonian.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>

#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <numbers>

namespace blockspin::flow {

namespace {

std::string spin_of(const FlowParameters& parameters) { return parameters.spin.value_or("ising"); }
int states_of(const FlowParameters& parameters) { return static_cast<int>(parameters.states.value_or(3)); }
int dimension_of(const FlowParameters& parameters) { return static_cast<int>(parameters.dimension.value_or(2)); }
bool is_decimated(const FlowParameters& parameters) { return parameters.start.value_or("decimated") == "decimated"; }
/// The classes of five dimensions are too many for matrices between them.
bool needs_faces(const FlowParameters& parameters) {
    return spin_of(parameters) == "ising" && dimension_of(parameters) == 5 && !is_decimated(parameters);
}

/// The model that a [[flow]] renormalizes: its spins, and its nearest-neighbour coupling with the interval that its
/// transition is searched in.
struct Subject {
    std::string name;
    std::shared_ptr<const CellClasses> classes;
    std::function<Start(double)> start;
    double low = 0.0;
    double high = 0.0;
};

Subject ising(int d, bool decimated) {
    const auto classes =
        std::make_shared<const SpinClasses>(decimated ? SpinClasses::totally_symmetric(d) : SpinClasses::hypercubic(d));
    const auto start = [classes, decimated](double K) {
        return decimated ? one_sublattice_decimated(*classes, K) : bonds_shared(*classes, K);
    };
    const double scale = decimated ? 1.0 / (1 << d) : 0.5 / d;
    return {"", classes, start, 0.4 * scale, 3.6 * scale};
}

Subject potts_model(int d, int q) {
    const auto classes = std::make_shared<const StateClasses>(potts(q, d), d, VertexSymmetry::total);
    const double critical = std::log1p(std::sqrt(q)) * (d == 2 ? 1.0 : 0.35); // exact in two dimensions
    return {fmt::format(", {}-state Potts", q), classes,
            [classes](double K) { return potts_sublattice_decimated(*classes, K); }, 0.6 * critical, 1.5 * critical};
}

Subject blume_capel_model(int d) {
    const auto classes = std::make_shared<const StateClasses>(spin_one(d), d, VertexSymmetry::total);
    const double scale = 4.0 / (1 << d);
    return {", spin 1", classes, [classes](double K) { return blume_capel_sublattice_decimated(*classes, K, 0.0); },
            0.3 * scale, 2.0 * scale};
}

Subject subject(const FlowParameters& parameters) {
    const int d = dimension_of(parameters);
    if (spin_of(parameters) == "potts") return potts_model(d, states_of(parameters));
    if (spin_of(parameters) == "blume-capel") return blume_capel_model(d);
    return ising(d, is_decimated(parameters));
}

void add_optimum(Report& report, const CellClasses& classes, const OptimalFixedPoint& best, const std::string& which) {
    std::string branch = best.asymmetry < 1e-9 ? "totally symmetric branch" : "hypercubic branch";
    if (!best.governs) branch += "; the critical flow of this start ends elsewhere";
    for (std::size_t k = 0; k < best.parameters.size(); ++k)
        add_numerical(report, fmt::format("{}*{}", classes.parameters()[k], which), best.parameters[k], best.inaccuracy,
                      branch);
}

/// Models with nearest and next-nearest neighbours of the square lattice, whose bonds its squares share.
Plane pairs_of_squares() {
    const SpinClasses classes = SpinClasses::hypercubic(2);
    const auto coupling = [&](std::uint32_t mask) { return static_cast<std::size_t>(classes.of(mask) - 1); };
    return {.names = {"nn", "nnn"},
            .axes = {coupling(0b0011), coupling(0b1001)},
            .shares = {0.5, 1.0},
            .couplings = classes.couplings().size()};
}

/// What breaks the symmetry under all permutations of the spins, at a fixed point that has it.
void add_broken_permutations(Report& report, const CellClasses& classes, const OptimalFixedPoint& best) {
    add_numerical(report, "y of broken permutations",
                  exponent_of_broken_permutations(classes.values(best.point.couplings), best.parameters[0]), 1e-10,
                  "representation [n - 2, 2], the first of the full space beyond the totally symmetric one");
}

/// Shared bonds in five dimensions: p and the exponents of the totally symmetric fixed point, and the transition in the
/// full space at that p. Collective.
void add_full_transition(Report& report, const mpi::Communicator& comm, const FlowParameters& parameters) {
    const int d = dimension_of(parameters);
    const Subject symmetric = ising(d, true);
    const Family family = [&](double coupling) { return symmetric.start(coupling).couplings; };
    OptimalFixedPoint best = optimal_fixed_point(symmetric.classes, family, symmetric.low, symmetric.high);
    const Kadanoff map(symmetric.classes, best.parameters);
    const CriticalPoint sinks = critical_point(map, family, symmetric.low, symmetric.high);
    const auto strength = [&](std::span<const double> couplings) {
        const std::vector<double> values = symmetric.classes->values(couplings);
        return values.front() - values[values.size() / 2];
    };
    constexpr double width = 1e-9, other_exponent = 0.5;
    const FullTransition found =
        full_transition(FaceFlow(comm, d, best.parameters[0]),
                        {strength(sinks.low_sink), strength(best.point.couplings), strength(sinks.high_sink)},
                        0.4 * 0.5 / d, 3.6 * 0.5 / d, width);
    best.governs = std::abs(found.y_T - best.spectrum.leading(Parity::even).exponent) < other_exponent;
    add_optimum(report, *symmetric.classes, best, "");
    add_fixed_point(report, map, best.point);
    add_broken_permutations(report, *symmetric.classes, best);
    const std::string where =
        fmt::format("full space, {} steps of the flow; asymmetry {:.1e} at its end", found.steps, found.asymmetry);
    add_numerical(report, "K_c", found.K, found.width, where);
    add_numerical(report, "y_T along the critical flow", found.y_T, found.y_T_change, where);
}

/// Stationary parameters, exponents, critical coupling, and the flows on both sides of it.
void add_transition(Report& report, const Subject& model, const FlowParameters& parameters) {
    const Family family = [&](double coupling) { return model.start(coupling).couplings; };
    const OptimalFixedPoint best = optimal_fixed_point(model.classes, family, model.low, model.high);
    const Kadanoff map(model.classes, best.parameters);
    const CriticalPoint critical = critical_point(map, family, model.low, model.high);
    add_optimum(report, *model.classes, best, "");
    add_fixed_point(report, map, best.point);
    if (spin_of(parameters) == "ising" && is_decimated(parameters))
        add_broken_permutations(report, *model.classes, best);
    add_numerical(report, "K_c", critical.value, critical.width);
    add_streamlines(report, map, critical.value, family);
    if (parameters.window) add_diagram(report, map, pairs_of_squares(), phase_by_sink(map), parameters);
}

void add_tricritical(Report& report) {
    const auto classes = std::make_shared<const StateClasses>(spin_one(2), 2, VertexSymmetry::total);
    const Tricritical found = tricritical_point(classes);
    const Spectrum& modes = found.optimum.spectrum;
    const std::string where = " (tricritical)";
    const auto add = [&](const char* quantity, double value, double change) {
        add_numerical(report, quantity + where, value, change);
    };
    add_optimum(report, *classes, found.optimum, where);
    const double rounding = 1e-10; // of the exponents, from the accuracy of the stationary parameters
    add("y_T", modes.leading(Parity::even).exponent, rounding);
    add("y_2", modes.modes[1].exponent, rounding);
    add("y_H", modes.leading(Parity::odd).exponent, rounding);
    add("K", found.model.parameters[0], found.model.inaccuracy);
    add("D/K", found.model.parameters[1] / found.model.parameters[0], found.model.inaccuracy);
}

/// Exact values of the two-dimensional models: den Nijs, J. Phys. A 12 (1979) 1857, Nienhuis, J. Phys. A 15 (1982) 199
/// and Potts, Proc. Camb. Phil. Soc. 48 (1952) 106 for q ≤ 4, where the transition is continuous; Friedan, Qiu and
/// Shenker, Phys. Rev. Lett. 52 (1984) 1575 for the tricritical point.
void add_exact(Report& report, const FlowParameters& parameters) {
    if (dimension_of(parameters) != 2) return;
    const auto add = [&](const char* quantity, double value, const char* note) {
        report.rows.push_back(exact_row(report.name, quantity, io::Kind::exact, value, note));
    };
    if (spin_of(parameters) == "potts") {
        const int q = states_of(parameters);
        add("K_c", std::log1p(std::sqrt(q)), "self-duality, Potts 1952");
        if (q > 4) return;
        const double u = 2 * std::numbers::inv_pi * std::acos(std::sqrt(q) / 2);
        add("y_T", 3 * (1 - u) / (2 - u), "den Nijs 1979");
        add("y_H", (3 - u) * (5 - u) / (4 * (2 - u)), "Nienhuis 1982");
    }
    if (spin_of(parameters) == "blume-capel") {
        add("y_T (tricritical)", 9.0 / 5, "conformal weights, Friedan, Qiu and Shenker 1984");
        add("y_2 (tricritical)", 4.0 / 5, "conformal weights, Friedan, Qiu and Shenker 1984");
        add("y_H (tricritical)", 77.0 / 40, "conformal weights, Friedan, Qiu and Shenker 1984");
    }
}

/// Is this map's lattice the one of the model, so that its bound on f is a bound for the model?
bool bounds_model(const FlowParameters& parameters, lattice::Lattice lattice) {
    if (spin_of(parameters) != "ising" || lattice::dimension(lattice) != dimension_of(parameters)) return false;
    // One sublattice of the cubic lattice summed over is no hypercube of spins.
    return lattice == lattice::Lattice::chain || lattice == lattice::Lattice::square ||
           ((lattice == lattice::Lattice::cubic || lattice == lattice::Lattice::hypercubic) &&
            !is_decimated(parameters));
}

/// The start of one point of the scan, a field included.
Start start_of_point(const SpinClasses& classes, bool decimated, lattice::Lattice lattice, const model::Point& point) {
    if (decimated) return one_sublattice_decimated(classes, point.coupling("nn"), point.coupling("field"));
    std::map<std::string, double> couplings;
    for (const auto& [name, value] : point.couplings) couplings[name] = value;
    return terms_shared(classes, model::Hamiltonian(lattice, couplings));
}

/// The best bound at every point, the points shared by the ranks. Collective.
void add_best_bounds(Report& report, const mpi::Communicator& comm, const FlowParameters& parameters,
                     const Setting& setting) {
    const int d = dimension_of(parameters);
    const bool decimated = is_decimated(parameters);
    const auto classes =
        std::make_shared<const SpinClasses>(decimated ? SpinClasses::totally_symmetric(d) : SpinClasses::hypercubic(d));
    std::vector<double> bounds(setting.points.size(), 0.0);
    mpi::collectively(comm, [&] {
        for (std::size_t i = 0; i < bounds.size(); ++i)
            if (static_cast<int>(i % static_cast<std::size_t>(comm.size())) == comm.rank())
                bounds[i] =
                    optimal_bound(classes, start_of_point(*classes, decimated, setting.lattice, setting.points[i]),
                                  std::max(4, 24 / d))
                        .bound.value;
    });
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        const int owner = static_cast<int>(i % static_cast<std::size_t>(comm.size()));
        report.rows.push_back(exact_row(setting.points[i].label, fmt::format("f at most ({})", report.name),
                                        io::Kind::bound, mpi::broadcast(comm, bounds[i], owner),
                                        "ln Z per site of the infinite lattice"));
    }
}

Report report_kadanoff(const mpi::Communicator& comm, const FlowParameters& parameters, const Setting& setting) {
    const int d = dimension_of(parameters);
    if (needs_faces(parameters)) {
        Report report{.name = fmt::format("kadanoff d = {}, shared", d)};
        mpi::collectively(comm, [&] { add_full_transition(report, comm, parameters); });
        return report;
    }
    const Subject model = subject(parameters);
    Report report{.name = fmt::format("kadanoff d = {}{}, {}", d, model.name, parameters.start.value_or("decimated"))};
    mpi::collectively(comm, [&] {
        if (d > 1) add_transition(report, model, parameters); // in one dimension there is none
        if (spin_of(parameters) == "blume-capel" && d == 2) add_tricritical(report);
    });
    add_exact(report, parameters);
    if (bounds_model(parameters, setting.lattice)) add_best_bounds(report, comm, parameters, setting);
    return report;
}

/// Other couplings than nn and field are for bounds that share them over the hypercubes of the model's own lattice.
std::string refuse_model(const FlowParameters& parameters, const Setting& setting) {
    const model::Point& first = setting.points.front();
    if (first.is_nearest_neighbour()) return "";
    if (is_decimated(parameters) || !bounds_model(parameters, setting.lattice))
        return "knows the couplings nn and field only, but for start = \"shared\" on the lattice of its dimension";
    try {
        start_of_point(SpinClasses::hypercubic(dimension_of(parameters)), false, setting.lattice, first);
    } catch (const core::InputError& error) {
        return fmt::format("cannot share the terms of this model: {}", error.what());
    }
    return "";
}

void check_kadanoff(const FlowParameters& parameters, io::Problems& problems) {
    const double d = parameters.dimension.value_or(2);
    const std::string spin = spin_of(parameters);
    check_diagram(parameters, problems);
    if (parameters.window && (d != 2 || spin != "ising" || is_decimated(parameters)))
        problems.add("window", "kadanoff draws Ising spins in two dimensions with start = \"shared\" only");
    if (d != std::floor(d) || d > 5) problems.add("dimension", "kadanoff knows 1 to 5 dimensions");
    if (parameters.scale_factor.value_or(2) != 2) problems.add("scale_factor", "kadanoff knows scale_factor = 2 only");
    if (spin != "potts" && parameters.states)
        problems.add("states", fmt::format("{} spins have no states to choose", spin));
    if (spin == "ising") return;
    const double q = parameters.states.value_or(3);
    if (q != std::floor(q) || q < 2 || q > 10) problems.add("states", "kadanoff knows integers from 2 to 10");
    if (d != 2 && d != 3) problems.add("dimension", fmt::format("{} spins are known in 2 and 3 dimensions", spin));
    if (spin == "potts" && d == 3 && states_of(parameters) > 3) problems.add("states", "in three dimensions at most 3");
    if (!is_decimated(parameters)) problems.add("start", fmt::format("{} spins know start = \"decimated\" only", spin));
}

} // namespace

Method kadanoff_method() {
    return {"kadanoff",     {"dimension", "scale_factor", "start", "spin", "states", "window", "ratios", "starts"},
            check_kadanoff, report_kadanoff,
            refuse_model,   true};
}

} // namespace blockspin::flow
