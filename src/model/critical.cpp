#include <blockspin/model/critical.hpp>

#include <cmath>

namespace blockspin::model {

namespace {

/// Weight h_{r,s} of the Kac table.
double kac_weight(int m, int r, int s) {
    const double root = r * (m + 1) - s * m;
    return (root * root - 1) / (4.0 * m * (m + 1));
}

} // namespace

CriticalExponents ising_exponents_2d() {
    constexpr int ising = 3;
    return {.y_T = 2 - 2 * kac_weight(ising, 2, 1), .y_H = 2 - 2 * kac_weight(ising, 2, 2)};
}

std::optional<double> critical_coupling(lattice::Lattice lattice) {
    switch (lattice) {
    case lattice::Lattice::square:
        return std::asinh(1.0) / 2;
    case lattice::Lattice::triangular:
        return std::log(3.0) / 4;
    case lattice::Lattice::honeycomb:
        return std::log(2 + std::sqrt(3.0)) / 2;
    default:
        return std::nullopt;
    }
}

} // namespace blockspin::model
