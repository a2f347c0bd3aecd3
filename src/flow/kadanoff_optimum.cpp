#include <blockspin/flow/kadanoff_optimum.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/flow/free_energy.hpp>
#include <blockspin/linalg/lapack.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace blockspin::flow {

namespace {

using Classes = std::shared_ptr<const CellClasses>;

double dot(std::span<const double> a, std::span<const double> b) {
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

/// A fixed point and the slopes of f there.
struct Place {
    std::vector<double> parameters;
    FixedPoint point;
    std::vector<double> slopes;
};

Place place(const Classes& classes, std::vector<double> parameters, std::span<const double> near) {
    const Kadanoff map(classes, parameters);
    FixedPoint point = find_fixed_point(map, near);
    std::vector<double> slopes = slopes_of_free_energy(map, point.couplings);
    return {std::move(parameters), std::move(point), std::move(slopes)};
}

/// ∂slope_k/∂p_l by differences.
linalg::Matrix<double> curvature(const Classes& classes, const Place& here) {
    const int n = static_cast<int>(here.parameters.size());
    linalg::Matrix<double> result(n, n);
    for (int l = 0; l < n; ++l) {
        std::vector<double> moved = here.parameters;
        const double step = 1e-4 * (std::abs(moved[l]) + 0.01);
        moved[l] += step;
        const Place there = place(classes, std::move(moved), here.point.couplings);
        for (int k = 0; k < n; ++k) result(k, l) = (there.slopes[k] - here.slopes[k]) / step;
    }
    return result;
}

/// The step to where all slopes vanish, cut to a tenth of the parameters.
std::vector<double> step_to_stationary(const linalg::Matrix<double>& curvature, const Place& here) {
    std::vector<double> step = linalg::solve(curvature, here.slopes);
    double cut = 1.0;
    for (std::size_t k = 0; k < step.size(); ++k)
        cut = std::min(cut, 0.1 * (std::abs(here.parameters[k]) + 0.01) / std::max(std::abs(step[k]), 1e-300));
    for (double& component : step) component *= -cut;
    return step;
}

/// Broyden's update: what the last step has taught about the curvature.
void learn(linalg::Matrix<double>& curvature, std::span<const double> step, const Place& before, const Place& after) {
    const double length = dot(step, step);
    for (int k = 0; k < curvature.rows(); ++k) {
        const double surprise = after.slopes[k] - before.slopes[k] - dot(curvature.row(k), step);
        for (int l = 0; l < curvature.cols(); ++l) curvature(k, l) += surprise * step[l] / length;
    }
}

bool are_near(std::span<const double> a, std::span<const double> b) {
    for (std::size_t i = 0; i < a.size(); ++i)
        if (std::abs(a[i] - b[i]) > 1e-6) return false;
    return true;
}

/// The fixed point that governs the transition of a family, if the search finds one.
std::optional<FixedPoint> governing(const Classes& classes, const OptimalFixedPoint& found, const Family& family,
                                    double low, double high) {
    try {
        return critical_fixed_point(Kadanoff(classes, found.parameters), family, low, high);
    } catch (const core::InputError&) {
        return std::nullopt;
    }
}

} // namespace

std::vector<double> slopes_of_free_energy(const Kadanoff& map, std::span<const double> fixed_point) {
    const Derivative derivative = map.jacobian(fixed_point);
    linalg::Matrix<double> matrix = transposed(derivative.couplings);
    for (double& element : matrix.values()) element = -element;
    for (int a = 0; a < matrix.rows(); ++a) matrix(a, a) += volume_factor(map);
    const std::vector<double> left = linalg::solve(matrix, derivative.constant);
    std::vector<double> result = map.adjoint(fixed_point, left).parameters;
    for (double& slope : result) slope *= volume_factor(map);
    return result;
}

OptimalFixedPoint stationary_fixed_point(Classes classes, std::vector<double> parameters,
                                         std::span<const double> point) {
    constexpr int patience = 100;
    Place here = place(classes, std::move(parameters), point);
    linalg::Matrix<double> slope = curvature(classes, here);
    for (int n = 0; n < patience; ++n) {
        const std::vector<double> step = step_to_stationary(slope, here);
        std::vector<double> next = here.parameters;
        double moved = 0.0;
        for (std::size_t k = 0; k < next.size(); ++k) {
            next[k] += step[k];
            moved = std::max(moved, std::abs(step[k]));
        }
        Place there = place(classes, std::move(next), here.point.couplings);
        if (moved < 1e-12) {
            Spectrum modes = spectrum(Kadanoff(classes, there.parameters), there.point.couplings);
            const double apart = asymmetry(*classes, there.point.couplings);
            return {std::move(there.parameters), moved, std::move(there.point), std::move(modes), apart, true};
        }
        learn(slope, step, here, there);
        here = std::move(there);
    }
    throw core::InputError(fmt::format("no stationary parameters of the block transformation found: the search is at "
                                       "({:.6g}) with slopes ({:.3g})",
                                       fmt::join(here.parameters, ", "), fmt::join(here.slopes, ", ")));
}

OptimalFixedPoint optimal_fixed_point(Classes classes, const Family& family, double low, double high) {
    const auto typical = classes->typical_parameters();
    const std::vector<double> first(typical.begin(), typical.end());
    const FixedPoint begin = critical_fixed_point(Kadanoff(classes, first), family, low, high);
    OptimalFixedPoint found = stationary_fixed_point(classes, first, begin.couplings);
    for (int branches = 0; branches < 4; ++branches) {
        const std::optional<FixedPoint> governs = governing(classes, found, family, low, high);
        if (governs && are_near(governs->couplings, found.point.couplings)) return found;
        found.governs = false;
        if (!governs) return found;
        try { // between the two p a branch has become unstable: go on from the other one
            found = stationary_fixed_point(classes, found.parameters, governs->couplings);
        } catch (const core::InputError&) {
            return found; // it has no stationary p
        }
    }
    return found;
}

} // namespace blockspin::flow
