#pragma once

#include <functional>
#include <span>
#include <utility>
#include <vector>

#include <blockspin/flow/fixed_point.hpp>

namespace blockspin::flow {

/// Starting couplings as a function of one parameter, say the nearest-neighbour coupling.
using Family = std::function<std::vector<double>(double)>;

/// Where a family crosses the critical surface.
struct CriticalPoint {
    double value = 0.0;            ///< of the parameter: the low end of the last bracket
    double width = 0.0;            ///< of the last bracket
    std::vector<double> low_sink;  ///< where the flow from the low end of the interval arrives
    std::vector<double> high_sink; ///< and from the high end; a sink at infinity has couplings of 10^12 and more
};

namespace detail {

/// Distance in coordinates K/(1 + |K|), in which infinite couplings are as near as others.
double distance(std::span<const double> a, std::span<const double> b);
/// Where the flow from `point` arrives. InputError if it does not within 2000 steps.
std::vector<double> sink(const Step& step, std::vector<double> point);

CriticalPoint bisect(const Step& step, const Family& family, double low, double high);
std::vector<double> along_critical_surface(const Step& step, const Family& family, double low, double high);

} // namespace detail

/// The parameter between `low` and `high` at which the flow changes from the sink of the one end to that of the
/// other, by bisection to neighbouring double-precision numbers, or until a flow ends on the critical surface.
/// InputError if both ends flow to one sink, or a flow from an end finds none.
template <Map M> CriticalPoint critical_point(const M& map, const Family& family, double low, double high) {
    return detail::bisect(detail::step_of(map), family, low, high);
}

/// The fixed point that governs a family's transition between `low` and `high`. The flow from the critical point is
/// kept on the critical surface, by bisection between two flows on either side whenever they part, until it is slow;
/// Newton's method does the rest. InputError as above, or if the flow does not slow down.
template <Map M> FixedPoint critical_fixed_point(const M& map, const Family& family, double low, double high) {
    return find_fixed_point(map, detail::along_critical_surface(detail::step_of(map), family, low, high));
}

} // namespace blockspin::flow
