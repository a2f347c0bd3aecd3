#include <blockspin/mcrg/operators.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/mcrg/rule_parameters.hpp>
#include <blockspin/model/operator_basis.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

namespace blockspin::mcrg {

namespace {

model::Operator named(std::string_view list, const std::string& name, lattice::Lattice lattice) {
    try {
        return model::Operator::from_name(lattice, name);
    } catch (const core::InputError& error) {
        throw core::InputError(fmt::format("{}: {}", list, error.what()));
    }
}

/// The lists of a study that names no operators. On the cubic lattice those of Baillie, Gupta, Hawick and Pawley, Phys.
/// Rev. B 45 (1992) 10438, that fit into a unit cube or along its edges.
std::vector<std::string> usual(bool even, lattice::Lattice lattice) {
    switch (lattice) {
    case lattice::Lattice::chain:
        return even ? std::vector<std::string>{"nn", "nnn"} : std::vector<std::string>{"h", "(0)(1)(2)"};
    case lattice::Lattice::triangular:
        return even ? std::vector<std::string>{"nn", "nnn", "3nn"} : std::vector<std::string>{"h", "triangle"};
    case lattice::Lattice::cubic:
        return even ? std::vector<std::string>{"nn",      "nnn", "3nn", "plaquette", "tetrahedron", "rectangle", "star",
                                               "twisted", "4nn", "5nn", "6nn",       "diamond",     "7nn",       "T"}
                    : std::vector<std::string>{"h", "corner", "(0,0,0)(1,0,0)(1,1,1)", "(0,0,0)(1,1,0)(1,0,1)",
                                               "(0,0,0)(1,0,0)(2,0,0)"};
    case lattice::Lattice::hypercubic:
        return even ? std::vector<std::string>{"nn", "nnn", "plaquette"} : std::vector<std::string>{"h", "corner"};
    default:
        return even ? std::vector<std::string>{"nn", "nnn", "plaquette"} : std::vector<std::string>{"h", "corner"};
    }
}

void append(std::string_view list, const std::vector<std::string>& names, bool even, lattice::Lattice lattice,
            std::vector<model::Operator>& operators) {
    for (const std::string& name : names) {
        model::Operator op = named(list, name, lattice);
        if (op.is_even() != even) {
            throw core::InputError(
                fmt::format("{}: '{}' is a product of {} spin{}", list, name, op.spins(), op.spins() == 1 ? "" : "s"));
        }
        if (std::ranges::find(operators, op) != operators.end()) {
            throw core::InputError(fmt::format("{}: '{}' is named twice", list, name));
        }
        operators.push_back(std::move(op));
    }
}

/// The operators of one parity within a range that are not there yet.
void append(const GenerateParameters& range, bool even, lattice::Lattice lattice,
            std::vector<model::Operator>& operators) {
    const auto generated =
        model::OperatorBasis::generate(lattice, {.spins = static_cast<int>(range.spins),
                                                 .squared_range = range.squared_range,
                                                 .parity = even ? model::Parity::even : model::Parity::odd});
    for (const model::Operator& op : generated) {
        if (std::ranges::find(operators, op) == operators.end()) operators.push_back(op);
    }
}

} // namespace

void check_rule(const std::string& rule, const std::vector<double>& p, io::Problems& problems) {
    if (rule == "kadanoff" && p.size() != 1) problems.add("p", "rule = \"kadanoff\" needs one value");
    if (rule != "kadanoff" && !p.empty()) problems.add("p", "belongs to rule = \"kadanoff\"");
    for (const double value : p) {
        if (!std::isfinite(value)) problems.add("p", "must be finite");
    }
}

void BlockParameters::check(io::Problems& problems) const {
    if (rule == "kadanoff" && p.empty()) problems.add("p", "is needed with rule = \"kadanoff\"");
    if (rule != "kadanoff" && !p.empty()) problems.add("p", "belongs to rule = \"kadanoff\"");
    if (rule == "learned" && !learned) problems.add("learned", "is needed with rule = \"learned\"");
    if (rule != "learned" && learned) problems.add("learned", "belongs to rule = \"learned\"");
    for (const double value : p) {
        if (!std::isfinite(value)) problems.add("p", "must be finite");
    }
    if (even && even->empty() && odd && odd->empty() && !generate) {
        problems.add("even", "neither even nor odd names an operator");
    }
}

std::vector<std::string> Operators::names() const {
    std::vector<std::string> names;
    for (const model::Operator& op : all) names.push_back(op.name());
    return names;
}

Operators operators(const BlockParameters& parameters, lattice::Lattice lattice, std::string_view section) {
    Operators result;
    append(fmt::format("[{}] even", section), parameters.even.value_or(usual(true, lattice)), true, lattice,
           result.all);
    if (parameters.generate) append(*parameters.generate, true, lattice, result.all);
    result.even = result.all.size();
    append(fmt::format("[{}] odd", section), parameters.odd.value_or(usual(false, lattice)), false, lattice,
           result.all);
    if (parameters.generate) append(*parameters.generate, false, lattice, result.all);
    return result;
}

} // namespace blockspin::mcrg
