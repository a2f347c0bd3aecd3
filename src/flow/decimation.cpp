#include <blockspin/flow/decimation.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/flow/bond.hpp>

#include <array>

#include <fmt/format.h>

namespace blockspin::flow {

namespace {

const std::array<Coupling, 2> bond_and_field{{{"nn", Parity::even}, {"field", Parity::odd}}};

/// A bond that carries half of the field at each of its ends, b of them end to end.
template <class T> Bond<T> chain(const T& coupling, const T& field, int b) {
    return in_series(Bond<T>::of(coupling, 0.5 * field), b);
}

} // namespace

Decimation::Decimation(int scale_factor) : scale_factor_(scale_factor) {
    if (scale_factor < 2)
        throw core::InputError(fmt::format("a scale factor of {}: at least 2 is needed", scale_factor));
}

std::span<const Coupling> Decimation::couplings() { return bond_and_field; }

Image Decimation::apply(std::span<const double> point) const {
    check_point(bond_and_field, point);
    const Bond<double> bond = chain(point[0], point[1], scale_factor_);
    return {{bond.coupling(), 2 * bond.field()}, bond.constant()};
}

Derivative Decimation::jacobian(std::span<const double> point) const {
    check_point(bond_and_field, point);
    const auto [coupling, field] = variables<2>(point);
    const Bond<Dual<2>> bond = chain(coupling, field, scale_factor_);
    return derivative<2>({bond.coupling(), 2.0 * bond.field()}, bond.constant());
}

} // namespace blockspin::flow
