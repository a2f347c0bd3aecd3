#include <blockspin/sampling/heat_bath.hpp>

namespace blockspin::sampling {

HeatBath::HeatBath(const lattice::Geometry& geometry, const std::vector<NearestNeighbourCouplings>& couplings,
                   const rng::Key& key)
    : Checkerboard(geometry, rules(geometry, couplings, heat_bath_rule), rng::Purpose::heat_bath, key, "heat bath") {}

} // namespace blockspin::sampling
