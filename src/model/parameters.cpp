#include <blockspin/model/parameters.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/model/operator.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace blockspin::model {

namespace {

constexpr std::string_view couplings_prefix = "couplings.";

/// The name of the operator that a key means: as Operator::name() gives it, but "field" for the single spin. Lists of
/// sites come in the quotes that TOML needs.
std::string operator_name(lattice::Lattice lattice, std::string_view key) {
    const bool is_quoted = key.size() >= 2 && key.front() == '"' && key.back() == '"';
    const Operator op = Operator::from_name(lattice, is_quoted ? key.substr(1, key.size() - 2) : key);
    return op.spins() == 1 ? "field" : op.name();
}

void require_new(const std::set<std::string>& names, const std::string& name) {
    if (names.contains(name)) throw core::InputError(fmt::format("the operator {} is given twice", name));
}

io::KeyedValues<double> by_name(lattice::Lattice lattice, const io::KeyedValues<double>& couplings) {
    io::KeyedValues<double> named;
    std::set<std::string> names;
    for (const auto& [key, value] : couplings) {
        const std::string name = operator_name(lattice, key);
        require_new(names, name);
        names.insert(name);
        named.set(name, value);
    }
    return named;
}

} // namespace

void ModelParameters::check(io::Problems& problems) const {
    try {
        geometry(*this);
    } catch (const core::InputError& error) {
        problems.add("size", error.what());
    }
}

lattice::Geometry geometry(const ModelParameters& model) {
    std::vector<lattice::Boundary> boundaries;
    for (const std::string& name : model.boundary) boundaries.push_back(lattice::boundary_from_name(name));
    return {lattice::lattice_from_name(model.lattice), model.size, boundaries};
}

bool Point::is_nearest_neighbour() const {
    return std::ranges::all_of(couplings, [](const auto& each) { return each.first == "nn" || each.first == "field"; });
}

double Point::coupling(std::string_view name) const {
    const double* value = couplings.find(name);
    return value == nullptr ? 0.0 : *value;
}

std::vector<Point> points(const ModelParameters& model, const Scan& scan) {
    const lattice::Lattice lattice = lattice::lattice_from_name(model.lattice);
    std::vector<Point> points{{.label = "", .couplings = by_name(lattice, model.couplings)}};
    std::set<std::string> scanned;
    for (const auto& [key, values] : scan) {
        if (!key.starts_with(couplings_prefix)) {
            throw core::InputError(fmt::format("[scan] {}: only couplings can be scanned, such as couplings.nn", key));
        }
        if (values.empty()) throw core::InputError(fmt::format("[scan] {}: the list of values is empty", key));
        const std::string name = operator_name(lattice, std::string_view(key).substr(couplings_prefix.size()));
        require_new(scanned, name);
        scanned.insert(name);
        std::vector<Point> product;
        for (const Point& point : points) {
            for (const double value : values) {
                Point next = point;
                next.couplings.set(name, value);
                next.label += fmt::format("{}{} = {}", point.label.empty() ? "" : ", ", name, value);
                product.push_back(std::move(next));
            }
        }
        points = std::move(product);
    }
    return points;
}

} // namespace blockspin::model
