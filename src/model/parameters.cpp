#include <blockspin/model/parameters.hpp>

#include <blockspin/core/error.hpp>

#include <fmt/format.h>

namespace blockspin::model {

namespace {

constexpr std::string_view couplings_prefix = "couplings.";

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

double Point::coupling(std::string_view name) const {
    const double* value = couplings.find(name);
    return value == nullptr ? 0.0 : *value;
}

std::vector<Point> points(const ModelParameters& model, const Scan& scan) {
    std::vector<Point> points{{.label = "", .couplings = model.couplings}};
    for (const auto& [key, values] : scan) {
        if (!key.starts_with(couplings_prefix)) {
            throw core::InputError(fmt::format("[scan] {}: only couplings can be scanned, such as couplings.nn", key));
        }
        if (values.empty()) throw core::InputError(fmt::format("[scan] {}: the list of values is empty", key));
        std::vector<Point> product;
        for (const Point& point : points) {
            for (const double value : values) {
                Point next = point;
                const std::string name = key.substr(couplings_prefix.size());
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
