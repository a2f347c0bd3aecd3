#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>

#include <blockspin/flow/map.hpp>

namespace blockspin::flow {

/// A number and its derivatives with respect to N variables: forward-mode automatic differentiation. It knows the
/// operations that maps written as formulas need, and no more.
template <std::size_t N> struct Dual {
    double value = 0.0;
    std::array<double, N> slope{};

    /// The variable number `index`, at `value`.
    static Dual variable(double value, std::size_t index) {
        Dual dual{value, {}};
        dual.slope[index] = 1.0;
        return dual;
    }

    Dual& operator+=(const Dual& other) {
        value += other.value;
        for (std::size_t i = 0; i < N; ++i) slope[i] += other.slope[i];
        return *this;
    }
    Dual& operator*=(double factor) {
        value *= factor;
        for (double& s : slope) s *= factor;
        return *this;
    }
    /// g(x) of this x, given g and g' there.
    Dual through(double image, double derivative) const {
        Dual result = *this;
        result *= derivative;
        result.value = image;
        return result;
    }
    friend Dual operator+(Dual a, const Dual& b) { return a += b; }
    friend Dual operator-(Dual a, Dual b) { return a += b *= -1.0; }
    friend Dual operator-(Dual a) { return a *= -1.0; }
    friend Dual operator*(double factor, Dual a) { return a *= factor; }
    friend Dual operator*(Dual a, double factor) { return a *= factor; }
    friend Dual operator+(Dual a, double b) {
        a.value += b;
        return a;
    }
    friend Dual operator+(double a, const Dual& b) { return b + a; }
    friend Dual operator-(const Dual& a, double b) { return a + -b; }
    friend Dual operator-(double a, Dual b) { return (b *= -1.0) + a; }
    friend Dual operator*(const Dual& a, const Dual& b) {
        Dual product{a.value * b.value, {}};
        for (std::size_t i = 0; i < N; ++i) product.slope[i] = a.slope[i] * b.value + a.value * b.slope[i];
        return product;
    }
    friend Dual operator/(Dual a, double b) { return a *= 1 / b; }
    friend Dual operator/(double a, const Dual& b) { return b.through(a / b.value, -a / (b.value * b.value)); }
    friend Dual operator/(const Dual& a, const Dual& b) { return a * b.through(1 / b.value, -1 / (b.value * b.value)); }
};

template <std::size_t N> Dual<N> exp(const Dual<N>& x) {
    const double e = std::exp(x.value);
    return x.through(e, e);
}
template <std::size_t N> Dual<N> log(const Dual<N>& x) { return x.through(std::log(x.value), 1 / x.value); }

/// The number without its derivatives.
inline double value_of(double x) { return x; }
template <std::size_t N> double value_of(const Dual<N>& x) { return x.value; }

/// ln(e^a + e^b) without overflow.
inline double log_add_exp(double a, double b) { return std::max(a, b) + std::log1p(std::exp(-std::abs(a - b))); }

template <std::size_t N> Dual<N> log_add_exp(const Dual<N>& a, const Dual<N>& b) {
    const double ratio = std::exp(-std::abs(a.value - b.value)), larger = 1 / (1 + ratio),
                 smaller = ratio / (1 + ratio);
    const auto [of_a, of_b] = a.value > b.value ? std::pair(larger, smaller) : std::pair(smaller, larger);
    Dual<N> sum{log_add_exp(a.value, b.value), {}};
    for (std::size_t i = 0; i < N; ++i) sum.slope[i] = of_a * a.slope[i] + of_b * b.slope[i];
    return sum;
}

/// A point as the variables to differentiate by.
template <std::size_t N> std::array<Dual<N>, N> variables(std::span<const double> point) {
    std::array<Dual<N>, N> result;
    for (std::size_t i = 0; i < N; ++i) result[i] = Dual<N>::variable(point[i], i);
    return result;
}

/// The slopes of K' and of the constant that a map has computed from variables().
template <std::size_t N> Derivative derivative(const std::array<Dual<N>, N>& couplings, const Dual<N>& constant) {
    const int n = static_cast<int>(N);
    Derivative result{linalg::Matrix<double>(n, n), {constant.slope.begin(), constant.slope.end()}};
    for (std::size_t a = 0; a < N; ++a)
        std::ranges::copy(couplings[a].slope, result.couplings.row(static_cast<int>(a)).begin());
    return result;
}

} // namespace blockspin::flow
