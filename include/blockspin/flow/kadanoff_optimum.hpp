#pragma once

#include <memory>
#include <span>
#include <vector>

#include <blockspin/flow/critical.hpp>
#include <blockspin/flow/kadanoff.hpp>
#include <blockspin/flow/spectrum.hpp>

namespace blockspin::flow {

/// L · ∂u'/∂p_k at a fixed point for every parameter of T, L = ∂f/∂K being the left eigenvector of the Jacobian, the
/// constant included, with eigenvalue 2^d (Kadanoff, Houghton and Yalabik 1976). It is 2^d − 1 times ∂f/∂p_k, p changed
/// in every step alike.
std::vector<double> slopes_of_free_energy(const Kadanoff& map, std::span<const double> fixed_point);

/// A fixed point at which f is stationary in all parameters of T.
struct OptimalFixedPoint {
    std::vector<double> parameters;
    double inaccuracy = 0.0; ///< of the parameters: the largest change that the last step of the search still made
    FixedPoint point;
    Spectrum spectrum;
    double asymmetry = 0.0; ///< which branch: 0 to rounding at the published fixed points, see asymmetry()
    bool governs = true;    ///< does the critical flow of the family that was asked for end here?
};

/// The stationary parameters that are reached from `parameters` on the branch of the fixed point near `point`.
/// InputError if the branch ends or the search does not settle first.
OptimalFixedPoint stationary_fixed_point(std::shared_ptr<const CellClasses> classes, std::vector<double> parameters,
                                         std::span<const double> point);

/// The stationary parameters on the branch that governs the transition of `family` between `low` and `high`. The search
/// begins where the typical parameters of T put that transition, and changes the branch where the transition does.
/// Where the transition leaves a branch before it becomes stationary and the other one never does, as for shared bonds
/// in four dimensions, the first is returned and `governs` is false.
OptimalFixedPoint optimal_fixed_point(std::shared_ptr<const CellClasses> classes, const Family& family, double low,
                                      double high);

/// The best bound that some steps give, each with its own T, all chosen together.
struct OptimalBound {
    InfiniteAtMost bound;
    std::vector<std::vector<double>> parameters; ///< of each step; afterwards the ceiling
};

/// The bound of a given sequence of block transformations, one step for each: a rigorous upper bound on f whatever they
/// are. Adds its derivatives by all of their parameters to `gradient` unless that is empty; it holds those of the first
/// step, then of the second, …: the bound as an objective to train T with.
double bound_of_sequence(std::shared_ptr<const CellClasses> classes, const Start& start,
                         std::span<const double> parameters, std::span<double> gradient);

/// Minimises the bound on f over the parameters of all steps, from typical ones, by exact gradients through the flow
/// and L-BFGS. Whatever the minimiser returns is a bound; that it is the least is not guaranteed.
OptimalBound optimal_bound(std::shared_ptr<const CellClasses> classes, const Start& start, int steps = 12);

} // namespace blockspin::flow
