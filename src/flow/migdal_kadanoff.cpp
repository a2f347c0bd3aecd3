#include <blockspin/flow/migdal_kadanoff.hpp>

#include <blockspin/core/error.hpp>

#include <array>
#include <cmath>

#include <fmt/format.h>

namespace blockspin::flow {

namespace {

const std::array<Coupling, 2> ising_axes{{{"nn", Parity::even}, {"field", Parity::odd}}};
const std::array<Coupling, 3> potts_axes{{{"nn", Parity::even}, {"field", Parity::odd}, {"nn in field", Parity::odd}}};
const std::array<Coupling, 8> axes_by_direction{{{"nn x", Parity::even},
                                                 {"field x", Parity::odd},
                                                 {"nn y", Parity::even},
                                                 {"field y", Parity::odd},
                                                 {"nn z", Parity::even},
                                                 {"field z", Parity::odd},
                                                 {"nn w", Parity::even},
                                                 {"field w", Parity::odd}}};

} // namespace

std::span<const Coupling> IsingSpins::couplings() { return ising_axes; }
std::span<const Coupling> PottsSpins::couplings() { return potts_axes; }

PottsSpins::PottsSpins(double states) : states_(states) {
    if (!(states >= 1) || !std::isfinite(states))
        throw core::InputError(fmt::format("Potts spins with {} states: at least 1 is needed", states));
}

template <int D> std::span<const Coupling> AnisotropicMigdalKadanoffFormula<D>::couplings() {
    return std::span(axes_by_direction).first(2 * D);
}
template class AnisotropicMigdalKadanoffFormula<2>;
template class AnisotropicMigdalKadanoffFormula<3>;
template class AnisotropicMigdalKadanoffFormula<4>;

namespace detail {

void check_bond_moving(int scale_factor, double spatial_dimension) {
    if (scale_factor < 2)
        throw core::InputError(fmt::format("a scale factor of {}: at least 2 is needed", scale_factor));
    if (!(spatial_dimension >= 1) || !std::isfinite(spatial_dimension))
        throw core::InputError(fmt::format("{} spatial dimensions: at least 1 is needed", spatial_dimension));
}

void check_is_lattice(double spatial_dimension) {
    if (spatial_dimension != std::round(spatial_dimension))
        throw core::InputError(
            fmt::format("in {} dimensions there is no lattice whose free energy could be bounded", spatial_dimension));
}

} // namespace detail

} // namespace blockspin::flow
