#pragma once

#include <bit>
#include <cstdint>

namespace blockspin::net {

/// 2^x for |x| ≤ 126 to 2e-7 of itself; beyond, its value there. Without branches or library calls, so that loops over
/// it vectorise and its bits are the same everywhere.
inline float exp2_bounded(float x) {
    const float low = x > -126.0F ? x : -126.0F, bounded = low < 126.0F ? low : 126.0F; // also of a NaN
    const std::int32_t whole = static_cast<std::int32_t>(bounded + 126.5F) - 126; // rounded, as the sum is positive
    const float t = (bounded - static_cast<float>(whole)) * 0.693147180559945F;   // 2^x = 2^whole e^t, |t| ≤ ln 2 / 2
    const float series = 1.0F / 24 + t * (1.0F / 120 + t * (1.0F / 720 + t * (1.0F / 5040)));
    const float exponential = 1.0F + t * (1.0F + t * (0.5F + t * (1.0F / 6 + t * series)));
    return exponential * std::bit_cast<float>((whole + 127) << 23);
}

/// The probability that a unit in the field x is +1: 1 / (1 + e^{−2x}), to 3e-7.
inline float probability_up(float x) { return 1.0F / (1.0F + exp2_bounded(-2.88539008177793F * x)); }

} // namespace blockspin::net
