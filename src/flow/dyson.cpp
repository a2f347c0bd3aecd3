#include <blockspin/flow/dyson.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/flow/continuation.hpp>
#include <blockspin/flow/critical.hpp>
#include <blockspin/linalg/product.hpp>

#include <cmath>

#include <boost/math/special_functions/binomial.hpp>
#include <fmt/format.h>

namespace blockspin::flow {

namespace {

/// 1, b_1, b_2, …
std::vector<double> with_norm(std::span<const double> point) {
    std::vector<double> coefficients{1.0};
    coefficients.insert(coefficients.end(), point.begin(), point.end());
    return coefficients;
}

/// √(n choose k): of the product of two functions, each in powers x^n/√n!.
linalg::Matrix<double> of_products(int order) {
    linalg::Matrix<double> matrix(order + 1, order + 1);
    for (int n = 0; n <= order; ++n)
        for (int k = 0; k <= n; ++k)
            matrix(n, k) = std::sqrt(
                boost::math::binomial_coefficient<double>(static_cast<unsigned>(n), static_cast<unsigned>(k)));
    return matrix;
}

/// exp(½ ∂²_x) between powers x^n/√n!.
linalg::Matrix<double> of_convolution(int order) {
    linalg::Matrix<double> matrix(order + 1, order + 1);
    for (int n = 0; n <= order; ++n) {
        double element = 1.0;
        for (int k = 0; n + 2 * k <= order; ++k) {
            if (k > 0) element *= std::sqrt((n + 2.0 * k - 1) * (n + 2.0 * k)) / (2.0 * k);
            matrix(n, n + 2 * k) = element;
        }
    }
    return matrix;
}

} // namespace

Dyson::Dyson(double spatial_dimension, int order)
    : spatial_dimension_(spatial_dimension), order_(order), products_(0, 0), convolution_(0, 0) {
    if (!(spatial_dimension > 2 && spatial_dimension < 4))
        throw core::InputError(fmt::format("Dyson's model in {} dimensions: its critical point is not Gaussian between "
                                           "2 and 4 only",
                                           spatial_dimension));
    if (order < 8 || order > 150)
        throw core::InputError(fmt::format("a generating function to the order {}: 8 to 150 are possible", order));
    const double shrunk = 0.5 * std::sqrt(std::pow(2.0, 1 - 2 / spatial_dimension));
    products_ = of_products(order);
    convolution_ = of_convolution(order);
    for (int n = 0; n <= order; ++n) {
        if (n > 0)
            couplings_.push_back({n == 1 ? "x" : fmt::format("x^{}", n), n % 2 == 0 ? Parity::even : Parity::odd});
        rescaling_.push_back(std::pow(shrunk, n));
    }
}

double Dyson::scale_factor() const { return std::pow(2.0, 1 / spatial_dimension_); }

std::vector<double> Dyson::unnormalised(std::span<const double> coefficients) const {
    std::vector<double> square(coefficients.size()), result(coefficients.size());
    for (int n = 0; n <= order_; ++n) {
        for (int k = 0; k <= n; ++k) square[n] += products_(n, k) * coefficients[k] * coefficients[n - k];
        square[n] *= rescaling_[n];
    }
    linalg::gemv(linalg::Op::none, 1.0, convolution_, square, 0.0, result);
    return result;
}

Image Dyson::apply(std::span<const double> point) const {
    check_point(couplings_, point);
    const std::vector<double> total = unnormalised(with_norm(point));
    Image image{{}, std::log(total[0])};
    for (int n = 1; n <= order_; ++n) image.couplings.push_back(total[n] / total[0]);
    return image;
}

Derivative Dyson::jacobian(std::span<const double> point) const {
    check_point(couplings_, point);
    const std::vector<double> coefficients = with_norm(point), total = unnormalised(coefficients);
    linalg::Matrix<double> square(order_ + 1, order_ + 1);
    for (int n = 0; n <= order_; ++n)
        for (int k = 0; k <= n; ++k) square(n, k) = 2 * products_(n, k) * coefficients[n - k] * rescaling_[n];
    const linalg::Matrix<double> slope = linalg::product(convolution_, square);
    Derivative result{linalg::Matrix<double>(order_, order_), std::vector<double>(order_)};
    for (int k = 1; k <= order_; ++k) {
        result.constant[k - 1] = slope(0, k) / total[0];
        for (int n = 1; n <= order_; ++n)
            result.couplings(n - 1, k - 1) = slope(n, k) / total[0] - total[n] / total[0] * slope(0, k) / total[0];
    }
    return result;
}

std::vector<double> Dyson::ising(double K, double h) const {
    if (!(K >= 0)) throw core::InputError(fmt::format("Dyson's model at the coupling {}: at least 0 is needed", K));
    // W ∝ e^{hs}: ⟨e^{xφ}⟩ = cosh(√K x + h)/cosh h, of which every other derivative at 0 carries tanh h.
    std::vector<double> point;
    double power = 1.0;
    for (int n = 1; n <= order_; ++n) {
        power *= std::sqrt(K / n);
        point.push_back(n % 2 == 0 ? power : power * std::tanh(h));
    }
    return point;
}

FixedPoint wilson_fisher(const Dyson& map) {
    constexpr double d = 3.0, low = 1.0, high = 1.4; // between which Ising spins are critical in three dimensions
    const auto at = [&](double t) { return Dyson(std::lerp(d, map.spatial_dimension(), t), map.order()); };
    const Dyson start = at(0.0);
    const FixedPoint three = critical_fixed_point(
        start, [&start](double K) { return start.ising(K); }, low, high);
    return wilson_fisher_at_end(
        continue_fixed_point(at, three.couplings, {.tolerance = 1e-12}), map,
        fmt::format("Dyson's model in d = {} to the order {}", map.spatial_dimension(), map.order()),
        "more orders are needed nearer to two dimensions");
}

} // namespace blockspin::flow
