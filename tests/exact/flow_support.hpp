#pragma once

#include <boost/test/unit_test.hpp>

#include <blockspin/flow/generator.hpp>
#include <blockspin/flow/map.hpp>

#include <cmath>
#include <numbers>
#include <vector>

namespace support {

/// ln Z per site of the square-lattice Ising model (Onsager 1944), by the trapezoidal rule over one period: the
/// integrand is periodic, and analytic away from the critical point, where the error is 1e-12.
inline double onsager(double K) {
    const double k = 2 * std::sinh(2 * K) / std::pow(std::cosh(2 * K), 2);
    constexpr int points = 1 << 16;
    double sum = 0.0;
    for (int i = 0; i < points; ++i) {
        const double s = k * std::sin((i + 0.5) * std::numbers::pi / points);
        sum += std::log(0.5 * (1 + std::sqrt(std::max(0.0, 1 - s * s))));
    }
    return std::log(2 * std::cosh(2 * K)) + 0.5 * sum / points;
}

/// f'(x) by central differences of fourth order.
template <class F> double central_difference(F&& f, double x) {
    constexpr double h = 1e-4;
    return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h);
}

/// K' of a map, dK/dl of a generator, and the constant.
auto image_of(const blockspin::flow::Map auto& map, std::span<const double> point) { return map.apply(point); }
auto image_of(const blockspin::flow::Generator auto& generator, std::span<const double> point) {
    return generator.velocity(point);
}

/// Compares the Jacobian of a map or generator, and the slope of its constant, with central differences.
template <class M> void check_jacobian(const M& map, const std::vector<double>& point, double accuracy) {
    const auto derivative = map.jacobian(point);
    const auto with = [&point](int b, double value) {
        auto moved = point;
        moved[b] = value;
        return moved;
    };
    for (int b = 0; b < static_cast<int>(point.size()); ++b) {
        for (int a = 0; a < static_cast<int>(point.size()); ++a) {
            const auto image = [&](double x) { return image_of(map, with(b, x)).couplings[a]; };
            BOOST_TEST(std::abs(derivative.couplings(a, b) - central_difference(image, point[b])) < accuracy);
        }
        const auto constant = [&](double x) { return image_of(map, with(b, x)).constant; };
        BOOST_TEST(std::abs(derivative.constant[b] - central_difference(constant, point[b])) < accuracy);
    }
}

} // namespace support
