#include <blockspin/model/triangular.hpp>

#include <blockspin/core/error.hpp>

#include <boost/math/quadrature/tanh_sinh.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace blockspin::model {

namespace {

/// d/dK of ln of the integral over b of A - B cos(b + a/2), which is ln (A + sqrt(A^2 - B^2))/2.
double integrand(double c, double s, double a) {
    const double half = std::sin(a / 2), quarter = std::sin(a / 4);
    const double big_a = c * c * c + s * s * s - s * std::cos(a), big_b = 2 * s * std::cos(a / 2);
    // A - B, which vanishes at K_c for a = 0.
    const double difference = c * c * c + s * s * s - 3 * s + 2 * s * half * half + 4 * s * quarter * quarter;
    const double root = std::sqrt(std::max(0.0, difference * (big_a + big_b)));
    const double slope_a = 6 * c * s * (c + s) - 2 * c * std::cos(a), slope_b = 4 * c * std::cos(a / 2);
    const double slope_root = root > 0 ? (big_a * slope_a - big_b * slope_b) / root : 0.0;
    return (slope_a + slope_root) / (big_a + root);
}

} // namespace

double triangular_bonds(double k) {
    if (!std::isfinite(k)) throw core::InputError("the coupling must be finite");
    const double c = std::cosh(2 * k), s = std::sinh(2 * k);
    const auto integral = boost::math::quadrature::tanh_sinh<double>().integrate(
        [&](double a) { return integrand(c, s, a); }, 0.0, std::numbers::pi);
    return integral / (2 * std::numbers::pi);
}

double honeycomb_bonds(double l) {
    if (!std::isfinite(l)) throw core::InputError("the coupling must be finite");
    const double scale = 2 * std::cosh(2 * l) - 1;
    const double k = std::log(scale) / 4, slope = std::sinh(2 * l) / scale;
    return (0.75 * (std::tanh(3 * l) + std::tanh(l)) + triangular_bonds(k) * slope) / 2;
}

} // namespace blockspin::model
