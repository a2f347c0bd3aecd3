#include <blockspin/flow/kadanoff_optimum.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/flow/free_energy.hpp>
#include <blockspin/linalg/lapack.hpp>

#include <cmath>
#include <cstdint>
#include <numeric>

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

/// Two values of p between which the slope changes its sign, sought from `start` to both sides alternately.
std::pair<double, double> bracket(const std::function<double(double)>& slope, double start) {
    const double at_start = slope(start);
    for (double factor = 1.05; factor < 4; factor *= 1.05)
        for (const double p : {start * factor, start / factor})
            if (slope(p) * at_start < 0) return std::minmax(p, start);
    throw core::InputError(fmt::format("no stationary p between {:.4g} and {:.4g}", start / 4, start * 4));
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

double objective(unsigned steps, const double* scaled, double* gradient, void* sequence) {
    return (*static_cast<const Sequence*>(sequence))({scaled, steps}, {gradient, gradient == nullptr ? 0u : steps});
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
    const auto fixed_point = [&](const Kadanoff& map) { return critical_fixed_point(map, family, low, high); };
    const auto slope = [&](double p) {
        const Kadanoff map(classes, p);
        return slope_of_free_energy_in_p(map, fixed_point(map).couplings);
    };
    const auto [left, right] = bracket(slope, typical_p(*classes));
    std::uintmax_t iterations = 100;
    const auto last_bits = boost::math::tools::eps_tolerance<double>(50);
    const auto [below, above] = boost::math::tools::toms748_solve(slope, left, right, last_bits, iterations);
    const Kadanoff map(classes, std::midpoint(below, above));
    FixedPoint point = fixed_point(map);
    Spectrum modes = spectrum(map, point.couplings);
    const bool symmetric = is_totally_symmetric(*classes, point.couplings);
    return {map.p(), std::move(point), std::move(modes), symmetric};
}

OptimalBound optimal_bound(Classes classes, const Start& start, int steps) {
    if (steps < 1) throw core::InputError(fmt::format("a bound by {} steps: at least 1 is needed", steps));
    check_point(classes->couplings(), start.couplings);
    Sequence sequence(classes, start);
    constexpr double largest_p = 100; // deep in the ordered phase the best p has no limit
    std::vector<double> scaled, highest;
    for (std::size_t n = 0; n < static_cast<std::size_t>(steps); ++n) {
        scaled.push_back(typical_p(*classes) / sequence.unit(n));
        highest.push_back(largest_p / sequence.unit(n));
    }
    nlopt::opt search(nlopt::LD_LBFGS, static_cast<unsigned>(steps));
    search.set_min_objective(objective, &sequence);
    search.set_lower_bounds(0.0);
    search.set_upper_bounds(highest);
    search.set_ftol_rel(1e-15);
    search.set_maxeval(1000);
    double least = 0.0;
    try {
        search.optimize(scaled, least);
    } catch (const nlopt::roundoff_limited&) {
        // as near as rounding allows: `scaled` is the best point found
    }
    OptimalBound best{{sequence(scaled, {})}, {}};
    for (std::size_t n = 0; n < scaled.size(); ++n) best.p.push_back(sequence.unit(n) * scaled[n]);
    return best;
}

} // namespace blockspin::flow
