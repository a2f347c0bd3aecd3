#pragma once

#include <memory>
#include <span>
#include <vector>

#include <blockspin/flow/critical.hpp>
#include <blockspin/flow/kadanoff.hpp>
#include <blockspin/flow/spectrum.hpp>

namespace blockspin::flow {

/// L · ∂u'/∂p at a fixed point, L = ∂f/∂K being the left eigenvector of the Jacobian, the constant included, with
/// eigenvalue 2^d (Kadanoff, Houghton and Yalabik 1976). It is 2^d − 1 times ∂f/∂p, p changed in every step alike.
double slope_of_free_energy_in_p(const Kadanoff& map, std::span<const double> fixed_point);

/// The fixed point at its best p.
struct OptimalFixedPoint {
    double p = 0.0;
    FixedPoint point;
    Spectrum spectrum;
    double asymmetry = 0.0; ///< which branch: 0 to rounding at the published fixed points, see asymmetry()
};

/// p* and its fixed point on the branch that governs the transition of `family` between `low` and `high`: the slope
/// of f in p vanishes. The search goes downhill from p = 3/n and changes the branch where the transition does.
/// InputError if no p up to 4 times larger or smaller is stationary.
OptimalFixedPoint optimal_fixed_point(std::shared_ptr<const SpinClasses> classes, const Family& family, double low,
                                      double high);

/// The best bound that `steps` steps give, each with its own p, all chosen together.
struct OptimalBound {
    InfiniteAtMost bound;
    std::vector<double> p; ///< of each step; afterwards the ceiling (p = 0)
};

/// Minimises the bound on f over the p of all steps, from p = 3/n, by exact gradients through the flow and L-BFGS.
/// Whatever the minimiser returns is a bound; that it is the least is not guaranteed.
OptimalBound optimal_bound(std::shared_ptr<const SpinClasses> classes, const Start& start, int steps = 12);

} // namespace blockspin::flow
