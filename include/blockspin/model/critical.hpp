#pragma once

#include <optional>

#include <blockspin/lattice/geometry.hpp>

namespace blockspin::model {

/// Exact critical behaviour of the Ising universality class in two dimensions.
struct CriticalExponents {
    double y_T = 0; ///< of the energy, 1/ν
    double y_H = 0; ///< of the field, (d + 2 − η)/2
};

/// y = 2 − 2h with the weights h_{2,1} of the energy and h_{2,2} of the spin in the minimal model of central charge
/// 1/2, h_{r,s} = ([r (m+1) − s m]² − 1) / 4m(m+1) with m = 3 (Belavin, Polyakov and Zamolodchikov, Nucl. Phys. B 241
/// (1984) 333; Friedan, Qiu and Shenker 1984).
CriticalExponents ising_exponents_2d();

/// Critical nearest-neighbour coupling of the infinite lattice where it is known exactly: from sinh 2K = 1 on the
/// square lattice (Kramers and Wannier, Phys. Rev. 60 (1941) 252), e^{4K} = 3 on the triangular and e^{2K} = 2 + √3 on
/// the honeycomb lattice (Houtappel, Physica 16 (1950) 425). Nothing for other lattices.
std::optional<double> critical_coupling(lattice::Lattice lattice);

} // namespace blockspin::model
