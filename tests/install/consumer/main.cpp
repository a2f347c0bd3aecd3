// What a user of the library writes: the exact energy of a small torus, from the installed headers.
#include <blockspin/core/version.hpp>
#include <blockspin/model/kaufman.hpp>

#include <cmath>
#include <cstdio>

int main() {
    const double energy = blockspin::model::kaufman(4, 4, 0.44068679350977147).energy;
    std::printf("blockspin %s: E/N = %.10f\n", blockspin::core::version().number.data(), energy);
    return std::abs(energy + 1.5656237876) < 1e-9 ? 0 : 1;
}
