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

constexpr int patience = 2000; // steps; a flow that starts next to the critical surface leaves it within 53 / y

} // namespace

double distance(std::span<const double> a, std::span<const double> b) {
    const auto compact = [](double x) { return x / (1 + std::abs(x)); };
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(compact(a[i]) - compact(b[i]));
    return sum;
}

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

namespace {

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

/// Halves the bracket of `critical`, whose ends flow to its sinks, down to neighbouring numbers.
void narrow(const Step& step, const Family& family, CriticalPoint& critical) {
    double low = critical.value, high = critical.value + critical.width;
    for (double middle = std::midpoint(low, high); low < middle && middle < high; middle = std::midpoint(low, high)) {
        const End end = destination(step, family(middle), critical);
        if (end != End::high) low = middle;
        if (end != End::low) high = middle;
    }
    critical.value = low;
    critical.width = high - low;
}

/// What two flows that start on either side of the critical surface meet while they are together.
struct Passage {
    std::vector<double> slowest; ///< the point where the flow moves least
    double least_move = std::numeric_limits<double>::infinity();
    std::vector<double> low, high; ///< the last points that are still near each other
};

Passage pass(const Step& step, std::vector<double> low, std::vector<double> high, const CriticalPoint& sinks) {
    const double apart = 1e-3 * distance(sinks.low_sink, sinks.high_sink);
    Passage passage;
    for (int n = 0; n < patience && distance(low, high) < apart; ++n) {
        std::vector<double> next = step(low);
        if (const double move = distance(low, next); move < passage.least_move) {
            passage.least_move = move;
            passage.slowest = low;
        }
        passage.low = std::exchange(low, std::move(next));
        passage.high = std::exchange(high, step(high));
    }
    return passage;
}

} // namespace

CriticalPoint bisect(const Step& step, const Family& family, double low, double high) {
    if (!(low < high)) throw core::InputError(fmt::format("[{}, {}] is no interval to search", low, high));
    CriticalPoint found{low, high - low, sink(step, family(low)), sink(step, family(high))};
    if (distance(found.low_sink, found.high_sink) < 1e-6)
        throw core::InputError(fmt::format("the flows from {:.6g} and from {:.6g} end in the same sink: no transition "
                                           "between them",
                                           low, high));
    narrow(step, family, found);
    return found;
}

std::vector<double> along_critical_surface(const Step& step, const Family& family, double low, double high) {
    constexpr int rounds = 60;
    constexpr double slow = 1e-6;
    CriticalPoint critical = bisect(step, family, low, high);
    Passage passage = pass(step, family(critical.value), family(critical.value + critical.width), critical);
    for (int round = 0; passage.least_move > slow; ++round) {
        if (round == rounds || passage.low == passage.high)
            throw core::InputError(fmt::format("the flow on the critical surface finds no fixed point; its slowest "
                                               "step is {:.3g}",
                                               passage.least_move));
        const Family segment = [ends = std::pair(passage.low, passage.high)](double t) {
            std::vector<double> point = ends.first;
            for (std::size_t a = 0; a < point.size(); ++a) point[a] = std::lerp(ends.first[a], ends.second[a], t);
            return point;
        };
        critical.value = 0.0;
        critical.width = 1.0;
        narrow(step, segment, critical);
        passage = pass(step, segment(critical.value), segment(critical.value + critical.width), critical);
    }
    return passage.slowest;
}

} // namespace blockspin::flow::detail
