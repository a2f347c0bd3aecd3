#include "methods.hpp"
#include "report_parts.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/flow/decimation.hpp>
#include <blockspin/flow/free_energy.hpp>
#include <blockspin/flow/migdal_kadanoff.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace blockspin::flow {

namespace {

/// ln Z per site at every point without a field, of a lattice on which the map is exact; Potts spins have the model's
/// coupling for their K.
void add_exact_free_energies(Report& report, const AnyMap& map, std::span<const model::Point> points,
                             const char* note) {
    const Family family = first_axis(map.couplings().size());
    for (const model::Point& point : points)
        if (point.coupling("field") == 0.0)
            report.rows.push_back(exact_row(point.label, fmt::format("f ({})", report.name), io::Kind::exact,
                                            free_energy(map, family(point.coupling("nn"))).value, note));
}

HierarchicalCell cell_of(const FlowParameters& parameters) {
    if (parameters.cell) return HierarchicalCell(*parameters.cell);
    return HierarchicalCell::diamond(parameters.scale_factor.value_or(2), parameters.dimension.value_or(2));
}

/// In a field where the cell allows for one.
AnyMap map_of(const FlowParameters& parameters, const HierarchicalCell& cell) {
    if (parameters.states) {
        const PottsSpins spins(*parameters.states);
        if (cell.is_reversible()) return PottsHierarchicalLattice(cell, spins);
        return FieldlessPottsHierarchicalLattice(cell, WithoutField(spins));
    }
    if (cell.is_reversible()) return HierarchicalLattice(cell);
    return FieldlessHierarchicalLattice(cell);
}

std::string name_of(const FlowParameters& parameters, const HierarchicalCell& cell) {
    if (!parameters.cell) return title(parameters, cell.dimension(), cell.length());
    const std::string spins = parameters.states ? fmt::format(", q = {}", *parameters.states) : "";
    return fmt::format("hierarchical {}{}", fmt::join(*parameters.cell, " "), spins);
}

Report hierarchical(const mpi::Communicator&, const FlowParameters& parameters, const Setting& setting) {
    const HierarchicalCell cell = cell_of(parameters);
    const AnyMap map = map_of(parameters, cell);
    Report report{.name = name_of(parameters, cell)};
    if (parameters.cell) {
        report.rows.push_back(
            exact_row(report.name, "d", io::Kind::exact, cell.dimension(),
                      fmt::format("{} bonds for one, b = {}", parameters.cell->size(), cell.length())));
        if (!cell.is_reversible()) report.rows.back().note += "; no y_H: the cell gives bonds a direction in a field";
    }
    add_bond_transition(report, map);
    add_exact_free_energies(report, map, setting.points, "ln Z per site of the infinite hierarchical lattice");
    return report;
}

void check_hierarchical(const FlowParameters& parameters, io::Problems& problems) {
    check_bond_dimension(parameters, problems);
    if (parameters.scale_factor == 1) problems.add("scale_factor", "hierarchical needs at least 2");
    if (!parameters.cell) return;
    if (parameters.dimension) problems.add("dimension", "the cell has one of its own");
    if (parameters.scale_factor) problems.add("scale_factor", "the cell has one of its own");
    try {
        const HierarchicalCell cell(*parameters.cell);
        if (cell.smallest_cut() < 2)
            problems.add("cell", "a single bond holds the terminals a and b together: there is no transition");
    } catch (const core::InputError& error) {
        problems.add("cell", error.what());
    }
}

/// The exact flow of a chain from the couplings of each point of the scan: one step of it, and its free energy.
template <class M> Report chain_map(const FlowParameters& parameters, const Setting& setting, const M& map) {
    Report report{.name = title(parameters, 1.0, static_cast<int>(map.scale_factor())),
                  .couplings = names(map.couplings())};
    for (const model::Point& point : setting.points) {
        std::vector<double> start(M::size, 0.0);
        start[0] = point.coupling("nn");
        start[1] = point.coupling("field");
        report.streamlines.push_back({start[0], follow(map, start, 12)});
        const std::vector<double>& image = report.streamlines.back().flow.couplings[1];
        for (std::size_t a = 0; a < image.size(); ++a)
            report.rows.push_back(exact_row(point.label, fmt::format("K'_{} ({})", report.couplings[a], report.name),
                                            io::Kind::exact, image[a], "after one step"));
        if (setting.lattice == lattice::Lattice::chain)
            report.rows.push_back(exact_row(point.label, fmt::format("f ({})", report.name), io::Kind::exact,
                                            free_energy(map, start).value, "ln Z per site of the infinite chain"));
    }
    const Spectrum zero_temperature = spectrum(map, std::vector<double>(M::size, 0.0));
    add_numerical(report, "y_H at K = 0", zero_temperature.leading(Parity::odd).exponent, 0.0);
    return report;
}

} // namespace

Method hierarchical_method() {
    return {"hierarchical", {"dimension", "scale_factor", "states", "cell"}, check_hierarchical, hierarchical};
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
