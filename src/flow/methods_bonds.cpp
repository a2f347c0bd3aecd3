#include "methods.hpp"
#include "report_parts.hpp"

#include <blockspin/flow/decimation.hpp>
#include <blockspin/flow/free_energy.hpp>
#include <blockspin/flow/migdal_kadanoff.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace blockspin::flow {

namespace {

/// The nearest-neighbour coupling alone, on axis 0 of any of these maps.
Family nearest_neighbours(std::size_t couplings) {
    return [couplings](double coupling) {
        std::vector<double> point(couplings, 0.0);
        point[0] = coupling;
        return point;
    };
}

std::string title(const FlowParameters& parameters, double dimension, int scale_factor) {
    const std::string spins = parameters.states ? fmt::format(", q = {}", *parameters.states) : "";
    const std::string step = scale_factor > 1 ? fmt::format("b = {}", scale_factor) : "b → 1";
    return fmt::format("{} d = {}, {}{}", parameters.method, dimension, step, spins);
}

/// A bracket of the fixed point, which lies near ln q in one dimension above 1 and falls with d.
constexpr double weakest = 1e-9, strongest = 40.0;

/// Maps of the nearest-neighbour coupling alone: their critical coupling is their fixed point.
template <Flow F> FixedPoint add_bond_fixed_point(Report& report, const F& flow) {
    const FixedPoint fixed = bracket_fixed_point(flow, 0, weakest, strongest);
    add_fixed_point(report, flow, fixed);
    add_numerical(report, "K_c", fixed.couplings[0], fixed.residual);
    return fixed;
}

template <Map M> Report bond_map(const FlowParameters& parameters, const M& map) {
    Report report{.name = title(parameters, map.spatial_dimension(), static_cast<int>(map.scale_factor()))};
    const FixedPoint fixed = add_bond_fixed_point(report, AnyMap(map));
    add_streamlines(report, map, fixed.couplings[0], nearest_neighbours(fixed.couplings.size()));
    return report;
}

template <Generator G> Report bond_generator(const FlowParameters& parameters, const G& generator) {
    Report report{.name = title(parameters, generator.spatial_dimension(), 1)};
    const FixedPoint fixed = add_bond_fixed_point(report, generator);
    add_streamlines(report, Integrated(generator), fixed.couplings[0], nearest_neighbours(fixed.couplings.size()));
    return report;
}

std::optional<double> dimension_of(lattice::Lattice lattice) {
    switch (lattice) {
    case lattice::Lattice::square:
    case lattice::Lattice::cubic:
    case lattice::Lattice::hypercubic:
        return lattice::dimension(lattice);
    default:
        return std::nullopt;
    }
}

Report moved_first(const FlowParameters& parameters, const Setting& setting) {
    const int b = parameters.scale_factor.value_or(2);
    const double d = parameters.dimension.value_or(2);
    if (parameters.states) {
        const PottsSpins spins(*parameters.states);
        if (b == 1) return bond_generator(parameters, PottsInfinitesimalMigdalKadanoff(d, spins));
        return bond_map(parameters, PottsMigdalKadanoff(b, d, spins));
    }
    if (b == 1) return bond_generator(parameters, InfinitesimalMigdalKadanoff(d));
    const MigdalKadanoff map(b, d);
    Report report = bond_map(parameters, map);
    if (dimension_of(setting.lattice) == d) {
        add_bounds(report, setting.points, [&](double coupling) {
            return upper_bound(map, Start{.couplings = {coupling, 0.0}});
        });
    }
    return report;
}

/// The fixed point where every direction is critical: direction i at b^{D−1−i} times the last one's coupling.
template <int D, Flow F> void add_critical_directions(Report& report, const F& flow, double last, double b) {
    std::vector<double> guess(2 * D, 0.0);
    for (int i = 0; i < D; ++i) guess[2 * i] = last * std::pow(b, D - 1 - i);
    const FixedPoint fixed = find_fixed_point(flow, guess);
    add_fixed_point(report, flow, fixed);
    for (int i = 0; i < D; ++i)
        add_numerical(report, fmt::format("K_c, {}", flow.couplings()[2 * i].name), fixed.couplings[2 * i],
                      fixed.residual);
}

/// K_x and K_y.
void add_plane_of_directions(Report& report, const AnyMap& map, const FlowParameters& parameters) {
    const Plane plane{.names = {map.couplings()[0].name, map.couplings()[2].name}, .axes = {0, 2}, .couplings = 4};
    add_diagram(report, map, plane, phase_by_directions(map, plane), parameters);
}

template <int D> Report infinitesimal_directions(const FlowParameters& parameters) {
    const AnisotropicInfinitesimalMigdalKadanoff<D> generator;
    Report report{.name = title(parameters, D, 1) + ", anisotropic"};
    const InfinitesimalMigdalKadanoff isotropic(D);
    add_critical_directions<D>(report, generator, bracket_fixed_point(isotropic, 0, weakest, strongest).couplings[0],
                               1.0);
    if constexpr (D == 2) add_plane_of_directions(report, Integrated(generator), parameters);
    return report;
}

template <int D> Report by_directions(const FlowParameters& parameters, const Setting& setting) {
    const int b = parameters.scale_factor.value_or(2);
    if (b == 1) return infinitesimal_directions<D>(parameters);
    const AnisotropicMigdalKadanoff<D> map(b);
    Report report{.name = title(parameters, D, b) + ", anisotropic"};
    const MigdalKadanoff isotropic(b, D);
    add_critical_directions<D>(report, map, bracket_fixed_point(isotropic, 0, weakest, strongest).couplings[0], b);
    if constexpr (D == 2) add_plane_of_directions(report, map, parameters);
    if (dimension_of(setting.lattice) == D) {
        add_bounds(report, setting.points, [&](double coupling) {
            Start start{.couplings = std::vector<double>(2 * D, 0.0)};
            for (int i = 0; i < D; ++i) start.couplings[2 * i] = coupling;
            return upper_bound(map, start);
        });
    }
    return report;
}

void check_bond_moving(const FlowParameters& parameters, io::Problems& problems) {
    const double d = parameters.dimension.value_or(2);
    if (d == 1) problems.add("dimension", "in one dimension there is no transition: use decimation");
    if (parameters.method == "hierarchical" && parameters.scale_factor == 1)
        problems.add("scale_factor", "hierarchical needs at least 2");
    check_diagram(parameters, problems);
    const bool is_anisotropic = parameters.anisotropic.value_or(false);
    if (parameters.window && (!is_anisotropic || d != 2))
        problems.add("window", "bond moving draws anisotropic bonds in two dimensions only");
    if (parameters.window && !parameters.window->empty() && std::ranges::min(*parameters.window) < 0)
        problems.add("window", "anisotropic bonds are drawn where both couplings are positive");
    if (!is_anisotropic) return;
    if (d != 2 && d != 3 && d != 4) problems.add("dimension", "anisotropic bonds lie along 2, 3 or 4 directions");
    if (parameters.states) problems.add("states", "anisotropic bonds are known for Ising spins only");
}

/// The exact flow of a chain from the couplings of each point of the scan, and its free energy.
template <class M> Report chain_map(const FlowParameters& parameters, const Setting& setting, const M& map) {
    Report report{.name = title(parameters, 1.0, static_cast<int>(map.scale_factor())),
                  .couplings = names(map.couplings())};
    for (const model::Point& point : setting.points) {
        std::vector<double> start(M::size, 0.0);
        start[0] = point.coupling("nn");
        start[1] = point.coupling("field");
        report.streamlines.push_back({start[0], follow(map, start, 12)});
        if (setting.lattice != lattice::Lattice::chain) continue;
        io::Row row = exact_row(point.label, fmt::format("f ({})", report.name), io::Kind::exact,
                                free_energy(map, start).value, "ln Z per site of the infinite chain");
        report.rows.push_back(std::move(row));
    }
    const Spectrum zero_temperature = spectrum(map, std::vector<double>(M::size, 0.0));
    add_numerical(report, "y_H at K = 0", zero_temperature.leading(Parity::odd).exponent, 0.0);
    return report;
}

} // namespace

