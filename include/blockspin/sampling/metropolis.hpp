#pragma once

#include <vector>

#include <blockspin/sampling/checkerboard.hpp>

namespace blockspin::sampling {

/// Metropolis update: every spin in turn is flipped with probability min(1, exp(−2 s (K Σ neighbours + h))), one
/// sublattice after the other. Metropolis et al., J. Chem. Phys. 21 (1953) 1087.
class Metropolis : public Checkerboard {
  public:
    /// One pair of couplings per replica of the whole run. InputError if the lattice cannot be coloured.
    Metropolis(const lattice::Geometry& geometry, const std::vector<NearestNeighbourCouplings>& couplings,
               const rng::Key& key);
};

} // namespace blockspin::sampling
