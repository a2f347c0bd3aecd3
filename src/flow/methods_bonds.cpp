#include "methods.hpp"
#include "report_parts.hpp"

#include <blockspin/flow/migdal_kadanoff.hpp>

#include <fmt/format.h>

#include <optional>

namespace blockspin::flow {

namespace {

const Family nearest_neighbours = [](double coupling) { return std::vector<double>{coupling, 0.0}; };

/// Maps of the nearest-neighbour coupling alone: their critical coupling is their fixed point.
Report bond_map(const std::string& method, const AnyMap& map) {
    Report report{.name = fmt::format("{} d = {}, b = {}", method, map.spatial_dimension(), map.scale_factor())};
    const FixedPoint fixed = bracket_fixed_point(map, 0, 1e-3, 2.0);
    add_exponents(report, map, fixed);
    add_numerical(report, "K_c", fixed.couplings[0], fixed.residual);
    add_streamlines(report, map, fixed.couplings[0], nearest_neighbours);
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

} // namespace

Method migdal_kadanoff_method() {
    const auto run = [](const mpi::Communicator&, const FlowParameters& parameters, const Setting& setting) {
        const MigdalKadanoff map(parameters.scale_factor.value_or(2), parameters.dimension.value_or(2));
        Report report = bond_map("migdal-kadanoff", map);
        if (dimension_of(setting.lattice) == map.spatial_dimension()) {
            add_bounds(report, setting.points, [&](double coupling) {
                return upper_bound(map, Start{.couplings = {coupling, 0.0}});
            });
        }
        return report;
    };
    return {"migdal-kadanoff", {"dimension", "scale_factor"}, {}, run};
}

Method hierarchical_method() {
    const auto run = [](const mpi::Communicator&, const FlowParameters& parameters, const Setting&) {
        return bond_map("hierarchical",
                        HierarchicalLattice(parameters.scale_factor.value_or(2), parameters.dimension.value_or(2)));
    };
    return {"hierarchical", {"dimension", "scale_factor"}, {}, run};
}

} // namespace blockspin::flow
