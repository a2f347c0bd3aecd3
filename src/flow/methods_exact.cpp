#include "methods.hpp"
#include "report_parts.hpp"

#include <blockspin/coarsen/rule_table.hpp>
#include <blockspin/coarsen/rules.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/flow/block_sum.hpp>
#include <blockspin/flow/finite_lattice.hpp>

#include <fmt/format.h>

#include <cmath>

namespace blockspin::flow {

namespace {

constexpr int default_size = 4;
constexpr std::int64_t all_shown = 9; ///< block spins up to which every coupling is shown
constexpr int most_shown_spins = 4;   ///< of the operators that are shown where there are more

/// The periodic lattice with the same number of sites along each direction.
lattice::Geometry torus(lattice::Lattice lattice, int size) {
    return {lattice, std::vector<std::int64_t>(static_cast<std::size_t>(dimension(lattice)), size)};
}

coarsen::RuleTable rule_table(const FlowParameters& parameters, int dimension) {
    const int factor = parameters.scale_factor.value_or(2);
    if (parameters.table) return {factor, *parameters.table};
    const std::string rule = parameters.rule.value_or("majority");
    if (rule == "decimation") return tabulated(coarsen::Decimation(factor), dimension);
    if (rule == "kadanoff") return tabulated(coarsen::KadanoffT(factor, parameters.p.value()), dimension);
    return tabulated(coarsen::Majority(factor), dimension);
}

std::string rule_name(const FlowParameters& parameters) {
    if (parameters.table) return "table";
    const std::string rule = parameters.rule.value_or("majority");
    return parameters.p ? fmt::format("{} p = {}", rule, *parameters.p) : rule;
}

/// "name (operator, rule, 4 -> 2)"
std::string labelled(std::string_view name, const FlowParameters& parameters, int from, int to) {
    return fmt::format("{} ({}, {} -> {})", name, rule_name(parameters), from, to);
}

void check_rule(const FlowParameters& parameters, io::Problems& problems) {
    const bool is_kadanoff = parameters.rule == "kadanoff";
    if (parameters.table && parameters.rule) problems.add("table", "stands in place of rule");
    if (is_kadanoff && !parameters.p) problems.add("p", "is needed with rule = \"kadanoff\"");
    if (!is_kadanoff && parameters.p) problems.add("p", "belongs to rule = \"kadanoff\"");
    const int factor = parameters.scale_factor.value_or(2), size = parameters.size.value_or(default_size);
    if (factor < 2)
        problems.add("scale_factor",
                     fmt::format("{} makes blocks of 2 sites or more along each direction", parameters.method));
    else if (size % factor != 0)
        problems.add("size", fmt::format("blocks of {} sites do not tile {} sites", factor, size));
}

/// What block_sum cannot do, however large the machine.
std::string refusal_of_sums(const FlowParameters& parameters, const Setting& setting) {
    constexpr int most_blocks = 16, most_enumerated = 20;
    if (setting.lattice == lattice::Lattice::honeycomb) return "knows no blocks of the honeycomb";
    const int d = dimension(setting.lattice), size = parameters.size.value_or(default_size);
    const auto volume = [d](int edge) { return std::pow(edge, d); };
    if (volume(size / parameters.scale_factor.value_or(2)) > most_blocks)
        return fmt::format("takes at most {} blocks", most_blocks);
    if (volume(size) > most_enumerated && d != 2)
        return fmt::format("takes at most {} spins, but in two dimensions", most_enumerated);
    return "";
}

/// What one step makes of a Hamiltonian: a row for each coupling of the block spins.
void add_couplings(Report& report, const model::Point& point, const BlockSum& blocks, const std::string& label) {
    const model::TorusOperators classes(blocks.lattice);
    const model::Expansion expansion = classes.expand(blocks.log_weights);
    const bool all = blocks.lattice.sites() <= all_shown;
    // Every coupling is a mean of logarithms of weights, each of which is as accurate as ln Z.
    const double accuracy = io::rounding_error(blocks.ln_z);
    for (std::size_t a = 0; a < classes.size(); ++a) {
        const model::Operator& op = classes[a].op;
        if (!all && op.spins() > most_shown_spins) continue;
        report.rows.push_back({.section = "flow",
                               .point = point.label,
                               .quantity = fmt::format("K'_{} ({})", op.name(), label),
                               .kind = io::Kind::exact,
                               .value = expansion.couplings[a],
                               .error = accuracy,
                               .note = fmt::format("ln Z = {:.12f}", blocks.ln_z)});
    }
}

Report exact_summation(const mpi::Communicator& comm, const FlowParameters& parameters, const Setting& setting) {
    const int size = parameters.size.value_or(default_size), factor = parameters.scale_factor.value_or(2);
    const lattice::Geometry geometry = torus(setting.lattice, size);
    const coarsen::RuleTable rule = rule_table(parameters, geometry.dimension());
    Report report{.name = labelled("exact-summation", parameters, size, size / factor)};
    for (const model::Point& point : setting.points) {
        const model::Hamiltonian hamiltonian(setting.lattice, {point.couplings.begin(), point.couplings.end()});
        BlockSum blocks = block_sum(comm, hamiltonian, geometry, rule);
        report.rows.push_back(exact_row(
            point.label, fmt::format("ln Z/N ({0} torus of edge {1})", name(setting.lattice), size), io::Kind::exact,
            blocks.ln_z / static_cast<double>(geometry.sites()), "sum over all configurations"));
        int edge = size / factor;
        add_couplings(report, point, blocks, fmt::format("{}, {} -> {}", rule_name(parameters), size, edge));
        for (; edge % factor == 0 && edge > factor; edge /= factor) {
            blocks = block_sum(blocks, rule);
            add_couplings(report, point, blocks,
                          fmt::format("{}, {} -> {}", rule_name(parameters), size, edge / factor));
        }
    }
    return report;
}

/// All couplings that the block spins of a small torus can have.
model::OperatorBasis all_operators(const lattice::Geometry& blocks) {
    std::vector<model::Operator> operators;
    for (const model::TorusClass& one : model::TorusOperators(blocks)) operators.push_back(one.op);
    return {blocks.lattice(), std::move(operators)};
}

Report finite_lattice(const mpi::Communicator&, const FlowParameters& parameters, const Setting& setting) {
    constexpr double low = 0.05, high = 1.0; // between which the nearest-neighbour models are critical
    const int size = parameters.size.value_or(default_size), factor = parameters.scale_factor.value_or(2);
    const lattice::Geometry geometry = torus(setting.lattice, size);
    const model::OperatorBasis kept = all_operators(torus(setting.lattice, size / factor));
    const AnyMap map = FiniteLattice(geometry, rule_table(parameters, geometry.dimension()), kept);
    const std::optional<std::size_t> nn = kept.find("nn");
    if (!nn)
        throw core::InputError(fmt::format(
            "[[flow]] finite-lattice: blocks of {} leave no neighbours on a lattice of edge {}", factor, size));
    Report report{.name = labelled("finite-lattice", parameters, size, size / factor)};
    const Family family = [&](double coupling) {
        std::vector<double> couplings(kept.size(), 0.0);
        couplings[*nn] = coupling;
        return couplings;
    };
    add_fixed_point(report, map, critical_fixed_point(map, family, low, high));
    const CriticalPoint critical = critical_point(map, family, low, high);
    add_numerical(report, "K_c", critical.value, critical.width);
    add_streamlines(report, map, critical.value, family);
    return report;
}

} // namespace

Method exact_summation_method() {
    return {"exact-summation", {"size", "scale_factor", "rule", "p", "table"},
            check_rule,        exact_summation,
            refusal_of_sums,   true};
}

Method finite_lattice_method() {
    return {
        "finite-lattice", {"size", "scale_factor", "rule", "p", "table"}, check_rule, finite_lattice, refusal_of_sums};
}

} // namespace blockspin::flow
