#include <blockspin/net/ising_rbm.hpp>

#include <blockspin/core/check.hpp>

#include <cmath>

namespace blockspin::net {

Rbm<double> ising_rbm(std::span<const double> fields, std::span<const Bond> bonds) {
    Rbm<double> rbm(static_cast<int>(fields.size()), static_cast<int>(bonds.size()));
    rbm.visible_bias.assign(fields.begin(), fields.end());
    for (int j = 0; j < rbm.hidden(); ++j) {
        const auto [a, b, coupling] = bonds[static_cast<std::size_t>(j)];
        core::ensure(a >= 0 && b >= 0 && a < rbm.visible() && b < rbm.visible(), "a bond joins two sites");
        const double weight = std::acosh(std::exp(2 * std::abs(coupling))) / 2;
        rbm.weights(static_cast<int>(a), j) += weight;
        rbm.weights(static_cast<int>(b), j) += std::copysign(weight, coupling);
    }
    return rbm;
}

} // namespace blockspin::net
