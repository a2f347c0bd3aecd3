#include <blockspin/sampling/couplings.hpp>

#include <blockspin/core/error.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace blockspin::sampling {

void require_no_field(const NearestNeighbourCouplings& couplings, std::string_view update) {
    if (couplings.field == 0.0) return;
    throw core::InputError(fmt::format("[sample] update: {} needs a model without field, not couplings.field = {}",
                                       update, couplings.field));
}

void require_ferromagnet(const NearestNeighbourCouplings& couplings, std::string_view update) {
    if (couplings.coupling >= 0.0) return;
    throw core::InputError(fmt::format("[sample] update: {} makes clusters of Potts spins in one state, which "
                                       "couplings.nn = {} does not favour; use metropolis or heat-bath",
                                       update, couplings.coupling));
}

std::uint64_t probability_threshold(double p) {
    const double scaled = std::ldexp(p, 64);
    return scaled >= 0x1p64 ? std::numeric_limits<std::uint64_t>::max() : static_cast<std::uint64_t>(scaled);
}

} // namespace blockspin::sampling
