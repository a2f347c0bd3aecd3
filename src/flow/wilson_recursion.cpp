#include <blockspin/flow/wilson_recursion.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/flow/continuation.hpp>
#include <blockspin/linalg/product.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

#include <boost/math/quadrature/gauss.hpp>
#include <fmt/format.h>

namespace blockspin::flow {

namespace {

/// Over y from 0 to where the range ends: short where Q is steep, so that the points follow the width of e^{−Q}.
using Quadrature = boost::math::quadrature::gauss<double, 120>;

double angle(std::size_t k, std::size_t count) {
    return std::numbers::pi * (static_cast<double>(k) + 0.5) / static_cast<double>(count);
}

} // namespace

double WilsonRecursion::default_range(double spatial_dimension) { return 2.5 * spatial_dimension - 3; }

WilsonRecursion::WilsonRecursion(double spatial_dimension, int nodes)
    : WilsonRecursion(spatial_dimension, nodes, default_range(spatial_dimension)) {}

WilsonRecursion::WilsonRecursion(double spatial_dimension, int nodes, double range)
    : spatial_dimension_(spatial_dimension), range_(range) {
    if (!(spatial_dimension > 2 && spatial_dimension < 4))
        throw core::InputError(fmt::format("Wilson's recursion in {} dimensions: it has a critical point between 2 and "
                                           "4 that is not Gaussian",
                                           spatial_dimension));
    if (nodes < 6 || nodes > 80) throw core::InputError(fmt::format("{} values of Q: 6 to 80 are possible", nodes));
    if (!(range > 0) || !std::isfinite(range)) throw core::InputError(fmt::format("Q up to z = {}", range));
    const auto count = static_cast<std::size_t>(nodes);
    for (std::size_t k = 0; k < count; ++k) {
        nodes_.push_back(range * std::sqrt(0.5 * (1 + std::cos(angle(k, count)))));
        couplings_.push_back({fmt::format("Q({:.4f})", nodes_.back()), Parity::even});
    }
    const double shrunk = std::pow(2.0, 1 - spatial_dimension / 2);
    for (const double z : nodes_) integrands_.push_back(integrand(shrunk * z));
    integrands_.push_back(integrand(0.0));
}

/// Of the values of Q in Q(z): barycentric interpolation between Chebyshev points of the first kind in z².
std::vector<double> WilsonRecursion::weights(double z) const {
    const double x = 2 * (z / range_) * (z / range_) - 1;
    const std::size_t count = nodes_.size();
    std::vector<double> result(count);
    double sum = 0.0;
    for (std::size_t k = 0; k < count; ++k) {
        const double distance = x - std::cos(angle(k, count));
        if (std::abs(distance) < 1e-15) {
            std::ranges::fill(result, 0.0);
            result[k] = 1.0;
            return result;
        }
        result[k] = (k % 2 == 0 ? 1 : -1) * std::sin(angle(k, count)) / distance;
        sum += result[k];
    }
    for (double& weight : result) weight /= sum;
    return result;
}

WilsonRecursion::Integrand WilsonRecursion::integrand(double z) const {
    const double half = 0.5 * (range_ - z); // where y reaches, z + y is at the end of the range
    std::vector<double> means;
    Integrand result{linalg::Matrix<double>(0, 0), {}};
    const auto add = [&](double y, double weight) {
        const std::vector<double> above = weights(z + y), below = weights(std::abs(z - y));
        for (std::size_t k = 0; k < above.size(); ++k) means.push_back(0.5 * (above[k] + below[k]));
        result.gaussian.push_back(std::log(2 * half * weight) - y * y);
    };
    for (std::size_t i = 0; i < Quadrature::abscissa().size(); ++i)
        for (const double side : {-1.0, 1.0})
            add(half * (1 + side * Quadrature::abscissa()[i]), Quadrature::weights()[i]);
    result.mean =
        linalg::Matrix<double>(static_cast<int>(result.gaussian.size()), static_cast<int>(nodes_.size()), means);
    return result;
}

WilsonRecursion::Integral WilsonRecursion::integrate(const Integrand& integrand, std::span<const double> point) {
    std::vector<double> weight = integrand.gaussian;
    linalg::gemv(linalg::Op::none, -1.0, integrand.mean, point, 1.0, weight);
    const double top = std::ranges::max(weight);
    double sum = 0.0;
    for (double& w : weight) sum += w = std::exp(w - top);
    Integral result{top + std::log(sum), std::vector<double>(point.size())};
    linalg::gemv(linalg::Op::transpose, -1 / sum, integrand.mean, weight, 0.0, result.slope);
    return result;
}

Image WilsonRecursion::apply(std::span<const double> point) const {
    check_point(couplings_, point);
    const double volume = std::pow(2.0, spatial_dimension_);
    const double at_zero = integrate(integrands_.back(), point).logarithm;
    Image image{{}, volume * (at_zero - 0.5 * std::log(std::numbers::pi))};
    for (std::size_t k = 0; k < nodes_.size(); ++k)
        image.couplings.push_back(-volume * (integrate(integrands_[k], point).logarithm - at_zero));
    return image;
}

Derivative WilsonRecursion::jacobian(std::span<const double> point) const {
    check_point(couplings_, point);
    const double volume = std::pow(2.0, spatial_dimension_);
    const int n = static_cast<int>(nodes_.size());
    const Integral at_zero = integrate(integrands_.back(), point);
    Derivative result{linalg::Matrix<double>(n, n), at_zero.slope};
    for (double& slope : result.constant) slope *= volume;
    for (int i = 0; i < n; ++i) {
        const Integral here = integrate(integrands_[i], point);
        for (int k = 0; k < n; ++k) result.couplings(i, k) = -volume * (here.slope[k] - at_zero.slope[k]);
    }
    return result;
}

std::vector<double> WilsonRecursion::quartic(double r, double u) const {
    std::vector<double> point;
    for (const double z : nodes_) point.push_back(r * z * z + u * z * z * z * z);
    return point;
}

FixedPoint wilson_fisher(const WilsonRecursion& map) {
    constexpr double d = 3.0, r = -0.4, u = 0.15; // from where Newton's method finds it in three dimensions
    // Values of Q far out, of 100 and more, limit the residual.
    const SearchLimits limits{.tolerance = 2e-13, .iterations = 60};
    const double stretched = map.range() / WilsonRecursion::default_range(map.spatial_dimension());
    const auto at = [&](double t) {
        const double here = std::lerp(d, map.spatial_dimension(), t);
        return WilsonRecursion(here, map.nodes(), stretched * WilsonRecursion::default_range(here));
    };
    const Continuation way = continue_fixed_point(at, at(0.0).quartic(r, u), limits);
    return wilson_fisher_at_end(
        way, map, fmt::format("Wilson's recursion in d = {} with {} values of Q", map.spatial_dimension(), map.nodes()),
        "more values are needed nearer to two dimensions, and 80 lead down to 2.15");
}

} // namespace blockspin::flow
