#pragma once

#include <functional>
#include <span>
#include <vector>

#include <blockspin/flow/generator.hpp>
#include <blockspin/flow/map.hpp>

namespace blockspin::flow {

/// A Hamiltonian that a map or generator leaves as it is.
struct FixedPoint {
    std::vector<double> couplings;
    double residual = 0.0; ///< largest |K'_a − K_a| or |dK_a/dl|
    int iterations = 0;
};

/// When a search for a fixed point ends.
struct SearchLimits {
    double tolerance = 1e-13; ///< of the residual, relative to 1 + largest |K_a|
    int iterations = 100;
};

namespace detail {

using Step = std::function<std::vector<double>(std::span<const double>)>;
using Slope = std::function<linalg::Matrix<double>(std::span<const double>)>;

FixedPoint newton(const Step& step, const Slope& slope, std::vector<double> start, const SearchLimits& limits);
FixedPoint bracketed(const Step& step, std::size_t axis, std::size_t couplings, double low, double high);

template <Map M> Step step_of(const M& map) {
    return [&map](std::span<const double> point) { return map.apply(point).couplings; };
}
template <Map M> Slope slope_of(const M& map) {
    return [&map](std::span<const double> point) { return linearised(map, point); };
}

/// K + dK/dl: to Newton's method a generator is this map.
template <Generator G> Step step_of(const G& generator) {
    return [&generator](std::span<const double> point) {
        std::vector<double> moved = generator.velocity(point).couplings;
        for (std::size_t a = 0; a < moved.size(); ++a) moved[a] += point[a];
        return moved;
    };
}
template <Generator G> Slope slope_of(const G& generator) {
    return [&generator](std::span<const double> point) {
        linalg::Matrix<double> slope = linearised(generator, point);
        for (int a = 0; a < slope.rows(); ++a) slope(a, a) += 1.0;
        return slope;
    };
}

} // namespace detail

/// Anything that has fixed points.
template <class F>
concept Flow = Map<F> || Generator<F>;

/// The fixed point that Newton's method reaches from `start`, each step with the exact Jacobian and halved until the
/// residual falls. Stable and unstable fixed points alike; even couplings stay even.
/// InputError with the last residual if the limits are met first or no step along the Newton direction helps.
template <Flow F>
FixedPoint find_fixed_point(const F& flow, std::span<const double> start, const SearchLimits& limits = {}) {
    check_point(flow.couplings(), start);
    return detail::newton(detail::step_of(flow), detail::slope_of(flow), {start.begin(), start.end()}, limits);
}

/// The fixed point between `low` and `high` on the line where all couplings but number `axis` vanish, to the last
/// bits. InputError unless the flow keeps to that line and moves its two ends in opposite directions.
template <Flow F> FixedPoint bracket_fixed_point(const F& flow, int axis, double low, double high) {
    const auto count = static_cast<std::size_t>(dimension(flow));
    return detail::bracketed(detail::step_of(flow), static_cast<std::size_t>(axis), count, low, high);
}

/// A box in a space of couplings; axes on which low = high are kept there at the start of a search.
struct Box {
    std::vector<double> low;
    std::vector<double> high;
};

namespace detail {

std::vector<FixedPoint> fixed_points(const Step& step, const Slope& slope, std::span<const Coupling> couplings,
                                     const Box& box, int starts);

} // namespace detail

/// All fixed points in a box that Newton's method finds from `starts` points, spread evenly over it (the additive
/// sequence of Roberts 2018, without random numbers), from its centre and from its corners. Each once, in the order of
/// their couplings. That none is missing is not guaranteed. InputError unless the box has finite low ≤ high for each
/// coupling.
template <Flow F> std::vector<FixedPoint> fixed_points(const F& flow, const Box& box, int starts = 200) {
    return detail::fixed_points(detail::step_of(flow), detail::slope_of(flow), flow.couplings(), box, starts);
}

} // namespace blockspin::flow
