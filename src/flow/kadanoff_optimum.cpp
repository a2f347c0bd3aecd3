#include <blockspin/flow/kadanoff_optimum.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/flow/free_energy.hpp>
#include <blockspin/linalg/lapack.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <stdexcept>

#include <boost/math/tools/roots.hpp>
#include <fmt/format.h>
#include <nlopt.hpp>

namespace blockspin::flow {

namespace {

using Classes = std::shared_ptr<const SpinClasses>;

double dot(std::span<const double> a, std::span<const double> b) {
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

double typical_p(const SpinClasses& classes) { return 3.0 / classes.spins(); }

/// Two values of p between which the slope changes its sign, and the fixed point at the first of them.
struct Bracket {
    double from = 0.0;
    double to = 0.0;
    FixedPoint at_from;
};

/// From `p` downhill in small steps, in each of which Newton's method takes the fixed point along.
Bracket bracket(const Classes& classes, double p, FixedPoint point) {
    const double first = p;
    const bool upwards = slope_of_free_energy_in_p(Kadanoff(classes, p), point.couplings) < 0;
    while (p > first / 4 && p < first * 4) {
        const double next = upwards ? p * 1.02 : p / 1.02;
        const Kadanoff map(classes, next);
        FixedPoint moved = find_fixed_point(map, point.couplings);
        if ((slope_of_free_energy_in_p(map, moved.couplings) < 0) != upwards) return {p, next, std::move(point)};
        p = next;
        point = std::move(moved);
    }
    throw core::InputError(fmt::format("no stationary p between {:.4g} and {:.4g}", first / 4, first * 4));
}

struct Stationary {
    double p = 0.0;
    FixedPoint point;
};

/// The stationary p that is reached from `p` downhill, on the branch of its fixed point `point`.
Stationary stationary(const Classes& classes, double p, FixedPoint point) {
    const auto [from, to, anchor] = bracket(classes, p, std::move(point));
    const auto fixed_point = [&classes, start = anchor.couplings](const Kadanoff& map) {
        return find_fixed_point(map, start);
    };
    const auto slope = [&](double at) {
        const Kadanoff map(classes, at);
        return slope_of_free_energy_in_p(map, fixed_point(map).couplings);
    };
    std::uintmax_t iterations = 100;
    const auto last_bits = boost::math::tools::eps_tolerance<double>(50);
    const auto [below, above] =
        boost::math::tools::toms748_solve(slope, std::min(from, to), std::max(from, to), last_bits, iterations);
    const double best = std::midpoint(below, above);
    return {best, fixed_point(Kadanoff(classes, best))};
}

bool are_near(std::span<const double> a, std::span<const double> b) {
    for (std::size_t i = 0; i < a.size(); ++i)
        if (std::abs(a[i] - b[i]) > 1e-6) return false;
    return true;
}

/// The bound that a sequence of p gives, as a function of p_n / 2^{dn/2}: its curvature in p_n falls like 2^{-dn}. The
/// last step of all is the one at p = 0, after which f(0) = ln 2.
class Sequence {
  public:
    Sequence(Classes classes, const Start& start) : classes_(std::move(classes)), start_(start), free_(classes_, 0.0) {}

    double unit(std::size_t n) const {
        return std::pow(2.0, 0.5 * classes_->spatial_dimension() * static_cast<double>(n));
    }

    /// The bound, and its gradient unless that is empty.
    double operator()(std::span<const double> scaled, std::span<double> gradient) const {
        std::vector<Kadanoff> maps;
        for (std::size_t n = 0; n < scaled.size(); ++n) maps.emplace_back(classes_, unit(n) * scaled[n]);
        std::vector<std::vector<double>> points{start_.couplings};
        double sum = 0.0, weight = 1.0;
        for (const Kadanoff& map : maps) {
            Image image = map.apply(points.back());
            weight /= volume_factor(map);
            sum += weight * image.constant;
            points.push_back(std::move(image.couplings));
        }
        sum += weight * free_.ceiling(points.back());
        if (!gradient.empty()) differentiate(maps, points, weight, gradient);
        return start_.cells_per_site * (start_.constant + sum);
    }

  private:
    /// Backward through the steps; `weight` is that of the last one.
    void differentiate(const std::vector<Kadanoff>& maps, const std::vector<std::vector<double>>& points, double weight,
                       std::span<double> gradient) const {
        const double volume = volume_factor(free_);
        const std::vector<double> nothing(start_.couplings.size(), 0.0);
        std::vector<double> slope = pulled_back(free_.jacobian(points.back()), nothing, volume);
        for (std::size_t n = maps.size(); n-- > 0; weight *= volume) {
            const Image in_p = maps[n].slope_in_p(points[n]);
            gradient[n] = start_.cells_per_site * unit(n) * weight * (in_p.constant + dot(slope, in_p.couplings));
            slope = pulled_back(maps[n].jacobian(points[n]), slope, volume);
        }
    }

    Classes classes_;
    const Start& start_;
    Kadanoff free_;
};

/// A sequence to minimise, and the best of the points that have been tried.
struct Search {
    Sequence sequence;
    double least = std::numeric_limits<double>::infinity();
    std::vector<double> best;
};

double objective(unsigned steps, const double* scaled, double* gradient, void* data) {
    Search& search = *static_cast<Search*>(data);
    const std::span<const double> point(scaled, steps);
    const double bound = search.sequence(point, {gradient, gradient == nullptr ? 0u : steps});
    if (bound < search.least) {
        search.least = bound;
        search.best.assign(point.begin(), point.end());
    }
    return bound;
}

} // namespace

double slope_of_free_energy_in_p(const Kadanoff& map, std::span<const double> fixed_point) {
    const Derivative derivative = map.jacobian(fixed_point);
    linalg::Matrix<double> matrix = transposed(derivative.couplings);
    for (double& element : matrix.values()) element = -element;
    for (int a = 0; a < matrix.rows(); ++a) matrix(a, a) += volume_factor(map);
    const std::vector<double> left = linalg::solve(matrix, derivative.constant);
    const Image in_p = map.slope_in_p(fixed_point);
    return in_p.constant + dot(left, in_p.couplings);
}

OptimalFixedPoint optimal_fixed_point(Classes classes, const Family& family, double low, double high) {
    const auto governing = [&](double p) { return critical_fixed_point(Kadanoff(classes, p), family, low, high); };
    Stationary found{typical_p(*classes), governing(typical_p(*classes))};
    for (int branches = 0; branches < 5; ++branches) {
        found = stationary(classes, found.p, std::move(found.point));
        FixedPoint governs = governing(found.p);
        if (are_near(governs.couplings, found.point.couplings)) {
            Spectrum modes = spectrum(Kadanoff(classes, found.p), found.point.couplings);
            const double apart = asymmetry(*classes, found.point.couplings);
            return {found.p, std::move(found.point), std::move(modes), apart};
        }
        found.point = std::move(governs); // between the two p a branch has become unstable: go on from the other one
    }
    throw core::InputError("the branch that governs the transition changes with p again and again");
}

OptimalBound optimal_bound(Classes classes, const Start& start, int steps) {
    if (steps < 1) throw core::InputError(fmt::format("a bound by {} steps: at least 1 is needed", steps));
    check_point(classes->couplings(), start.couplings);
    Search search{Sequence(classes, start), std::numeric_limits<double>::infinity(), {}};
    const Sequence& sequence = search.sequence;
    constexpr double largest_p = 100; // deep in the ordered phase the best p has no limit
    std::vector<double> scaled, highest;
    for (std::size_t n = 0; n < static_cast<std::size_t>(steps); ++n) {
        scaled.push_back(typical_p(*classes) / sequence.unit(n));
        highest.push_back(largest_p / sequence.unit(n));
    }
    objective(static_cast<unsigned>(steps), scaled.data(), nullptr, &search); // an impossible start is refused here
    nlopt::opt minimiser(nlopt::LD_LBFGS, static_cast<unsigned>(steps));
    minimiser.set_min_objective(objective, &search);
    minimiser.set_lower_bounds(0.0);
    minimiser.set_upper_bounds(highest);
    minimiser.set_ftol_rel(1e-15);
    minimiser.set_maxeval(1000);
    try {
        double least = 0.0;
        minimiser.optimize(scaled, least);
    } catch (const std::runtime_error&) {
        // NLopt's line search has met the limits of rounding: the best point so far is kept
    }
    OptimalBound result{{search.least}, {}};
    for (std::size_t n = 0; n < search.best.size(); ++n) result.p.push_back(sequence.unit(n) * search.best[n]);
    return result;
}

} // namespace blockspin::flow
