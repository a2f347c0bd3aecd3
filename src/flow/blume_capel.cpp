#include <blockspin/flow/blume_capel.hpp>

#include <blockspin/core/error.hpp>

#include <cmath>

namespace blockspin::flow {

namespace {

/// Near the best parameters of the tricritical point, and the models near it whose flows are searched for it: K from
/// `first` in steps, at this D/K.
const std::vector<double> near_parameters{2.6, 0.0, -5.0};
constexpr double first = 1.2, step = 0.05, ratio = 1.96;
constexpr int models = 20, flow_steps = 8;

bool is_tricritical(const Spectrum& spectrum) {
    const bool is_transition = spectrum.leading(Parity::even).exponent < spectrum.spatial_dimension - 0.1;
    return is_transition && spectrum.relevant(Parity::even) == 2;
}

/// The first tricritical fixed point that Newton's method finds from the points of these flows.
FixedPoint tricritical_fixed_point(const StateClasses& classes, const Kadanoff& map) {
    for (int model = 0; model < models; ++model) {
        const double K = first + step * model;
        std::vector<double> point = blume_capel_sublattice_decimated(classes, K, ratio * K).couplings;
        for (int n = 0; n < flow_steps; ++n) {
            point = map.apply(point).couplings;
            try {
                FixedPoint found = find_fixed_point(map, point);
                if (is_tricritical(spectrum(map, found.couplings))) return found;
            } catch (const core::InputError&) {
                // no fixed point near: the next point of the flow
            }
        }
    }
    throw core::InputError("no tricritical fixed point found");
}

} // namespace

Start blume_capel_sublattice_decimated(const StateClasses& classes, double K, double D) {
    const auto sum = [&](int c, auto&& of) {
        double result = 0.0;
        for (int i = 0; i < classes.spins(); ++i) result += of(classes.state(c, i) - 1);
        return result;
    };
    return sublattice_decimated(
        classes,
        [&](int s, int c) { return K * (s - 1) * sum(c, [](int spin) { return spin; }) - D * (s - 1) * (s - 1); },
        [&](int c) { return -D * sum(c, [](int spin) { return spin * spin; }) / classes.spins(); });
}

Tricritical tricritical_point(std::shared_ptr<const StateClasses> classes) {
    const FixedPoint begin = tricritical_fixed_point(*classes, Kadanoff(classes, near_parameters));
    OptimalFixedPoint best = stationary_fixed_point(classes, near_parameters, begin.couplings);
    if (!is_tricritical(best.spectrum))
        throw core::InputError("the tricritical fixed point has no stationary parameters");
    const Surface surface = [&](std::span<const double> at) {
        return blume_capel_sublattice_decimated(*classes, at[0], at[1]).couplings;
    };
    const Kadanoff map(classes, best.parameters);
    MulticriticalPoint model =
        multicritical_point(map, best.point.couplings, best.spectrum, surface, {1.65, ratio * 1.65});
    return {std::move(best), std::move(model)};
}

} // namespace blockspin::flow
