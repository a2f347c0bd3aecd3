#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <span>
#include <vector>

#include <blockspin/flow/map.hpp>

namespace blockspin::flow {

/// Which side of the exact value a bound lies on.
enum class Side { low, high };

/// The volume for which a bound holds: the lattice without edges.
struct InfiniteLattice {};

/// A rigorous bound on f = ln Z per site, up to the rounding of its own arithmetic. The side and the volume for which
/// it holds are part of the type, so that two bounds meet in a bracket only where that makes sense.
template <Side bounded_side, class BoundedVolume> struct Bound {
    static constexpr Side side = bounded_side;
    using Volume = BoundedVolume;
    double value = 0.0;
};

/// exact f ≤ value, on the infinite lattice, for couplings of any sign.
using InfiniteAtMost = Bound<Side::high, InfiniteLattice>;

/// A Hamiltonian on the space of a map, and how its free energy gives that of the model it was made from:
/// f_model = cells_per_site · (constant + f(couplings)).
struct Start {
    std::vector<double> couplings;
    double constant = 0.0;
    double cells_per_site = 1.0;
};

/// A map whose f is never below the exact one, with a rigorous `ceiling(K)` ≥ f(K) to end its sum with.
template <class M>
concept UpperBoundingMap = Map<M> && requires(const M& map, std::span<const double> couplings) {
    { map.ceiling(couplings) } -> std::same_as<double>;
};

/// The least of the bounds that the flow from `start` offers: each step n gives one,
/// Σ_{k<n} b^{-kd} constant_k + b^{-nd} ceiling(K_n), so nothing is truncated. Stops when a step changes nothing.
template <UpperBoundingMap M> InfiniteAtMost upper_bound(const M& map, const Start& start) {
    std::vector<double> point = start.couplings;
    double sum = 0.0, weight = 1.0;
    double least = map.ceiling(point), before = std::numeric_limits<double>::infinity();
    for (double bound = least; std::abs(bound - before) > 1e-15 * std::abs(bound);) {
        Image image = map.apply(point);
        weight /= volume_factor(map);
        sum += weight * image.constant;
        point = std::move(image.couplings);
        before = bound;
        bound = sum + weight * map.ceiling(point);
        least = std::min(least, bound);
    }
    return {start.cells_per_site * (start.constant + least)};
}

} // namespace blockspin::flow
