#include <blockspin/flow/fixed_point.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/lapack.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <boost/math/tools/roots.hpp>
#include <fmt/format.h>

namespace blockspin::flow::detail {

namespace {

double largest(std::span<const double> numbers) {
    double result = 0.0;
    for (const double x : numbers) result = std::isfinite(x) ? std::max(result, std::abs(x)) : HUGE_VAL;
    return result;
}

std::vector<double> displacement(const Step& step, std::span<const double> point) {
    std::vector<double> moved = step(point);
    for (std::size_t a = 0; a < moved.size(); ++a) moved[a] -= point[a];
    return moved;
}

/// δ of (1 − J) δ = K' − K.
std::vector<double> newton_step(const Slope& slope, std::span<const double> point, std::span<const double> moved) {
    linalg::Matrix<double> matrix = slope(point);
    for (double& element : matrix.values()) element = -element;
    for (int a = 0; a < matrix.rows(); ++a) matrix(a, a) += 1.0;
    return linalg::solve(matrix, moved);
}

std::vector<double> sum(std::span<const double> point, double factor, std::span<const double> direction) {
    std::vector<double> result(point.begin(), point.end());
    for (std::size_t a = 0; a < result.size(); ++a) result[a] += factor * direction[a];
    return result;
}

} // namespace

FixedPoint newton(const Step& step, const Slope& slope, std::vector<double> start, const SearchLimits& limits) {
    FixedPoint found{std::move(start), 0.0, 0};
    std::vector<double> moved = displacement(step, found.couplings);
    for (;; ++found.iterations) {
        found.residual = largest(moved);
        if (found.residual <= limits.tolerance * (1 + largest(found.couplings))) return found;
        if (found.iterations == limits.iterations) break;
        const std::vector<double> direction = newton_step(slope, found.couplings, moved);
        double damping = 1.0;
        std::vector<double> next, after;
        do {
            next = sum(found.couplings, damping, direction);
            after = displacement(step, next);
            damping /= 2;
        } while (!(largest(after) < found.residual) && damping > 1e-6);
        if (!(largest(after) < found.residual)) break;
        found.couplings = std::move(next);
        moved = std::move(after);
    }
    throw core::InputError(
        fmt::format("no fixed point found from this start: after {} Newton steps the couplings still "
                    "move by {:.3g}, and {:.3g} was asked for",
                    found.iterations, found.residual, limits.tolerance * (1 + largest(found.couplings))));
}

FixedPoint bracketed(const Step& step, std::size_t axis, std::size_t couplings, double low, double high) {
    if (axis >= couplings)
        throw core::InputError(fmt::format("the map has couplings 0 … {}, not {}", couplings - 1, axis));
    FixedPoint found{std::vector<double>(couplings, 0.0), 0.0, 0};
    const auto move = [&](double value) {
        found.couplings[axis] = value;
        const std::vector<double> moved = displacement(step, found.couplings);
        for (std::size_t a = 0; a < couplings; ++a)
            if (a != axis && moved[a] != 0.0)
                throw core::InputError(
                    fmt::format("the map leaves the line of coupling {}: bracket in another way", axis));
        return moved[axis];
    };
    const double at_low = move(low), at_high = move(high);
    if (!(low < high) || !(at_low * at_high < 0))
        throw core::InputError(fmt::format("no fixed point bracketed: the coupling moves by {:.6g} from {:.6g} and by "
                                           "{:.6g} from {:.6g}",
                                           at_low, low, at_high, high));
    std::uintmax_t iterations = 200;
    const auto last_bits = boost::math::tools::eps_tolerance<double>(52);
    const auto [left, right] =
        boost::math::tools::toms748_solve(move, low, high, at_low, at_high, last_bits, iterations);
    found.residual = std::abs(move(left + (right - left) / 2));
    found.iterations = static_cast<int>(iterations);
    return found;
}

namespace {

void check_box(std::span<const Coupling> couplings, const Box& box) {
    check_point(couplings, box.low);
    check_point(couplings, box.high);
    for (std::size_t a = 0; a < box.low.size(); ++a)
        if (box.low[a] > box.high[a])
            throw core::InputError(
                fmt::format("a box from {} to {} in the coupling {}", box.low[a], box.high[a], couplings[a].name));
}

/// The k-th of a sequence of points that fill a unit cube evenly: fractional parts of k/φ, k/φ², …, φ the positive root
/// of φ^{n+1} = φ + 1.
std::vector<double> spread(int k, std::size_t n) {
    double root = 1.5;
    for (int i = 0; i < 60; ++i) root = std::pow(1 + root, 1.0 / static_cast<double>(n + 1));
    std::vector<double> at(n);
    double power = 1.0;
    for (double& x : at) {
        power /= root;
        x = std::fmod(0.5 + k * power, 1.0);
    }
    return at;
}

std::vector<double> inside(const Box& box, std::span<const double> unit) {
    std::vector<double> point(unit.size());
    for (std::size_t a = 0; a < point.size(); ++a) point[a] = std::lerp(box.low[a], box.high[a], unit[a]);
    return point;
}

std::vector<std::vector<double>> starts_in(const Box& box, int starts) {
    const std::size_t n = box.low.size();
    std::vector<std::vector<double>> points{inside(box, std::vector<double>(n, 0.5))};
    for (std::size_t corner = 0; n <= 10 && corner < std::size_t{1} << n; ++corner) {
        std::vector<double> unit(n);
        for (std::size_t a = 0; a < n; ++a) unit[a] = static_cast<double>(corner >> a & 1U);
        points.push_back(inside(box, unit));
    }
    for (int k = 0; k < starts; ++k) points.push_back(inside(box, spread(k, n)));
    return points;
}

bool contains(const Box& box, std::span<const double> point) {
    constexpr double slack = 1e-9;
    for (std::size_t a = 0; a < point.size(); ++a)
        if (!(point[a] >= box.low[a] - slack && point[a] <= box.high[a] + slack)) return false;
    return true;
}

bool same(const FixedPoint& a, const FixedPoint& b) {
    for (std::size_t i = 0; i < a.couplings.size(); ++i)
        if (std::abs(a.couplings[i] - b.couplings[i]) > 1e-6 * (1 + std::abs(a.couplings[i]))) return false;
    return true;
}

} // namespace

std::vector<FixedPoint> fixed_points(const Step& step, const Slope& slope, std::span<const Coupling> couplings,
                                     const Box& box, int starts) {
    check_box(couplings, box);
    std::vector<FixedPoint> found;
    for (std::vector<double>& start : starts_in(box, starts)) {
        try {
            FixedPoint point = newton(step, slope, std::move(start), {});
            const auto known = [&](const FixedPoint& other) { return same(point, other); };
            if (contains(box, point.couplings) && std::ranges::none_of(found, known)) found.push_back(std::move(point));
        } catch (const core::InputError&) {
            // From here Newton's method leads nowhere; others start elsewhere.
        }
    }
    std::ranges::sort(found, {}, &FixedPoint::couplings);
    return found;
}

} // namespace blockspin::flow::detail
