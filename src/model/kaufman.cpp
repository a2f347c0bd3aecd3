#include <blockspin/model/kaufman.hpp>

#include <blockspin/core/error.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include <fmt/format.h>

namespace blockspin::model {

namespace {

// Extended precision buys the digits that C loses where it is exponentially small.
using Real = long double;

/// A function of s = sinh 2K with two derivatives.
struct Jet {
    Real value = 0, first = 0, second = 0;
};

/// A value of sin²(p/2), and how many momenta have it.
struct Mode {
    Real squared_sine, count;
};

/// Of the momenta p = 2π (j + shift) / extent, with shift 0 or ½; p and −p are one mode.
std::vector<Mode> modes(std::int64_t extent, Real shift) {
    std::vector<Mode> result;
    const auto twice_shift = static_cast<std::int64_t>(2 * shift);
    for (std::int64_t j = 0; 2 * j + twice_shift <= extent; ++j) {
        const Real sine =
            std::sin(std::numbers::pi_v<Real> * (static_cast<Real>(j) + shift) / static_cast<Real>(extent));
        const bool is_its_own_mirror = 2 * j + twice_shift == 0 || 2 * j + twice_shift == extent;
        result.push_back({sine * sine, is_its_own_mirror ? Real{1} : Real{2}});
    }
    return result;
}

/// ½ Σ ln B over all momenta but zero, with B = cosh² 2K − sinh 2K (cos p + cos q) = (1 − s)² + 2s κ and
/// κ = sin²(p/2) + sin²(q/2), which does not cancel.
Jet sum_over_momenta(const std::vector<Mode>& along_x, const std::vector<Mode>& along_y, Real s) {
    Jet sum;
    for (const Mode& kx : along_x) {
        Jet row;          // summed on its own: rounding errors grow as the square root of the area at most
        Real product = 1; // of values of B whose logarithm is still to be added; one alone is below 1e1740
        for (const Mode& ky : along_y) {
            const Real kappa = kx.squared_sine + ky.squared_sine;
            if (kappa == 0) continue;
            const Real b = (1 - s) * (1 - s) + 2 * s * kappa, inverse = 1 / b, slope = 2 * (s - 1 + kappa) * inverse;
            product *= ky.count == 2 ? b * b : b;
            if (!(product > 1e-1000L && product < 1e1000L)) {
                row.value += std::log(product) / 2;
                product = 1;
            }
            row.first += ky.count * slope / 2;
            row.second += ky.count * (inverse - slope * slope / 2);
        }
        row.value += std::log(product) / 2;
        sum.value += kx.count * row.value;
        sum.first += kx.count * row.first;
        sum.second += kx.count * row.second;
    }
    return sum;
}

/// One of the four products, prefactor exp(log); only the one that is periodic both ways has a momentum zero, whose
/// √B = s − 1 changes sign at K_c.
struct Sector {
    Jet prefactor;
    Jet log;
};

std::array<Sector, 4> sectors(std::int64_t lx, std::int64_t ly, Real s) {
    const auto periodic_x = modes(lx, 0), antiperiodic_x = modes(lx, 0.5L);
    const auto periodic_y = modes(ly, 0), antiperiodic_y = modes(ly, 0.5L);
    const Jet one{1, 0, 0}, zero_mode{s - 1, 1, 0};
    return {{{one, sum_over_momenta(antiperiodic_x, antiperiodic_y, s)},
             {one, sum_over_momenta(antiperiodic_x, periodic_y, s)},
             {one, sum_over_momenta(periodic_x, antiperiodic_y, s)},
             {zero_mode, sum_over_momenta(periodic_x, periodic_y, s)}}};
}

/// ln Σ g exp(l). Exponents and their slopes are taken relative to the largest sector's, so that neither the
/// exponentials overflow nor the second derivative cancels.
Jet log_of_sum(const std::array<Sector, 4>& sectors) {
    const Jet top = std::ranges::max(sectors, {}, [](const Sector& sector) { return sector.log.value; }).log;
    Jet sum;
    for (const auto& [g, log] : sectors) {
        const Real weight = std::exp(log.value - top.value), slope = log.first - top.first;
        sum.value += weight * g.value;
        sum.first += weight * (g.first + g.value * slope);
        sum.second += weight * (g.second + 2 * g.first * slope + g.value * (log.second + slope * slope));
    }
    const Real relative_slope = sum.first / sum.value;
    return {top.value + std::log(sum.value), top.first + relative_slope,
            sum.second / sum.value - relative_slope * relative_slope};
}

void require_valid(std::int64_t lx, std::int64_t ly, double k) {
    if (lx < 1 || ly < 1 || !(std::abs(k) < 1000)) {
        throw core::InputError(fmt::format("no exact solution for a {} x {} torus at K = {}", lx, ly, k));
    }
    if (k < 0 && (lx % 2 != 0 || ly % 2 != 0)) {
        throw core::InputError(
            fmt::format("a {} x {} torus is frustrated at K = {}: its extents must be even", lx, ly, k));
    }
}

} // namespace

Thermodynamics kaufman(std::int64_t lx, std::int64_t ly, double k) {
    require_valid(lx, ly, k);
    const Real coupling = std::abs(k), sites = static_cast<Real>(lx) * static_cast<Real>(ly);
    const Real s = std::sinh(2 * coupling), s_slope = 2 * std::cosh(2 * coupling), s_curvature = 4 * s;
    const Jet ln_z = log_of_sum(sectors(lx, ly, s)); // less (N − 1) ln 2
    const Real f = std::numbers::ln2_v<Real> + (ln_z.value - std::numbers::ln2_v<Real>) / sites;
    const Real slope = ln_z.first * s_slope / sites;
    const Real curvature = (ln_z.second * s_slope * s_slope + ln_z.first * s_curvature) / sites;
    return {static_cast<double>(f), static_cast<double>(k < 0 ? slope : -slope),
            static_cast<double>(coupling * coupling * curvature)};
}

} // namespace blockspin::model