Method migdal_kadanoff_method() {
    const auto run = [](const mpi::Communicator&, const FlowParameters& parameters, const Setting& setting) {
        if (!parameters.anisotropic.value_or(false)) return moved_first(parameters, setting);
        if (parameters.dimension.value_or(2) == 2) return by_directions<2>(parameters, setting);
        if (parameters.dimension.value_or(2) == 3) return by_directions<3>(parameters, setting);
        return by_directions<4>(parameters, setting);
    };
    return {"migdal-kadanoff",
            {"dimension", "scale_factor", "states", "anisotropic", "window", "ratios", "starts"},
            check_bond_moving,
            run};
}

Method hierarchical_method() {
    const auto run = [](const mpi::Communicator&, const FlowParameters& parameters, const Setting&) {
        const int b = parameters.scale_factor.value_or(2);
        const double d = parameters.dimension.value_or(2);
        if (parameters.states)
            return bond_map(parameters, PottsHierarchicalLattice(b, d, PottsSpins(*parameters.states)));
        return bond_map(parameters, HierarchicalLattice(b, d));
    };
    return {"hierarchical", {"dimension", "scale_factor", "states"}, check_bond_moving, run};
}

Method decimation_method() {
    const auto run = [](const mpi::Communicator&, const FlowParameters& parameters, const Setting& setting) {
        const int b = parameters.scale_factor.value_or(2);
        if (parameters.states)
            return chain_map(parameters, setting, PottsDecimation(b, PottsSpins(*parameters.states)));
        return chain_map(parameters, setting, Decimation(b));
    };
    const auto check = [](const FlowParameters& parameters, io::Problems& problems) {
        if (parameters.scale_factor == 1) problems.add("scale_factor", "decimation needs at least 2");
    };
    return {"decimation", {"scale_factor", "states"}, check, run};
}

} // namespace blockspin::flow
