#include <blockspin/tempering/parameters.hpp>

namespace blockspin::tempering {

bool TemperingParameters::adapts_after(std::int64_t sweeps, std::int64_t thermalization) const noexcept {
    if (!adapts()) return false;
    for (std::int64_t time = thermalization / 2; attempts(time) - attempts(time / 2) >= fewest_attempts; time /= 2) {
        if (time == sweeps) return true;
    }
    return false;
}

} // namespace blockspin::tempering
