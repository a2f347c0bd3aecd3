#include <blockspin/mcrg/operators.hpp>

#include <blockspin/core/error.hpp>

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
        throw core::InputError(fmt::format("[block] {}: {}", list, error.what()));
    }
}

void append(std::string_view list, const std::vector<std::string>& names, bool even, lattice::Lattice lattice,
            std::vector<model::Operator>& operators) {
    for (const std::string& name : names) {
        model::Operator op = named(list, name, lattice);
        if (op.is_even() != even) {
            throw core::InputError(fmt::format("[block] {}: '{}' is a product of {} spin{}", list, name, op.spins(),
                                               op.spins() == 1 ? "" : "s"));
        }
        if (std::ranges::find(operators, op) != operators.end()) {
            throw core::InputError(fmt::format("[block] {}: '{}' is named twice", list, name));
        }
        operators.push_back(std::move(op));
    }
}

} // namespace

void BlockParameters::check(io::Problems& problems) const {
    if (rule == "kadanoff" && !p) problems.add("p", "is needed with rule = \"kadanoff\"");
    if (rule != "kadanoff" && p) problems.add("p", "belongs to rule = \"kadanoff\"");
    if (p && !std::isfinite(*p)) problems.add("p", "must be finite");
    if (even.empty() && odd.empty()) problems.add("even", "neither even nor odd names an operator");
}

std::vector<std::string> Operators::names() const {
    std::vector<std::string> names;
    for (const model::Operator& op : all) names.push_back(op.name());
    return names;
}

Operators operators(const BlockParameters& parameters, lattice::Lattice lattice) {
    Operators result;
    append("even", parameters.even, true, lattice, result.all);
    result.even = result.all.size();
    append("odd", parameters.odd, false, lattice, result.all);
    return result;
}

} // namespace blockspin::mcrg
