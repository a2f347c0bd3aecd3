#pragma once

#include <functional>
#include <span>
#include <vector>

#include <blockspin/flow/any_map.hpp>
#include <blockspin/flow/spectrum.hpp>

namespace blockspin::flow {

/// Starting couplings as a function of several parameters, say a coupling and a crystal field.
using Surface = std::function<std::vector<double>(std::span<const double>)>;

/// Where a surface of Hamiltonians meets the flow into a fixed point.
struct MulticriticalPoint {
    std::vector<double> parameters;
    double inaccuracy = 0.0; ///< the largest change that the last step of the search still made
};

/// The parameters near `guess` from which the flow ends at `fixed_point`: as many as it has relevant even modes, whose
/// scaling fields left · (K_n − K*) are made to vanish, by Newton's method for n = 1, 2, … steps in turn.
/// InputError if their numbers differ or the search does not settle.
MulticriticalPoint multicritical_point(const AnyMap& map, std::span<const double> fixed_point, const Spectrum& spectrum,
                                       const Surface& surface, std::vector<double> guess);

} // namespace blockspin::flow
