#include <blockspin/sampling/metropolis.hpp>

namespace blockspin::sampling {

Metropolis::Metropolis(const lattice::Geometry& geometry, const std::vector<NearestNeighbourCouplings>& couplings,
                       const rng::Key& key)
    : Checkerboard(geometry, rules(geometry, couplings, metropolis_rule), rng::Purpose::metropolis, key, "metropolis") {
}

} // namespace blockspin::sampling
