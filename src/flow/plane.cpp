#include <blockspin/flow/plane.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/flow/critical.hpp>
#include <blockspin/flow/spectrum.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numbers>
#include <numeric>
#include <optional>

namespace blockspin::flow {

namespace {

Spot between(const Spot& from, const Spot& to, double t) {
    return {std::lerp(from[0], to[0], t), std::lerp(from[1], to[1], t)};
}

/// Where the ray from `start` towards `angle` leaves a window.
Spot rim(const Window& window, const Spot& start, double angle) {
    const Spot direction{std::cos(angle), std::sin(angle)};
    double length = std::numeric_limits<double>::infinity();
    for (std::size_t axis : {0U, 1U}) {
        if (std::abs(direction[axis]) < 1e-12) continue;
        const double end = direction[axis] > 0 ? window.high[axis] : window.low[axis];
        length = std::min(length, (end - start[axis]) / direction[axis]);
    }
    return {start[0] + length * direction[0], start[1] + length * direction[1]};
}

Boundary narrowed(const Phase& phase, const Plane& plane, const Spot& from, const Spot& to, int before, int after) {
    double low = 0.0, high = 1.0;
    for (double t = 0.5; low < t && t < high; t = std::midpoint(low, high))
        (phase(plane.point(between(from, to, t))) == before ? low : high) = t;
    const Spot spot = between(from, to, low);
    return {spot, (high - low) * std::hypot(to[0] - from[0], to[1] - from[1]), before, after};
}

/// The flow from a point until it stops, its shadow has left the window, or patience ends.
std::vector<Spot> shadows(const AnyMap& map, const Plane& plane, const Window& window, std::vector<double> point,
                          int steps_at_once = 1) {
    constexpr int patience = 500;
    std::vector<Spot> line{plane.shadow(point)};
    for (int n = 0; n < patience && window.contains(line.back()); ++n) {
        std::vector<double> next = point;
        for (int step = 0; step < steps_at_once; ++step) next = map.apply(next).couplings;
        if (detail::distance(next, point) < 1e-9) break;
        point = std::move(next);
        line.push_back(plane.shadow(point));
    }
    return line;
}

/// The relevant even mode of a fixed point that has one only.
std::optional<Mode> only_relevant(const AnyMap& map, const FixedPoint& fixed) {
    const Spectrum modes = spectrum(map, fixed.couplings);
    if (modes.relevant(Parity::even) != 1) return std::nullopt;
    return modes.leading(Parity::even);
}

/// Flows that start a fraction of a step apart, joined into one line in the order of their distance along it.
std::vector<Spot> interleaved(const std::vector<std::vector<Spot>>& flows) {
    std::vector<Spot> line;
    for (std::size_t n = 0;; ++n)
        for (const std::vector<Spot>& flow : flows) {
            if (n == flow.size()) return line;
            line.push_back(flow[n]);
        }
}

/// The box around a window with the even couplings outside the plane.
Box neighbourhood(const AnyMap& map, const Plane& plane, const Window& window) {
    double most = 0.0;
    for (std::size_t axis : {0U, 1U}) most = std::max({most, std::abs(window.low[axis]), std::abs(window.high[axis])});
    Box box{std::vector<double>(plane.couplings, -most), std::vector<double>(plane.couplings, most)};
    for (std::size_t a = 0; a < plane.couplings; ++a)
        if (map.couplings()[a].parity == Parity::odd) box.low[a] = box.high[a] = 0.0;
    for (std::size_t axis : {0U, 1U}) {
        box.low[plane.axes[axis]] = window.low[axis] * plane.shares[axis];
        box.high[plane.axes[axis]] = window.high[axis] * plane.shares[axis];
    }
    return box;
}

/// The sink of a flow, and no saddle that it rests near for a while: from there rounding alone would lead away.
std::vector<double> resting_place(const detail::Step& step, std::vector<double> point) {
    constexpr int patience = 64, attempts = 8;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        const std::vector<double> here = detail::sink(step, std::move(point));
        if (std::ranges::any_of(here, [](double k) { return std::abs(k) > 1e9; })) return here; // no saddle
        point = here;
        for (int n = 0; n < patience; ++n) point = step(point);
        if (detail::distance(point, here) < 1e-6) return here;
    }
    return point;
}

bool is_known(const std::vector<FixedPoint>& points, const FixedPoint& found) {
    return std::ranges::any_of(
        points, [&](const FixedPoint& point) { return detail::distance(point.couplings, found.couplings) < 1e-6; });
}

} // namespace

std::vector<double> Plane::point(const Spot& spot) const {
    std::vector<double> result(couplings, 0.0);
    for (std::size_t axis : {0U, 1U}) result[axes[axis]] = spot[axis] * shares[axis];
    return result;
}

Spot Plane::shadow(std::span<const double> point) const {
    return {point[axes[0]] / shares[0], point[axes[1]] / shares[1]};
}

bool Window::contains(const Spot& spot) const {
    return low[0] <= spot[0] && spot[0] <= high[0] && low[1] <= spot[1] && spot[1] <= high[1];
}

