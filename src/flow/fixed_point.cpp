#include <blockspin/flow/fixed_point.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/lapack.hpp>

#include <algorithm>
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

} // namespace blockspin::flow::detail
