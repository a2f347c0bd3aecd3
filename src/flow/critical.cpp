#include <blockspin/flow/critical.hpp>

#include <blockspin/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace blockspin::flow::detail {

namespace {

/// Distance in coordinates K/(1 + |K|), in which infinite couplings are as near as others.
double distance(std::span<const double> a, std::span<const double> b) {
    const auto compact = [](double x) { return x / (1 + std::abs(x)); };
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(compact(a[i]) - compact(b[i]));
    return sum;
}

constexpr int patience = 2000; // steps; a flow that starts next to the critical surface leaves it within 53 / y

std::vector<double> sink(const Step& step, std::vector<double> point) {
    for (int n = 0; n < patience; ++n) {
        std::vector<double> next = step(point);
        const double moved = distance(next, point);
        point = std::move(next);
        if (moved < 1e-12) return point;
    }
    throw core::InputError(
        fmt::format("the flow finds no sink within {} steps; it is at ({:.6g})", patience, fmt::join(point, ", ")));
}

enum class End { low, high, neither };

/// The end whose sink the flow from `point` comes near first.
End destination(const Step& step, std::vector<double> point, const CriticalPoint& sinks) {
    const double near = 1e-3 * distance(sinks.low_sink, sinks.high_sink);
    for (int n = 0; n < patience; ++n) {
        if (distance(point, sinks.low_sink) < near) return End::low;
        if (distance(point, sinks.high_sink) < near) return End::high;
        point = step(point);
    }
    return End::neither;
}

} // namespace

CriticalPoint bisect(const Step& step, const Family& family, double low, double high) {
    if (!(low < high)) throw core::InputError(fmt::format("[{}, {}] is no interval to search", low, high));
    CriticalPoint found{0.0, 0.0, sink(step, family(low)), sink(step, family(high))};
    if (distance(found.low_sink, found.high_sink) < 1e-6)
        throw core::InputError(fmt::format("the flows from {:.6g} and from {:.6g} end in the same sink: no transition "
                                           "between them",
                                           low, high));
    for (double middle = std::midpoint(low, high); low < middle && middle < high; middle = std::midpoint(low, high)) {
        const End end = destination(step, family(middle), found);
        if (end == End::neither) low = high = middle;
        if (end == End::low) low = middle;
        if (end == End::high) high = middle;
    }
    found.value = low;
    found.width = high - low;
    return found;
}

std::vector<double> slowest(const Trajectory& low, const Trajectory& high, const CriticalPoint& critical) {
    const double apart = 1e-3 * distance(critical.low_sink, critical.high_sink);
    std::vector<double> best = low.couplings.front();
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t n = 0; n < low.constants.size(); ++n) {
        if (distance(low.couplings[n], high.couplings[n]) > apart) break;
        const double moved = distance(low.couplings[n], low.couplings[n + 1]);
        if (std::exchange(least, std::min(least, moved)) > moved) best = low.couplings[n];
    }
    return best;
}

} // namespace blockspin::flow::detail
