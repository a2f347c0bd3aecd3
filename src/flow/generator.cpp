#include <blockspin/flow/generator.hpp>

#include <blockspin/linalg/product.hpp>

#include <algorithm>
#include <limits>

#include <boost/numeric/odeint.hpp>

namespace blockspin::flow::detail {

namespace {

/// (K, constant), and for the variational equations ∂(K, constant)/∂K(0) row by row.
using State = std::vector<double>;

/// Follows dstate/dl from 0 to `length`. InputError if it does not get there.
template <class System> State integrate(const System& system, State state, double length, double tolerance) {
    namespace odeint = boost::numeric::odeint;
    const auto stepper = odeint::make_controlled(tolerance, tolerance, odeint::runge_kutta_fehlberg78<State>());
    constexpr int most_steps = 100'000;
    int steps = 0;
    odeint::integrate_adaptive(stepper, system, state, 0.0, length, length / 16, [&](const State& at, double l) {
        if (++steps > most_steps || !std::ranges::all_of(at, [](double x) { return std::isfinite(x); }))
            throw core::InputError("the flow cannot be followed beyond l = " + std::to_string(l));
    });
    return state;
}

/// Axes along which a rate falls vertically: the smallest distance from there is gone at once, like that of dK/dl =
/// K ln K from 0, so that it changes nothing later.
std::vector<bool> collapsing_axes(linalg::MatrixView<const double> jacobian) {
    std::vector<bool> result;
    for (int a = 0; a < jacobian.rows(); ++a)
        result.push_back(jacobian(a, a) == -std::numeric_limits<double>::infinity());
    return result;
}

} // namespace

Image integrated(const Velocity& velocity, std::span<const double> point, double length, double spatial_dimension,
                 double tolerance) {
    State state(point.begin(), point.end());
    state.push_back(0.0);
    // The constant c(L) = ∫ e^{d (L − l)} g(l) dl obeys dc/dl = d c + g.
    const auto system = [&](const State& at, State& slope, double) {
        const Image rate = velocity(std::span(at).first(point.size()));
        std::ranges::copy(rate.couplings, slope.begin());
        slope.back() = spatial_dimension * at.back() + rate.constant;
    };
    state = integrate(system, std::move(state), length, tolerance);
    const double constant = state.back();
    state.pop_back();
    return {std::move(state), constant};
}

Derivative integrated(const Velocity& velocity, const VelocityJacobian& jacobian, std::span<const double> point,
                      double length, double spatial_dimension, double tolerance) {
    const int n = static_cast<int>(point.size());
    const std::vector<bool> collapses = collapsing_axes(jacobian(point).couplings);
    State state(point.begin(), point.end());
    state.resize(point.size() + static_cast<std::size_t>(n) * (n + 1), 0.0); // n rows of ∂K, one of ∂constant
    for (int a = 0; a < n; ++a)
        if (!collapses[a]) state[point.size() + static_cast<std::size_t>(a) * (n + 1)] = 1.0;
    const auto system = [&](const State& at, State& slope, double) {
        const auto here = std::span(at).first(point.size());
        std::ranges::copy(velocity(here).couplings, slope.begin());
        Derivative rate = jacobian(here);
        for (int a = 0; a < n; ++a)
            if (collapses[a])
                for (int b = 0; b < n; ++b) rate.couplings(a, b) = rate.couplings(b, a) = 0.0;
        const linalg::MatrixView<const double> of_couplings(at.data() + n, n, n);
        linalg::gemm(linalg::Op::none, linalg::Op::none, 1.0, rate.couplings, of_couplings, 0.0,
                     {slope.data() + n, n, n});
        const std::size_t last = static_cast<std::size_t>(n) * (n + 1);
        for (int b = 0; b < n; ++b) slope[last + b] = spatial_dimension * at[last + b];
        linalg::gemv(linalg::Op::transpose, 1.0, of_couplings, rate.constant, 1.0, std::span(slope).subspan(last));
    };
    state = integrate(system, std::move(state), length, tolerance);
    const std::span<const double> all(state);
    const auto constants = all.subspan(static_cast<std::size_t>(n) * (n + 1));
    return {linalg::Matrix<double>(n, n, all.subspan(point.size(), point.size() * point.size())),
            {constants.begin(), constants.end()}};
}

} // namespace blockspin::flow::detail
