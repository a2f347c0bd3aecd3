#include <blockspin/flow/kadanoff_optimum.hpp>

#include <blockspin/core/error.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>

#include <fmt/format.h>
#include <nlopt.hpp>

namespace blockspin::flow {

namespace {

using Classes = std::shared_ptr<const CellClasses>;

/// ∂f/∂K where f is the ceiling: what is left of a step at equal weights of all μ, which is exact there.
std::vector<double> slope_of_ceiling(const Classes& classes, std::span<const double> point) {
    const Kadanoff free(classes, std::vector<double>(classes->parameters().size(), 0.0));
    return free.adjoint(point, std::vector<double>(point.size(), 0.0)).couplings;
}

/// A sequence to minimise as a function of p_n / 2^{dn/2}, its curvature in p_n falling like 2^{-dn}, and the best of
/// the points that have been tried.
struct Search {
    Classes classes;
    const Start& start;
    double least = std::numeric_limits<double>::infinity();
    std::vector<double> best{};

    double unit(std::size_t i) const {
        const std::size_t step = i / classes->parameters().size();
        return std::pow(2.0, 0.5 * classes->spatial_dimension() * static_cast<double>(step));
    }

    double evaluate(std::span<const double> scaled, std::span<double> gradient) {
        std::vector<double> parameters;
        for (std::size_t i = 0; i < scaled.size(); ++i) parameters.push_back(unit(i) * scaled[i]);
        std::ranges::fill(gradient, 0.0);
        const double bound = bound_of_sequence(classes, start, parameters, gradient);
        for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] *= unit(i);
        if (bound < least) {
            least = bound;
            best = std::move(parameters);
        }
        return bound;
    }
};

double objective(unsigned count, const double* scaled, double* gradient, void* search) {
    return static_cast<Search*>(search)->evaluate({scaled, count}, {gradient, gradient == nullptr ? 0u : count});
}

} // namespace

double bound_of_sequence(Classes classes, const Start& start, std::span<const double> parameters,
                         std::span<double> gradient) {
    const std::size_t per_step = classes->parameters().size();
    std::vector<Kadanoff> maps;
    for (std::size_t i = 0; i + per_step <= parameters.size(); i += per_step) {
        const auto own = parameters.subspan(i, per_step);
        maps.emplace_back(classes, std::vector<double>(own.begin(), own.end()));
    }
    std::vector<std::vector<double>> points{start.couplings};
    double sum = 0.0, weight = 1.0;
    for (const Kadanoff& map : maps) {
        Image image = map.apply(points.back());
        weight /= volume_factor(map);
        sum += weight * image.constant;
        points.push_back(std::move(image.couplings));
    }
    const double bound = start.cells_per_site * (start.constant + sum + weight * maps.front().ceiling(points.back()));
    if (gradient.empty()) return bound;
    std::vector<double> slope = slope_of_ceiling(classes, points.back());
    weight *= start.cells_per_site;
    for (std::size_t n = maps.size(); n-- > 0;) {
        weight *= volume_factor(maps[n]);
        const Adjoint step = maps[n].adjoint(points[n], slope);
        for (std::size_t k = 0; k < per_step; ++k) gradient[n * per_step + k] += weight * step.parameters[k];
        slope = step.couplings;
    }
    return bound;
}

OptimalBound optimal_bound(Classes classes, const Start& start, int steps) {
    if (steps < 1) throw core::InputError(fmt::format("a bound by {} steps: at least 1 is needed", steps));
    check_point(classes->couplings(), start.couplings);
    Search search{classes, start};
    const std::size_t per_step = classes->parameters().size();
    constexpr double largest = 100; // deep in the ordered phase the best parameters have no limit
    std::vector<double> scaled, limits;
    for (std::size_t i = 0; i < static_cast<std::size_t>(steps) * per_step; ++i) {
        scaled.push_back(classes->typical_parameters()[i % per_step] / search.unit(i));
        limits.push_back(largest / search.unit(i));
    }
    search.evaluate(scaled, {}); // an impossible start is refused here
    nlopt::opt minimiser(nlopt::LD_LBFGS, static_cast<unsigned>(scaled.size()));
    minimiser.set_min_objective(objective, &search);
    minimiser.set_upper_bounds(limits);
    for (double& limit : limits) limit = per_step == 1 ? 0.0 : -limit;
    minimiser.set_lower_bounds(limits);
    minimiser.set_ftol_rel(1e-15);
    minimiser.set_maxeval(1000);
    try {
        double least = 0.0;
        minimiser.optimize(scaled, least);
    } catch (const std::runtime_error&) {
        // NLopt's line search has met the limits of rounding: the best point so far is kept
    }
    OptimalBound result{{search.least}, {}};
    for (auto own = search.best.begin(); own != search.best.end(); own += static_cast<std::ptrdiff_t>(per_step))
        result.parameters.emplace_back(own, own + static_cast<std::ptrdiff_t>(per_step));
    return result;
}

} // namespace blockspin::flow
