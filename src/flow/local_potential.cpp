#include <blockspin/flow/local_potential.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/flow/continuation.hpp>
#include <blockspin/linalg/product.hpp>

#include <cmath>
#include <numbers>

#include <fmt/format.h>

namespace blockspin::flow {

namespace {

/// d/dρ on Chebyshev points of the second kind (L. N. Trefethen, Spectral Methods in MATLAB, 2000, theorem 7).
linalg::Matrix<double> differentiation(int intervals, double range) {
    const int n = intervals + 1;
    const auto x = [intervals](int k) { return std::cos(std::numbers::pi * k / intervals); };
    const auto c = [intervals](int k) { return (k == 0 || k == intervals ? 2.0 : 1.0) * (k % 2 == 0 ? 1 : -1); };
    linalg::Matrix<double> matrix(n, n);
    for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j) {
            if (i == j) continue;
            matrix(i, j) = c(i) / c(j) / (x(i) - x(j)) * 2 / range;
            matrix(i, i) -= matrix(i, j); // a constant has no slope
        }
    return matrix;
}

std::vector<double> times(const linalg::Matrix<double>& matrix, std::span<const double> vector) {
    std::vector<double> result(vector.size());
    linalg::gemv(linalg::Op::none, 1.0, matrix, vector, 0.0, result);
    return result;
}

} // namespace

double LocalPotential::default_range(double d, double N) {
    if (d >= 3) return 1.25 * (N + 2) * (1 / (d - 2) + 1 / (4 - d));
    const double minimum = 3 + (N > 1 ? (N - 1) / (d - 2) : N - 1);
    return minimum * std::pow(2.5, d - 2);
}

LocalPotential::LocalPotential(double spatial_dimension, double components, int nodes)
    : LocalPotential(spatial_dimension, components, nodes, default_range(spatial_dimension, components)) {}

LocalPotential::LocalPotential(double spatial_dimension, double components, int nodes, double range)
    : spatial_dimension_(spatial_dimension), components_(components) {
    if (!(spatial_dimension > 2 && spatial_dimension < 4))
        throw core::InputError(fmt::format("the local potential in {} dimensions: its critical point is not Gaussian "
                                           "between 2 and 4 only",
                                           spatial_dimension));
    if (!(components >= 0 && components < 1e4))
        throw core::InputError(fmt::format("fields with {} components: 0 to 10000 are possible", components));
    if (nodes < 8 || nodes > 80) throw core::InputError(fmt::format("{} intervals of ρ: 8 to 80 are possible", nodes));
    if (!(range > 0) || !std::isfinite(range)) throw core::InputError(fmt::format("a potential up to ρ = {}", range));
    for (int k = 0; k <= nodes; ++k) {
        nodes_.push_back(0.5 * range * (1 + std::cos(std::numbers::pi * k / nodes)));
        couplings_.push_back({fmt::format("w({:.4f})", nodes_.back()), Parity::even});
    }
    first_ = differentiation(nodes, range);
    second_ = linalg::product(first_, first_);
}

Image LocalPotential::velocity(std::span<const double> point) const {
    check_point(couplings_, point);
    const double d = spatial_dimension_, N = components_;
    const std::vector<double> first = times(first_, point), second = times(second_, point);
    Image rate;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        const double angular = 1 + point[i], radial = 1 + point[i] + 2 * nodes_[i] * first[i];
        rate.couplings.push_back(2 * point[i] - (d - 2) * nodes_[i] * first[i] +
                                 (N - 1) * first[i] / (angular * angular) +
                                 (3 * first[i] + 2 * nodes_[i] * second[i]) / (radial * radial));
    }
    rate.constant = N / (1 + point.back());
    return rate;
}

Derivative LocalPotential::jacobian(std::span<const double> point) const {
    check_point(couplings_, point);
    const double d = spatial_dimension_, N = components_;
    const int n = static_cast<int>(nodes_.size());
    const std::vector<double> first = times(first_, point), second = times(second_, point);
    Derivative result{linalg::Matrix<double>(n, n), std::vector<double>(n)};
    for (int i = 0; i < n; ++i) {
        const double rho = nodes_[i], angular = 1 + point[i], radial = 1 + point[i] + 2 * rho * first[i];
        const double of_radial = -2 * (3 * first[i] + 2 * rho * second[i]) / (radial * radial * radial);
        const double of_value = 2 - 2 * (N - 1) * first[i] / (angular * angular * angular) + of_radial;
        const double of_first =
            -(d - 2) * rho + (N - 1) / (angular * angular) + 3 / (radial * radial) + 2 * rho * of_radial;
        const double of_second = 2 * rho / (radial * radial);
        for (int j = 0; j < n; ++j) result.couplings(i, j) = of_first * first_(i, j) + of_second * second_(i, j);
        result.couplings(i, i) += of_value;
    }
    result.constant.back() = -N / ((1 + point.back()) * (1 + point.back()));
    return result;
}

namespace {

/// Dimension, number of components and range at t of the way from where a straight line is a good guess for w, d = 3
/// and N = 2, to a generator's: first N changes, then d.
LocalPotential on_the_way(const LocalPotential& generator, double t) {
    constexpr double d = 3.0, N = 2.0;
    const double first = std::min(2 * t, 1.0), second = std::max(2 * t - 1, 0.0);
    const double here_d = std::lerp(d, generator.spatial_dimension(), second);
    const double here_N = std::lerp(N, generator.components(), first);
    const double stretched =
        generator.range() / LocalPotential::default_range(generator.spatial_dimension(), generator.components());
    const double range = LocalPotential::default_range(here_d, here_N) * std::lerp(1.0, stretched, t);
    return {here_d, here_N, generator.intervals(), range};
}

std::vector<double> straight_line(const LocalPotential& generator) {
    std::vector<double> values;
    for (int k = 0; k <= generator.intervals(); ++k)
        values.push_back(0.2 * (0.5 * generator.range() * (1 + std::cos(std::numbers::pi * k / generator.intervals())) /
                                    generator.components() -
                                1));
    return values;
}

} // namespace

FixedPoint wilson_fisher(const LocalPotential& generator) {
    // Round-off in second derivatives, not the method, limits the residual.
    const SearchLimits limits{.tolerance = 1e-9, .iterations = 60};
    const auto at = [&generator](double t) { return on_the_way(generator, t); };
    const Continuation way = continue_fixed_point(at, straight_line(at(0.0)), limits);
    return wilson_fisher_at_end(way, generator,
                                fmt::format("the local potential in d = {} with N = {} and {} intervals",
                                            generator.spatial_dimension(), generator.components(),
                                            generator.intervals()),
                                "32 intervals lead from d = 2.15 to 3.9; too few are too coarse, and too many lose "
                                "their digits by round-off");
}

} // namespace blockspin::flow
