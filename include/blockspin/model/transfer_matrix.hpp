#pragma once

#include <cstdint>
#include <vector>

namespace blockspin::model {

/// The exact distribution of the magnetisation of a torus.
struct MagnetisationDistribution {
    double ln_z = 0;
    std::vector<double> probability; ///< of a magnetisation of -N, -N + 2, …, N (sum of all spins)

    /// <|m|^power> of the magnetisation per site.
    double abs_moment(int power) const;
    /// U4 = 1 - <m^4> / 3 <m^2>^2.
    double binder() const;
};

/// The lx by ly torus of the square lattice with nearest-neighbour coupling K and no field, site by site by transfer
/// matrix. Time grows as lx ly 4^lx / 4 lx: lx = ly = 10 takes half a second, 12 some seconds. InputError for
/// lx > 12, extents below 1, or K not finite.
MagnetisationDistribution torus_magnetisation(std::int64_t lx, std::int64_t ly, double k);

} // namespace blockspin::model
