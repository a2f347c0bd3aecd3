#include <blockspin/model/parameters.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/model/operator.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace blockspin::model {

namespace {

constexpr std::string_view couplings_prefix = "couplings.";

/// The name of the operator that a key means: as Operator::name() gives it, but "field" for the single spin. Lists of
/// sites come in the quotes that TOML needs. Spins other than Ising's have operators of their own.
std::string operator_name(const ModelParameters& model, std::string_view key) {
    const SpinKind kind = spin_kind(model);
    if (!kind.is_ising()) {
        if (std::ranges::find(kind.couplings(), key) != kind.couplings().end()) return std::string(key);
        throw core::InputError(
            fmt::format("{} have the couplings {}, not {}", kind.text(), fmt::join(kind.couplings(), ", "), key));
    }
    const lattice::Lattice lattice = lattice::lattice_from_name(model.lattice);
    const bool is_quoted = key.size() >= 2 && key.front() == '"' && key.back() == '"';
    const Operator op = Operator::from_name(lattice, is_quoted ? key.substr(1, key.size() - 2) : key);
    return op.spins() == 1 ? "field" : op.name();
}

void require_new(const std::set<std::string>& names, const std::string& name) {
    if (names.contains(name)) throw core::InputError(fmt::format("the operator {} is given twice", name));
}

io::KeyedValues<double> by_name(const ModelParameters& model) {
    io::KeyedValues<double> named;
    std::set<std::string> names;
    for (const auto& [key, value] : model.couplings) {
        const std::string name = operator_name(model, key);
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
    if (spin == "potts" && !states) problems.add("states", "Potts spins need their number of states");
    if (spin != "potts" && states) {
        problems.add("states", fmt::format("only for spin = \"potts\", not \"{}\"", spin));
    }
}

lattice::Geometry geometry(const ModelParameters& model) {
    std::vector<lattice::Boundary> boundaries;
    for (const std::string& name : model.boundary) boundaries.push_back(lattice::boundary_from_name(name));
    return {lattice::lattice_from_name(model.lattice), model.size, boundaries};
}

SpinKind spin_kind(const ModelParameters& model) {
    if (model.spin == "potts") return SpinKind::potts(static_cast<int>(model.states.value_or(2)));
    if (model.spin == "blume-capel") return SpinKind::blume_capel();
    return SpinKind::ising();
}

bool Point::is_nearest_neighbour() const {
    return std::ranges::all_of(couplings, [](const auto& each) { return each.first == "nn" || each.first == "field"; });
}

double Point::coupling(std::string_view name) const {
    const double* value = couplings.find(name);
    return value == nullptr ? 0.0 : *value;
}

std::vector<Point> points(const ModelParameters& model, const Scan& scan) {
    std::vector<Point> points{{.label = "", .couplings = by_name(model)}};
    std::set<std::string> scanned;
    for (const auto& [key, values] : scan) {
        if (!key.starts_with(couplings_prefix)) {
            throw core::InputError(fmt::format("[scan] {}: only couplings can be scanned, such as couplings.nn", key));
        }
        if (values.empty()) throw core::InputError(fmt::format("[scan] {}: the list of values is empty", key));
        const std::string name = operator_name(model, std::string_view(key).substr(couplings_prefix.size()));
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
