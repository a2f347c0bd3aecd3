#include <blockspin/sampling/couplings.hpp>

#include <cmath>
#include <limits>

namespace blockspin::sampling {

std::uint64_t probability_threshold(double p) {
    const double scaled = std::ldexp(p, 64);
    return scaled >= 0x1p64 ? std::numeric_limits<std::uint64_t>::max() : static_cast<std::uint64_t>(scaled);
}

} // namespace blockspin::sampling
