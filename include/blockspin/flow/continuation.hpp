#pragma once

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <blockspin/core/error.hpp>
#include <blockspin/flow/fixed_point.hpp>
#include <blockspin/flow/spectrum.hpp>

#include <fmt/format.h>

namespace blockspin::flow {

/// How far a fixed point could be followed along a family of flows, t from 0 to 1, and the fixed point there.
struct Continuation {
    FixedPoint point;
    double reached = 0.0; ///< t; 1 if the whole way was possible
};

/// Follows a fixed point of `flow_at(0)`, found from `start`, along `flow_at(t)` to t = 1: Newton's method from the
/// straight line through the last two fixed points, with steps of t that are halved where it fails and grow again where
/// it does not. The family's couplings have the same meaning for all t.
/// InputError if there is no fixed point near the start.
template <class FlowAt>
Continuation continue_fixed_point(const FlowAt& flow_at, std::vector<double> start, const SearchLimits& limits) {
    constexpr double shortest = 1e-4, longest = 1.0 / 16; // longer ones lead to other solutions
    Continuation way{find_fixed_point(flow_at(0.0), start, limits), 0.0};
    std::vector<double> last = way.point.couplings;
    double step = longest, last_step = longest;
    while (way.reached < 1 && step > shortest) {
        const double next = step < 1 - way.reached ? way.reached + step : 1.0;
        std::vector<double> guess = way.point.couplings;
        for (std::size_t i = 0; i < guess.size(); ++i)
            guess[i] += (next - way.reached) / last_step * (guess[i] - last[i]);
        try {
            FixedPoint found = find_fixed_point(flow_at(next), guess, limits);
            last = std::exchange(way.point, std::move(found)).couplings;
            last_step = next - std::exchange(way.reached, next);
            step = std::min(1.5 * step, longest);
        } catch (const core::InputError&) {
            step /= 2;
        }
    }
    return way;
}

/// A fixed point as exactly as round-off allows: searched for again, each time ten times more exactly, until it fails.
template <Flow F> FixedPoint sharpened(const F& flow, FixedPoint found) {
    constexpr double finest = 1e-17;
    for (double tolerance = found.residual / 10; tolerance > finest; tolerance /= 10) try {
            found = find_fixed_point(flow, found.couplings, {.tolerance = tolerance, .iterations = 5});
        } catch (const core::InputError&) {
            break;
        }
    return found;
}

/// The fixed point of Wilson and Fisher of `flow`, at the end of a way to it.
/// InputError, about the flow as `name` and with a `hint`, if the way was not possible, or unless one even mode is
/// relevant there.
template <Flow F>
FixedPoint wilson_fisher_at_end(const Continuation& way, const F& flow, std::string_view name, std::string_view hint) {
    if (way.reached < 1)
        throw core::InputError(
            fmt::format("{}: the fixed point of Wilson and Fisher is lost at {:.3g} of the way there "
                        "from three dimensions; {}",
                        name, way.reached, hint));
    FixedPoint found = sharpened(flow, way.point);
    if (const int relevant = spectrum(flow, found.couplings).relevant(Parity::even); relevant != 1)
        throw core::InputError(fmt::format("{}: leads to a fixed point with {} relevant even modes instead of one; {}",
                                           name, relevant, hint));
    return found;
}

} // namespace blockspin::flow
