#include <blockspin/flow/multicritical.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/lapack.hpp>

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

    std::vector<double> operator()(std::span<const double> parameters, int steps) const {
        std::vector<double> point = surface_(parameters), result;
        for (int n = 0; n < steps; ++n) point = map_.apply(point).couplings;
        for (const auto& left : left_) {
            double field = 0.0;
            for (std::size_t a = 0; a < point.size(); ++a) field += left[a].real() * (point[a] - fixed_point_[a]);
            result.push_back(field);
        }
        return result;
    }

    /// One Newton step of `parameters`; returns the largest change, cut to a tenth.
    double improve(std::vector<double>& parameters, int steps) const {
        const int n = static_cast<int>(count());
        const std::vector<double> here = (*this)(parameters, steps);
        linalg::Matrix<double> slope(n, n);
        for (int l = 0; l < n; ++l) {
            std::vector<double> moved = parameters;
            const double h = 1e-6 * (1 + std::abs(moved[l])) / std::pow(2.0, steps);
            moved[l] += h;
            const std::vector<double> there = (*this)(moved, steps);
            for (int k = 0; k < n; ++k) slope(k, l) = (there[k] - here[k]) / h;
        }
        double largest = 0.0;
        const std::vector<double> change = linalg::solve(slope, here);
        for (int l = 0; l < n; ++l) {
            const double step = std::clamp(change[l], -0.1, 0.1);
            parameters[l] -= step;
            largest = std::max(largest, std::abs(step));
        }
        return largest;
    }

  private:
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
    constexpr int most_steps = 16, patience = 40;
    MulticriticalPoint found{std::move(guess), 0.0};
    for (int steps = 1; steps <= most_steps; ++steps) {
        const std::vector<double> before = found.parameters;
        int iterations = 0;
        while (fields.improve(found.parameters, steps) > 1e-13 && iterations < patience) ++iterations;
        found.inaccuracy = 0.0;
        for (std::size_t l = 0; l < before.size(); ++l)
            found.inaccuracy = std::max(found.inaccuracy, std::abs(found.parameters[l] - before[l]));
        if (found.inaccuracy < 1e-12) break;
    }
    if (!(found.inaccuracy < 1e-6))
        throw core::InputError(fmt::format(
            "the search for a multicritical point does not settle: it still moves by {:.3g}", found.inaccuracy));
    return found;
}

} // namespace blockspin::flow
