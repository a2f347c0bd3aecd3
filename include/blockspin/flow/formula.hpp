#pragma once

#include <array>
#include <cstddef>
#include <span>

#include <blockspin/flow/dual.hpp>
#include <blockspin/flow/generator.hpp>
#include <blockspin/flow/map.hpp>

namespace blockspin::flow {

/// What a formula makes of couplings: K' and the constant of a map, or dK/dl and the rate of the constant of a
/// generator.
template <class T, std::size_t N> struct Transformed {
    std::array<T, N> couplings;
    T constant;
};

namespace detail {

/// Evaluates `formula`, a function of an array of numbers or duals that gives a Transformed of the same.
template <std::size_t N, class F>
Image value(F&& formula, std::span<const Coupling> couplings, std::span<const double> point) {
    check_point(couplings, point);
    std::array<double, N> numbers;
    std::ranges::copy(point, numbers.begin());
    const Transformed<double, N> result = formula(numbers);
    Image image{{result.couplings.begin(), result.couplings.end()}, result.constant};
    if (is_even(couplings, point)) // symmetry forbids what rounding brought
        for (std::size_t a = 0; a < N; ++a)
            if (couplings[a].parity == Parity::odd) image.couplings[a] = 0.0;
    return image;
}

template <std::size_t N, class F>
Derivative slope(F&& formula, std::span<const Coupling> couplings, std::span<const double> point) {
    check_point(couplings, point);
    const Transformed<Dual<N>, N> result = formula(variables<N>(point));
    return derivative<N>(result.couplings, result.constant);
}

} // namespace detail

/// The map that a formula describes, its Jacobian by automatic differentiation. F has `size`, the number N of
/// couplings, couplings(), scale_factor(), spatial_dimension(), and image(std::array<T, N>) → Transformed<T, N> for T
/// double and Dual<N>.
template <class F> class FormulaMap : public F {
  public:
    using F::F;
    Image apply(std::span<const double> point) const {
        return detail::value<F::size>([this](const auto& k) { return this->image(k); }, this->couplings(), point);
    }
    Derivative jacobian(std::span<const double> point) const {
        return detail::slope<F::size>([this](const auto& k) { return this->image(k); }, this->couplings(), point);
    }
};

/// The generator that a formula describes. F has `size`, couplings(), spatial_dimension(), and
/// rate(std::array<T, N>) → Transformed<T, N>.
template <class F> class FormulaGenerator : public F {
  public:
    using F::F;
    Image velocity(std::span<const double> point) const {
        return detail::value<F::size>([this](const auto& k) { return this->rate(k); }, this->couplings(), point);
    }
    Derivative jacobian(std::span<const double> point) const {
        return detail::slope<F::size>([this](const auto& k) { return this->rate(k); }, this->couplings(), point);
    }
};

} // namespace blockspin::flow
