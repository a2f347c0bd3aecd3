#include <blockspin/model/onsager.hpp>

#include <blockspin/core/error.hpp>

#include <cmath>
#include <limits>
#include <numbers>

#include <boost/math/quadrature/tanh_sinh.hpp>
#include <boost/math/special_functions/ellint_rf.hpp>
#include <boost/math/special_functions/ellint_rg.hpp>

namespace blockspin::model {

namespace {

constexpr double pi = std::numbers::pi;

void require_finite(double k) {
    if (!std::isfinite(k)) throw core::InputError("the coupling K must be a finite number");
}

/// f from Onsager's integral over √(1 − κ² sin²θ), in which κ² = 1 − q² and θ is counted from the singular end.
double free_energy(double k, double q) {
    const auto integrand = [q](double theta) {
        return std::log((1 + std::hypot(std::sin(theta), q * std::cos(theta))) / 2);
    };
    boost::math::quadrature::tanh_sinh<double> quadrature;
    const double ln_2cosh = 2 * std::abs(k) + std::log1p(std::exp(-4 * std::abs(k)));
    return ln_2cosh + quadrature.integrate(integrand, 0.0, pi / 2) / pi;
}

/// From f = ln 2 + 2 ln cosh K + v⁴ + 2v⁶ + 9v⁸/2 + 12v¹⁰ + …, v = tanh K: where the closed forms cancel.
Thermodynamics at_high_temperature(double k, double f) {
    const double v = std::tanh(k), v2 = v * v, sech2 = 1 - v2;
    const double slope = v * v2 * (4 + v2 * (12 + v2 * (36 + v2 * 120)));
    const double curvature = v2 * (12 + v2 * (60 + v2 * (252 + v2 * 1080)));
    return {f, -(2 * v + sech2 * slope), k * k * sech2 * (2 + sech2 * curvature - 2 * v * slope)};
}

} // namespace

Thermodynamics onsager(double k) {
    require_finite(k);
    const double s = std::sinh(2 * k), q = 1 - 2 / (1 + s * s); // q = 2 tanh² 2K − 1; the modulus is √(1 − q²)
    const double f = free_energy(k, q);
    if (std::abs(k) < 0.02) return at_high_temperature(k, f);
    const double second = 2 * boost::math::ellint_rg(0.0, q * q, 1.0);
    const double coth = 1 / std::tanh(2 * k);
    if (q == 0) return {f, -coth, std::numeric_limits<double>::infinity()};
    const double first = boost::math::ellint_rf(0.0, q * q, 1.0);
    const double bracket = first - second - (pi / 2 + q * first) / (1 + s * s);
    return {f, -coth * (1 + 2 / pi * q * first), 4 / pi * k * k * coth * coth * bracket};
}

double spontaneous_magnetisation(double k) {
    require_finite(k);
    const double s = std::sinh(2 * std::abs(k));
    return s > 1 ? std::pow(-std::expm1(-4 * std::log(s)), 0.125) : 0.0;
}

} // namespace blockspin::model
