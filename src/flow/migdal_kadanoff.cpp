#include <blockspin/flow/migdal_kadanoff.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/flow/bond.hpp>

#include <array>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

namespace blockspin::flow {

namespace {

const std::array<Coupling, 2> bond_and_field{{{"nn", Parity::even}, {"field", Parity::odd}}};

void check(int scale_factor, double spatial_dimension) {
    if (scale_factor < 2)
        throw core::InputError(fmt::format("a scale factor of {}: at least 2 is needed", scale_factor));
    if (!(spatial_dimension >= 1) || !std::isfinite(spatial_dimension))
        throw core::InputError(fmt::format("{} spatial dimensions: at least 1 is needed", spatial_dimension));
}

template <class T> Bond<T> moved_then_decimated(const T& coupling, const T& field, int b, double d) {
    return in_series(in_parallel(Bond<T>::of(coupling, field), std::pow(b, d - 1)), b);
}

template <class T> Bond<T> decimated_then_moved(const T& coupling, const T& field, int b, double d) {
    return in_parallel(in_series(Bond<T>::of(coupling, field), b), std::pow(b, d - 1));
}

Derivative slopes(const Bond<Dual<2>>& bond, double constants_per_cell) {
    return derivative<2>({bond.coupling(), bond.field()}, constants_per_cell * bond.constant());
}

} // namespace

MigdalKadanoff::MigdalKadanoff(int scale_factor, double spatial_dimension)
    : scale_factor_(scale_factor), spatial_dimension_(spatial_dimension) {
    check(scale_factor, spatial_dimension);
}

std::span<const Coupling> MigdalKadanoff::couplings() { return bond_and_field; }

Image MigdalKadanoff::apply(std::span<const double> point) const {
    check_point(bond_and_field, point);
    const double b = scale_factor_, d = spatial_dimension_;
    const Bond<double> bond = moved_then_decimated(point[0], point[1], scale_factor_, d);
    const double left_free = std::pow(b, d) - 1 - d * (b - 1); // spins off the edges of the block have lost all bonds
    return {{bond.coupling(), bond.field()}, d * bond.constant() + left_free * std::numbers::ln2};
}

Derivative MigdalKadanoff::jacobian(std::span<const double> point) const {
    check_point(bond_and_field, point);
    const auto [coupling, field] = variables<2>(point);
    return slopes(moved_then_decimated(coupling, field, scale_factor_, spatial_dimension_), spatial_dimension_);
}

double MigdalKadanoff::ceiling(std::span<const double> point) const {
    check_point(bond_and_field, point);
    if (spatial_dimension_ != std::round(spatial_dimension_))
        throw core::InputError(
            fmt::format("in {} dimensions there is no lattice whose free energy could be bounded", spatial_dimension_));
    return std::numbers::ln2 + spatial_dimension_ * (std::abs(point[0]) + 2 * std::abs(point[1]));
}

HierarchicalLattice::HierarchicalLattice(int scale_factor, double spatial_dimension)
    : scale_factor_(scale_factor), spatial_dimension_(spatial_dimension) {
    check(scale_factor, spatial_dimension);
}

std::span<const Coupling> HierarchicalLattice::couplings() { return bond_and_field; }

double HierarchicalLattice::sites_per_bond() const {
    const double b = scale_factor_, d = spatial_dimension_;
    return (b - 1) * std::pow(b, d - 1) / (std::pow(b, d) - 1);
}

Image HierarchicalLattice::apply(std::span<const double> point) const {
    check_point(bond_and_field, point);
    const Bond<double> bond = decimated_then_moved(point[0], point[1], scale_factor_, spatial_dimension_);
    return {{bond.coupling(), bond.field()}, bond.constant() / sites_per_bond()};
}

Derivative HierarchicalLattice::jacobian(std::span<const double> point) const {
    check_point(bond_and_field, point);
    const auto [coupling, field] = variables<2>(point);
    return slopes(decimated_then_moved(coupling, field, scale_factor_, spatial_dimension_), 1 / sites_per_bond());
}

} // namespace blockspin::flow