Phase phase_by_sink(AnyMap map) {
    const auto sinks = std::make_shared<std::vector<std::vector<double>>>();
    return [map = std::move(map), sinks](std::span<const double> point) {
        try {
            const std::vector<double> here = resting_place(detail::step_of(map), {point.begin(), point.end()});
            const auto known = std::ranges::find_if(
                *sinks, [&](const std::vector<double>& sink) { return detail::distance(sink, here) < 1e-6; });
            const auto number = static_cast<int>(known - sinks->begin());
            if (known == sinks->end()) sinks->push_back(here);
            return number;
        } catch (const core::InputError&) {
            return -1; // a cycle, or a flow that runs into numbers that are none
        }
    };
}

Phase phase_by_directions(AnyMap map, const Plane& plane) {
    return [map = std::move(map), plane](std::span<const double> start) {
        constexpr double strong = 6.0, weak = 1e-5; // terms of order L² and e^{−4K} no longer count in s
        constexpr int patience = 2000;
        std::vector<double> point(start.begin(), start.end());
        for (int n = 0; n < patience; ++n) {
            const Spot here = plane.shadow(point);
            const auto [weak_one, strong_one] = std::minmax(here[0], here[1]);
            if (!(weak_one > 0)) return -1;
            if (strong_one > strong || weak_one < weak)
                return static_cast<int>(2 * strong_one + std::log(weak_one) > 0);
            point = map.apply(point).couplings;
        }
        return -1; // exactly on a fixed point
    };
}

std::vector<Boundary> boundaries(const Phase& phase, const Plane& plane, const Spot& from, const Spot& to,
                                 int samples) {
    std::vector<Boundary> found;
    Spot last = from;
    int before = phase(plane.point(from));
    for (int n = 1; n <= samples; ++n) {
        const Spot spot = between(from, to, static_cast<double>(n) / samples);
        const int after = phase(plane.point(spot));
        if (before >= 0 && after >= 0 && before != after)
            found.push_back(narrowed(phase, plane, last, spot, before, after));
        last = spot;
        before = after;
    }
    return found;
}

std::vector<Boundary> boundaries(const Phase& phase, const Plane& plane, const Window& window, int rays, int samples) {
    const Spot start{std::clamp(0.0, window.low[0], window.high[0]), std::clamp(0.0, window.low[1], window.high[1])};
    std::vector<Boundary> found;
    for (int ray = 0; ray < rays; ++ray) {
        const Spot end = rim(window, start, 2 * std::numbers::pi * ray / rays);
        if (end == start) continue;
        const std::vector<Boundary> here =
            boundaries(phase, plane, between(start, end, 1.0 / samples), end, samples - 1);
        found.insert(found.end(), here.begin(), here.end());
    }
    return found;
}

std::vector<FixedPoint> fixed_points(const AnyMap& map, const Plane& plane, const Window& window,
                                     std::span<const Boundary> critical) {
    const Box box = neighbourhood(map, plane, window);
    std::vector<FixedPoint> found = fixed_points(map, box);
    const std::size_t stride = 1 + critical.size() / 8;
    for (std::size_t i = 0; i < critical.size(); i += stride) {
        const Family through = [&](double t) {
            return plane.point({t * critical[i].spot[0], t * critical[i].spot[1]});
        };
        try {
            const FixedPoint fixed = critical_fixed_point(map, through, 0.95, 1.05);
            if (window.contains(plane.shadow(fixed.couplings)) && !is_known(found, fixed)) found.push_back(fixed);
        } catch (const core::InputError&) {
            // On this part of the critical surface the flow does not come to rest.
        }
    }
    std::ranges::sort(found, {}, &FixedPoint::couplings);
    return found;
}

std::vector<std::vector<Spot>> critical_trajectory(const AnyMap& map, const Plane& plane, const Window& window,
                                                   const FixedPoint& fixed) {
    constexpr int starts = 16;
    constexpr double near = 1e-5;
    const std::optional<Mode> mode = only_relevant(map, fixed);
    if (!mode) return {};
    const double eigenvalue = mode->eigenvalue.real(), first = mode->right[plane.axes[0]].real();
    const int steps = eigenvalue < 0 ? 2 : 1; // after which the flow is on the same side again
    std::vector<std::vector<Spot>> arms;
    for (const double side : {-1.0, 1.0}) {
        std::vector<std::vector<Spot>> flows;
        for (int n = 0; n < starts; ++n) {
            const double away = std::copysign(near, side * first) *
                                std::pow(std::abs(eigenvalue), static_cast<double>(n * steps) / starts);
            std::vector<double> point = fixed.couplings;
            for (std::size_t a = 0; a < point.size(); ++a) point[a] += away * mode->right[a].real();
            flows.push_back(shadows(map, plane, window, std::move(point), steps));
        }
        arms.push_back(interleaved(flows));
    }
    return arms;
}

std::vector<Spot> trajectory(const AnyMap& map, const Plane& plane, const Window& window, const Spot& start) {
    return shadows(map, plane, window, plane.point(start));
}

std::vector<Spot> displacements(const AnyMap& map, const Plane& plane, const Window& window, int n) {
    std::vector<Spot> moves;
    for (int row = 0; row < n; ++row)
        for (int column = 0; column < n; ++column) {
            const Spot spot{std::lerp(window.low[0], window.high[0], static_cast<double>(column) / (n - 1)),
                            std::lerp(window.low[1], window.high[1], static_cast<double>(row) / (n - 1))};
            const Spot moved = plane.shadow(map.apply(plane.point(spot)).couplings);
            moves.push_back({moved[0] - spot[0], moved[1] - spot[1]});
        }
    return moves;
}

} // namespace blockspin::flow
