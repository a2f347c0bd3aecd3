#include <blockspin/flow/multicritical.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/lapack.hpp>
#include <blockspin/linalg/product.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace blockspin::flow {

namespace {

/// The relevant even scaling fields of the point after some steps from the surface, to first order.
class Fields {
  public:
    Fields(const AnyMap& map, std::span<const double> fixed_point, const Spectrum& spectrum, const Surface& surface)
        : map_(map), fixed_point_(fixed_point), surface_(surface) {
        for (const Mode& mode : spectrum.modes)
            if (mode.sector == Parity::even && mode.relevance() == Relevance::relevant) left_.push_back(mode.left);
    }
    std::size_t count() const { return left_.size(); }

    /// One Newton step of `parameters`; returns the largest change, cut to a tenth.
    double improve(std::vector<double>& parameters, int steps) const {
        std::vector<double> point = surface_(parameters);
        std::vector<std::vector<double>> tangents = tangents_at(parameters);
        for (int n = 0; n < steps; ++n) {
            const linalg::Matrix<double> jacobian = linearised(map_, point);
            for (std::vector<double>& tangent : tangents) {
                const std::vector<double> before = tangent;
                linalg::gemv(linalg::Op::none, 1.0, jacobian, before, 0.0, tangent);
            }
            point = map_.apply(point).couplings;
        }
        for (std::size_t a = 0; a < point.size(); ++a) point[a] -= fixed_point_[a];
        const int n = static_cast<int>(count());
        linalg::Matrix<double> slope(n, n);
        std::vector<double> fields;
        for (int k = 0; k < n; ++k) {
            fields.push_back(along(k, point));
            for (int l = 0; l < n; ++l) slope(k, l) = along(k, tangents[l]);
        }
        double largest = 0.0;
        const std::vector<double> change = linalg::solve(slope, fields);
        for (int l = 0; l < n; ++l) {
            const double step = std::clamp(change[l], -0.1, 0.1);
            parameters[l] -= step;
            largest = std::max(largest, std::abs(step));
        }
        return largest;
    }

  private:
    double along(int k, std::span<const double> direction) const {
        double sum = 0.0;
        for (std::size_t a = 0; a < direction.size(); ++a) sum += left_[k][a].real() * direction[a];
        return sum;
    }

    /// ∂K/∂parameter on the surface, by central differences.
    std::vector<std::vector<double>> tangents_at(std::span<const double> parameters) const {
        std::vector<std::vector<double>> result;
        for (std::size_t l = 0; l < parameters.size(); ++l) {
            std::vector<double> below(parameters.begin(), parameters.end()), above = below;
            const double h = 1e-5 * (1 + std::abs(parameters[l]));
            below[l] -= h;
            above[l] += h;
            std::vector<double> low = surface_(below), high = surface_(above);
            for (std::size_t a = 0; a < high.size(); ++a) high[a] = (high[a] - low[a]) / (2 * h);
            result.push_back(std::move(high));
        }
        return result;
    }

    const AnyMap& map_;
    std::span<const double> fixed_point_;
    const Surface& surface_;
    std::vector<std::vector<std::complex<double>>> left_;
};

} // namespace

MulticriticalPoint multicritical_point(const AnyMap& map, std::span<const double> fixed_point, const Spectrum& spectrum,
                                       const Surface& surface, std::vector<double> guess) {
    const Fields fields(map, fixed_point, spectrum, surface);
    if (guess.size() != fields.count())
        throw core::InputError(fmt::format("a fixed point with {} relevant even modes is met in a surface of as many "
                                           "parameters, not {}",
                                           fields.count(), guess.size()));
    constexpr int most_steps = 20, patience = 20;
    MulticriticalPoint found{std::move(guess), 0.0};
    for (int steps = 1; steps <= most_steps; ++steps) {
        const std::vector<double> before = found.parameters;
        int iterations = 0;
        while (fields.improve(found.parameters, steps) > 1e-12 && iterations < patience) ++iterations;
        found.inaccuracy = 0.0;
        for (std::size_t l = 0; l < before.size(); ++l)
            found.inaccuracy = std::max(found.inaccuracy, std::abs(found.parameters[l] - before[l]));
        if (found.inaccuracy < 1e-11) break;
    }
    if (!(found.inaccuracy < 1e-6))
        throw core::InputError(fmt::format(
            "the search for a multicritical point does not settle: it still moves by {:.3g}", found.inaccuracy));
    return found;
}

} // namespace blockspin::flow
