#pragma once

#include <cstdint>
#include <string_view>

namespace blockspin::sampling {

/// Nearest-neighbour coupling K and field h of one replica: −H/kT = K Σ_<ij> s_i s_j + h Σ_i s_i. Dimensionless.
struct NearestNeighbourCouplings {
    double coupling = 0.0;
    double field = 0.0;
};

/// InputError, naming the update, if there is a field.
void require_no_field(const NearestNeighbourCouplings& couplings, std::string_view update);

/// InputError, naming the update, if the coupling is negative: no pair of states of Potts spins is then favoured.
void require_ferromagnet(const NearestNeighbourCouplings& couplings, std::string_view update);

/// p 2^64, at most 2^64 − 1: a uniform 64-bit word lies below it with probability p to within 2^-64.
std::uint64_t probability_threshold(double p);

} // namespace blockspin::sampling
