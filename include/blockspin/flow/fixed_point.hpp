#pragma once

#include <functional>
#include <span>
#include <vector>

#include <blockspin/flow/map.hpp>

namespace blockspin::flow {

/// A Hamiltonian that a map leaves as it is.
struct FixedPoint {
    std::vector<double> couplings;
    double residual = 0.0; ///< largest |K'_a − K_a|
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

} // namespace detail

/// The fixed point that Newton's method reaches from `start`, each step with the exact Jacobian and halved until the
/// residual falls. Stable and unstable fixed points alike; even couplings stay even.
/// InputError with the last residual if the limits are met first or no step along the Newton direction helps.
template <Map M>
FixedPoint find_fixed_point(const M& map, std::span<const double> start, const SearchLimits& limits = {}) {
    check_point(map.couplings(), start);
    const auto slope = [&map](std::span<const double> point) { return linearised(map, point); };
    return detail::newton(detail::step_of(map), slope, {start.begin(), start.end()}, limits);
}

/// The fixed point between `low` and `high` on the line where all couplings but number `axis` vanish, to the last
/// bits. InputError unless the map keeps to that line and moves its two ends in opposite directions.
template <Map M> FixedPoint bracket_fixed_point(const M& map, int axis, double low, double high) {
    const auto count = static_cast<std::size_t>(dimension(map));
    return detail::bracketed(detail::step_of(map), static_cast<std::size_t>(axis), count, low, high);
}

} // namespace blockspin::flow
