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

/// Compares the Jacobian of a map or generator, and the slope of its constant, with central differences of fourth
/// order.
template <class M> void check_jacobian(const M& map, const std::vector<double>& point, double accuracy) {
    constexpr double h = 1e-4;
    const auto derivative = map.jacobian(point);
    for (int b = 0; b < static_cast<int>(point.size()); ++b) {
        std::vector<blockspin::flow::Image> at; // h and 2 h ahead and behind
        for (const double shift : {h, -h, 2 * h, -2 * h}) {
            auto moved = point;
            moved[b] += shift;
            at.push_back(image_of(map, moved));
        }
        const auto slope = [&](auto&& of) {
            return (8 * (of(at[0]) - of(at[1])) - (of(at[2]) - of(at[3]))) / (12 * h);
        };
        for (int a = 0; a < static_cast<int>(point.size()); ++a) {
            const double difference = slope([a](const auto& image) { return image.couplings[a]; });
            BOOST_TEST(std::abs(derivative.couplings(a, b) - difference) < accuracy);
        }
        BOOST_TEST(std::abs(derivative.constant[b] - slope([](const auto& image) { return image.constant; })) <
                   accuracy);
    }
}

} // namespace support
