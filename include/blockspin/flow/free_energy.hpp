#pragma once

#include <cmath>
#include <span>
#include <vector>

#include <blockspin/core/error.hpp>
#include <blockspin/flow/map.hpp>

namespace blockspin::flow {

/// The free energy that a flow adds up.
struct FreeEnergy {
    double value = 0.0;      ///< f = ln Z per site
    double truncation = 0.0; ///< estimate of the terms left out, from the decay of the last ones
    int steps = 0;
};

/// When the sum over steps ends.
struct SumLimits {
    double tolerance = 1e-15; ///< of the truncation, relative to the sum, on two steps running
    int steps = 500;
};

/// f(K) = Σ_n b^{-nd} constant(K_{n−1}) (Nauenberg and Nienhuis 1974). InputError if the sum does not converge within
/// the limits.
template <Map M> FreeEnergy free_energy(const M& map, std::span<const double> start, const SumLimits& limits = {}) {
    std::vector<double> point(start.begin(), start.end());
    FreeEnergy sum;
    double weight = 1.0, last = 0.0;
    for (int small = 0; small < 2;) {
        if (sum.steps++ == limits.steps) throw core::InputError("the sum for the free energy does not converge");
        Image image = map.apply(point);
        weight /= volume_factor(map);
        const double term = weight * image.constant;
        const double ratio = last == 0.0 ? 1.0 : std::abs(term / last);
        sum.value += term;
        sum.truncation = ratio < 1 ? std::abs(term) * ratio / (1 - ratio) : std::abs(term);
        small = sum.truncation <= limits.tolerance * std::abs(sum.value) ? small + 1 : 0;
        point = std::move(image.couplings);
        last = term;
    }
    return sum;
}

/// Back through one step: ∂f/∂K from ∂f/∂K', of f(K) = b^{-d} (constant(K) + f(K')).
std::vector<double> pulled_back(const Derivative& step, std::span<const double> gradient, double volume_factor);

/// ∂f/∂K_a = ⟨S_a⟩ per site, differentiated exactly through the flow, which is cut after `steps`. What is left out
/// shrinks per step by the factor b^{y−d}, y the leading exponent of the sink's sector.
template <Map M> std::vector<double> free_energy_gradient(const M& map, std::span<const double> start, int steps) {
    std::vector<Derivative> derivatives;
    std::vector<double> point(start.begin(), start.end());
    for (int step = 0; step < steps; ++step) {
        derivatives.push_back(map.jacobian(point));
        point = map.apply(point).couplings;
    }
    std::vector<double> gradient(point.size(), 0.0);
    for (auto step = derivatives.rbegin(); step != derivatives.rend(); ++step)
        gradient = pulled_back(*step, gradient, volume_factor(map));
    return gradient;
}

} // namespace blockspin::flow
