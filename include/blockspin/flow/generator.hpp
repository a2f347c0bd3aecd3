#pragma once

#include <cmath>
#include <concepts>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include <blockspin/core/error.hpp>
#include <blockspin/flow/map.hpp>

namespace blockspin::flow {

/// A renormalization by infinitesimal steps, dK/dl, lengths growing by the factor e^l, in d dimensions.
///
/// `velocity` gives dK/dl, and in its constant g the rate at which ln Z per site is split off, so that
/// f(K(0)) = ∫₀^∞ e^{−dl} g(K(l)) dl; `jacobian` gives their exact derivatives. Parities as for a Map.
template <class G>
concept Generator = requires(const G& generator, std::span<const double> couplings) {
    { generator.couplings() } -> std::convertible_to<std::span<const Coupling>>;
    { generator.spatial_dimension() } -> std::same_as<double>;
    { generator.velocity(couplings) } -> std::same_as<Image>;
    { generator.jacobian(couplings) } -> std::same_as<Derivative>;
};

/// Number of couplings.
template <Generator G> int dimension(const G& generator) {
    return static_cast<int>(std::span(generator.couplings()).size());
}

/// ∂(dK_a/dl)/∂K_b at `point`, with the sectors exactly separate where they are so by symmetry.
template <Generator G> linalg::Matrix<double> linearised(const G& generator, std::span<const double> point) {
    linalg::Matrix<double> jacobian = generator.jacobian(point).couplings;
    separate_parities(generator.couplings(), point, jacobian);
    return jacobian;
}

namespace detail {

using Velocity = std::function<Image(std::span<const double>)>;
using VelocityJacobian = std::function<Derivative(std::span<const double>)>;

/// What a generator makes of `point` after `length` = ln b.
Image integrated(const Velocity& velocity, std::span<const double> point, double length, double spatial_dimension,
                 double tolerance);
/// Its derivatives.
Derivative integrated(const Velocity& velocity, const VelocityJacobian& jacobian, std::span<const double> point,
                      double length, double spatial_dimension, double tolerance);

} // namespace detail

/// The map by the factor b that a generator makes when followed for l = ln b: whatever can be done with a map can be
/// done with a generator. Its Jacobian comes from the variational equations along the flow. By Runge, Kutta and
/// Fehlberg steps of orders 7 and 8, of a relative and absolute error below `tolerance` each.
template <Generator G> class Integrated {
  public:
    /// InputError unless b > 1.
    explicit Integrated(G generator, double scale_factor = 2.0, double tolerance = 1e-14)
        : generator_(std::move(generator)), scale_factor_(scale_factor), tolerance_(tolerance) {
        if (!(scale_factor > 1)) throw core::InputError("a flow is followed by a factor above 1");
    }

    const G& generator() const noexcept { return generator_; }
    std::span<const Coupling> couplings() const { return generator_.couplings(); }
    double scale_factor() const noexcept { return scale_factor_; }
    double spatial_dimension() const { return generator_.spatial_dimension(); }
    Image apply(std::span<const double> point) const {
        check_point(couplings(), point);
        return detail::integrated([this](auto k) { return generator_.velocity(k); }, point, std::log(scale_factor_),
                                  spatial_dimension(), tolerance_);
    }
    Derivative jacobian(std::span<const double> point) const {
        check_point(couplings(), point);
        return detail::integrated([this](auto k) { return generator_.velocity(k); },
                                  [this](auto k) { return generator_.jacobian(k); }, point, std::log(scale_factor_),
                                  spatial_dimension(), tolerance_);
    }

  private:
    G generator_;
    double scale_factor_;
    double tolerance_;
};

} // namespace blockspin::flow
