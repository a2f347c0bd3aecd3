#pragma once

#include <functional>
#include <span>
#include <utility>
#include <vector>

#include <blockspin/flow/fixed_point.hpp>
#include <blockspin/flow/trajectory.hpp>

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

CriticalPoint bisect(const Step& step, const Family& family, double low, double high);
/// The point where the flows from both ends of the last bracket are slowest, of those that they pass together.
std::vector<double> slowest(const Trajectory& low, const Trajectory& high, const CriticalPoint& critical);

} // namespace detail

/// The parameter between `low` and `high` at which the flow changes from the sink of the one end to that of the
/// other, by bisection to neighbouring double-precision numbers, or until a flow ends on the critical surface.
/// InputError if both ends flow to one sink, or a flow from an end finds none.
template <Map M> CriticalPoint critical_point(const M& map, const Family& family, double low, double high) {
    return detail::bisect(detail::step_of(map), family, low, high);
}

/// The fixed point that governs a family's transition: Newton's method from the place where the flow that starts at
/// the critical point between `low` and `high` is slowest. InputError as above.
template <Map M> FixedPoint critical_fixed_point(const M& map, const Family& family, double low, double high) {
    const CriticalPoint critical = critical_point(map, family, low, high);
    constexpr int past_every_crossover = 200;
    const Trajectory low_side = follow(map, family(critical.value), past_every_crossover);
    const Trajectory high_side = follow(map, family(critical.value + critical.width), past_every_crossover);
    return find_fixed_point(map, detail::slowest(low_side, high_side, critical));
}

} // namespace blockspin::flow
