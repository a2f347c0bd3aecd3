#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <vector>

namespace support {

/// A stationary Gaussian AR(1) series of mean 0, variance 1 and the given integrated autocorrelation time.
inline std::vector<double> autoregressive(std::size_t length, double tau_int, std::uint64_t seed) {
    std::mt19937_64 engine(seed);
    const auto uniform = [&] { return (static_cast<double>(engine() >> 11) + 0.5) * 0x1p-53; };
    const auto normal = [&] {
        return std::sqrt(-2 * std::log(uniform())) * std::cos(2 * std::numbers::pi * uniform());
    };
    const double memory = (2 * tau_int - 1) / (2 * tau_int + 1);
    std::vector<double> series(length);
    double value = normal();
    for (double& x : series) {
        x = value;
        value = memory * value + std::sqrt(1 - memory * memory) * normal();
    }
    return series;
}

} // namespace support
