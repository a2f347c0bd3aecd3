#pragma once

#include <vector>

#include <blockspin/sampling/checkerboard.hpp>

namespace blockspin::sampling {

/// Heat bath (Glauber) update: every spin in turn takes +1 with its conditional probability
/// 1 / (1 + exp(−2 (K Σ neighbours + h))), one sublattice after the other. Creutz, Phys. Rev. D 21 (1980) 2308.
class HeatBath : public Checkerboard {
  public:
    /// One pair of couplings per replica of the whole run. InputError if the lattice cannot be coloured.
    HeatBath(const lattice::Geometry& geometry, const std::vector<NearestNeighbourCouplings>& couplings,
             const rng::Key& key);
};

} // namespace blockspin::sampling
