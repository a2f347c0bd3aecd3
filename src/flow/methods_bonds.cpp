#include "methods.hpp"
#include "report_parts.hpp"

#include <blockspin/flow/migdal_kadanoff.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace blockspin::flow {

namespace {

template <Map M> Report bond_map(const FlowParameters& parameters, const M& map) {
    Report report{.name = title(parameters, map.spatial_dimension(), static_cast<int>(map.scale_factor()))};
    add_bond_transition(report, map);
    return report;
}

template <Generator G> Report bond_generator(const FlowParameters& parameters, const G& generator) {
    Report report{.name = title(parameters, generator.spatial_dimension(), 1)};
    const FixedPoint fixed = bond_fixed_point(generator);
    add_fixed_point(report, generator, fixed);
    add_numerical(report, "K_c", fixed.couplings[0], fixed.residual);
    add_streamlines(report, Integrated(generator), fixed.couplings[0], first_axis(fixed.couplings.size()));
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
    add_critical_directions<D>(report, generator, bond_fixed_point(isotropic).couplings[0], 1.0);
    if constexpr (D == 2) add_plane_of_directions(report, Integrated(generator), parameters);
    return report;
}

template <int D> Report by_directions(const FlowParameters& parameters, const Setting& setting) {
    const int b = parameters.scale_factor.value_or(2);
    if (b == 1) return infinitesimal_directions<D>(parameters);
    const AnisotropicMigdalKadanoff<D> map(b);
    Report report{.name = title(parameters, D, b) + ", anisotropic"};
    const MigdalKadanoff isotropic(b, D);
    add_critical_directions<D>(report, map, bond_fixed_point(isotropic).couplings[0], b);
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
    check_bond_dimension(parameters, problems);
    check_diagram(parameters, problems);
    const double d = parameters.dimension.value_or(2);
    const bool is_anisotropic = parameters.anisotropic.value_or(false);
    if (parameters.window && (!is_anisotropic || d != 2))
        problems.add("window", "bond moving draws anisotropic bonds in two dimensions only");
    if (parameters.window && !parameters.window->empty() && std::ranges::min(*parameters.window) < 0)
        problems.add("window", "anisotropic bonds are drawn where both couplings are positive");
    if (!is_anisotropic) return;
    if (d != 2 && d != 3 && d != 4) problems.add("dimension", "anisotropic bonds lie along 2, 3 or 4 directions");
    if (parameters.states) problems.add("states", "anisotropic bonds are known for Ising spins only");
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

} // namespace blockspin::flow
