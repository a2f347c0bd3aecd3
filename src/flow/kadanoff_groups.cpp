#include <blockspin/flow/kadanoff_groups.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/product.hpp>

#include <nlopt.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

namespace blockspin::flow {

namespace {

using linalg::Op;

double log_2cosh(double x) { return std::abs(x) + std::log1p(std::exp(-2 * std::abs(x))); }

/// g(|Σσ|) of a plaquette for |Σσ| = 0, 2, 4.
using PlaquetteValues = std::array<double, 3>;

double mean(const PlaquetteValues& shares, const PlaquetteValues& g) {
    return shares[0] * g[0] + shares[1] * g[1] + shares[2] * g[2];
}

PlaquetteValues log_weights(double p) { return {std::numbers::ln2, log_2cosh(2 * p), log_2cosh(4 * p)}; }

/// e^{p (μ M − |M|)} of one block, [μ up, μ down] of each number of spins down; and its derivative by p.
struct BlockFactor {
    std::vector<std::array<double, 2>> values, slopes;
};

std::vector<BlockFactor> block_factors(const std::vector<int>& block_spins, double p) {
    std::vector<BlockFactor> factors;
    for (const int spins : block_spins) {
        BlockFactor factor;
        for (int down = 0; down <= spins; ++down) {
            const double m = spins - 2 * down, up = m - std::abs(m), reversed = -m - std::abs(m);
            factor.values.push_back({std::exp(p * up), std::exp(p * reversed)});
            factor.slopes.push_back({up * factor.values.back()[0], reversed * factor.values.back()[1]});
        }
        factors.push_back(std::move(factor));
    }
    return factors;
}

/// out(rest, μ) += Σ_m in(m, rest) factor(m, μ).
std::vector<double> contracted(const std::vector<double>& in, const std::vector<std::array<double, 2>>& factor) {
    const std::size_t rest = in.size() / factor.size();
    std::vector<double> out(2 * rest, 0.0);
    for (std::size_t m = 0; m < factor.size(); ++m) {
        for (std::size_t r = 0; r < rest; ++r) {
            out[2 * r] += in[m * rest + r] * factor[m][0];
            out[2 * r + 1] += in[m * rest + r] * factor[m][1];
        }
    }
    return out;
}

/// The reverse: out(m, rest) = Σ_μ in(rest, μ) factor(m, μ).
std::vector<double> expanded(const std::vector<double>& in, const std::vector<std::array<double, 2>>& factor) {
    const std::size_t rest = in.size() / 2;
    std::vector<double> out(rest * factor.size());
    for (std::size_t m = 0; m < factor.size(); ++m)
        for (std::size_t r = 0; r < rest; ++r)
            out[m * rest + r] = in[2 * r] * factor[m][0] + in[2 * r + 1] * factor[m][1];
    return out;
}

/// Index of a state of the block spins in a tensor with the first block slowest, of whose masks it is the lowest bit.
std::size_t place(std::uint32_t mask, std::size_t blocks) {
    std::size_t result = 0;
    for (std::size_t b = 0; b < blocks; ++b) result = 2 * result + (mask >> b & 1u);
    return result;
}

} // namespace

/// One step, u → u', and the way back.
class GroupStep {
  public:
    /// u per class of block-spin states; empty for the first step, which has the couplings K on plaquettes.
    GroupStep(const SpinGroup& group, double K, std::span<const double> u, std::span<const double> parameters)
        : group_(group), K_(K), from_windows_(!u.empty()), parameters_(parameters), u_(u.begin(), u.end()),
          factors_(block_factors(group.block_spins_, parameters[0])), weights_(exponents(u)) {
        largest_ = std::ranges::max(weights_);
        for (double& weight : weights_) weight = std::exp(weight - largest_);
        std::size_t size = 1;
        for (const int spins : group.block_spins_) size *= static_cast<std::size_t>(spins) + 1;
        sums_.assign(size, 0.0);
        for (const SpinGroup::Bin& bin : group.bins_) sums_[bin.magnetisations] += bin.count * weights_[bin.state];
        slopes_.assign(size, 0.0);
        for (const BlockFactor& factor : factors_) {
            std::vector<double> slope = contracted(sums_, factor.slopes);
            slopes_ = contracted(slopes_, factor.values);
            std::ranges::transform(slopes_, slope, slopes_.begin(), std::plus());
            sums_ = contracted(sums_, factor.values);
        }
    }

    std::vector<double> image() const {
        std::vector<double> result;
        for (const std::uint32_t mask : group_.images_)
            result.push_back(largest_ + std::log(sums_[place(mask, factors_.size())]));
        return result;
    }

    /// From ∂f/∂u' to ∂f/∂u; adds ∂f/∂(p, v) to `gradient`.
    std::vector<double> back(std::span<const double> slope, std::span<double> gradient) const {
        std::vector<double> tensor(std::size_t{1} << factors_.size(), 0.0);
        for (std::size_t a = 0; a < slope.size(); ++a) {
            const std::size_t at = place(group_.images_[a], factors_.size());
            tensor[at] = slope[a] / sums_[at];
            gradient[0] += tensor[at] * slopes_[at];
        }
        for (auto factor = factors_.rbegin(); factor != factors_.rend(); ++factor)
            tensor = expanded(tensor, factor->values);
        std::vector<double> by_exponent(group_.states_.size(), 0.0);
        for (const SpinGroup::Bin& bin : group_.bins_)
            by_exponent[bin.state] += bin.count * weights_[bin.state] * tensor[bin.magnetisations];
        return back_from_exponents(by_exponent, gradient);
    }

    /// How far any value of image() can be from the exact one for the given u. With u = 2^{-53}, a sum of n terms is
    /// off by n u Σ|terms| at most, so exponents are by `exponent`; weights, and sums of them, which are all positive,
    /// by a relative error to which every operation on the way to a sum adds u. exp and log are taken to be right to 4
    /// u.
    double rounding() const {
        constexpr double unit = 0x1p-53;
        const PlaquetteValues normaliser = log_weights(parameters_[0]), bare = log_weights(K_);
        const double spins = group_.spins(), p = std::abs(parameters_[0]);
        double largest = 0.0;
        std::size_t windows = 0;
        for (int c = 0; c < group_.moved_.rows(); ++c) {
            const SpinGroup::State& state = group_.states_[static_cast<std::size_t>(c)];
            double sum = p * state.ordered + spins / 4 * mean(state.plaquettes, normaliser);
            for (int m = 0; m < group_.moved_.cols(); ++m)
                sum += std::abs(parameters_[static_cast<std::size_t>(m) + 1] * group_.moved_(c, m));
            if (!from_windows_) sum += spins * mean(state.plaquettes, bare);
            for (const int window : state.windows)
                if (from_windows_) sum += share() * std::abs(u_[static_cast<std::size_t>(window)]);
            largest = std::max(largest, sum);
            windows = std::max(windows, state.windows.size());
        }
        // Terms of an exponent; three products and a function in each; the largest one taken off.
        const double exponent = (group_.moved_.cols() + 2.0 * static_cast<double>(windows) + 16.0) * unit * largest;
        double relative = exponent + (static_cast<double>(group_.bins_.size()) + 6.0) * unit;
        for (const int block : group_.block_spins_) relative += (block + 8.0 + 2.0 * p * block) * unit;
        return 1.01 *
               (relative + 6.0 * unit * (std::abs(largest_) + largest)); // the logarithm, and squares of all this
    }

  private:
    /// (16/ab) per window.
    double share() const { return 16.0 / group_.spins(); }

    std::vector<double> exponents(std::span<const double> u) const {
        const PlaquetteValues normaliser = log_weights(parameters_[0]), bare = log_weights(K_);
        std::vector<double> result(group_.states_.size());
        linalg::gemv(Op::none, 1.0, group_.moved_, parameters_.subspan(1), 0.0, result);
        for (std::size_t c = 0; c < result.size(); ++c) {
            const SpinGroup::State& state = group_.states_[c];
            result[c] += parameters_[0] * state.ordered - group_.spins() / 4.0 * mean(state.plaquettes, normaliser);
            if (!from_windows_) result[c] += group_.spins() * mean(state.plaquettes, bare);
            if (from_windows_)
                for (const int window : state.windows) result[c] += share() * u[window];
        }
        return result;
    }

    std::vector<double> back_from_exponents(std::span<const double> by_exponent, std::span<double> gradient) const {
        const double p = parameters_[0];
        const PlaquetteValues slopes{0.0, 2 * std::tanh(2 * p), 4 * std::tanh(4 * p)};
        std::vector<double> result(from_windows_ ? group_.images_.size() : 0, 0.0);
        linalg::gemv(Op::transpose, 1.0, group_.moved_, by_exponent, 1.0, gradient.subspan(1));
        for (std::size_t c = 0; c < by_exponent.size(); ++c) {
            const SpinGroup::State& state = group_.states_[c];
            gradient[0] += by_exponent[c] * (state.ordered - group_.spins() / 4.0 * mean(state.plaquettes, slopes));
            if (from_windows_)
                for (const int window : state.windows) result[window] += share() * by_exponent[c];
        }
        return result;
    }

    const SpinGroup& group_;
    double K_;
    bool from_windows_;
    std::span<const double> parameters_;
    std::vector<double> u_;
    std::vector<BlockFactor> factors_;
    std::vector<double> weights_; ///< e^{exponent − largest} of each class of states
    double largest_ = 0.0;
    std::vector<double> sums_, slopes_; ///< Σ over states, for each state of the block spins, and its derivative by p
};

namespace {

/// All steps from the model on, the last one the ceiling: with p = 0 it makes nothing but a constant, which is that
/// plus ln 2 for each new spin.
struct Sequence {
    std::vector<double> nothing; ///< parameters of the last step
    std::vector<GroupStep> steps;
    double bound = 0.0;
    double rounding = 0.0;  ///< of the bound, at most
    double weight = 0.5;    ///< of f after all steps in f of the model
    std::size_t images = 0; ///< values of each image

    Sequence(const SpinGroup& group, double K, std::span<const double> parameters)
        : nothing(1 + static_cast<std::size_t>(group.moved_terms()), 0.0) {
        const std::size_t per_step = nothing.size();
        if (parameters.empty() || parameters.size() % per_step != 0)
            throw core::InputError("the parameters of a bound by groups are those of whole steps");
        std::vector<double> u;
        double sizes = 0.0; // Σ|terms| of the bound
        for (std::size_t n = 0; n <= parameters.size(); n += per_step) {
            const bool last = n == parameters.size();
            steps.emplace_back(group, K, u, last ? std::span<const double>(nothing) : parameters.subspan(n, per_step));
            u = steps.back().image();
            images = u.size();
            const double constant = u.front();
            bound += weight / group.spins() * constant;
            if (last) bound += 0.25 * weight * std::numbers::ln2;
            // u' counts with weights that are positive and add up to this; so does what is wrong with it.
            rounding += weight / group.spins() * steps.back().rounding();
            for (double& value : u) value -= constant;
            sizes += weight * (std::abs(constant) + std::numbers::ln2);
            weight *= 0.25;
        }
        rounding += 0x1p-53 * (static_cast<double>(steps.size()) + 8.0) * sizes;
    }
};

} // namespace

double group_bound(const SpinGroup& group, double K, std::span<const double> parameters, std::span<double> gradient) {
    const Sequence sequence(group, K, parameters);
    if (gradient.empty()) return sequence.bound;
    const std::vector<GroupStep>& steps = sequence.steps;
    const std::size_t per_step = sequence.nothing.size();
    std::vector<double> slope(sequence.images, 0.0), unused(per_step);
    slope.front() = 4 * sequence.weight / group.spins();
    for (std::size_t n = steps.size(); n-- > 0;) {
        const bool last = n + 1 == steps.size();
        slope = steps[n].back(slope, last ? std::span(unused) : gradient.subspan(n * per_step, per_step));
    }
    return sequence.bound;
}

double group_bound_rounding(const SpinGroup& group, double K, std::span<const double> parameters) {
    return Sequence(group, K, parameters).rounding;
}

namespace {

/// The bound as a function of parameters / 2^step, the curvature in those of step n falling like 4^{-n}.
struct GroupSearch {
    const SpinGroup& group;
    double K;
    int evaluations = 0;
    double least = std::numeric_limits<double>::infinity();
    std::vector<double> best{};

    double unit(std::size_t i) const { return std::ldexp(1.0, static_cast<int>(i) / (1 + group.moved_terms())); }

    double evaluate(std::span<const double> scaled, std::span<double> gradient) {
        std::vector<double> parameters;
        for (std::size_t i = 0; i < scaled.size(); ++i) parameters.push_back(unit(i) * scaled[i]);
        std::ranges::fill(gradient, 0.0);
        const double bound = group_bound(group, K, parameters, gradient);
        for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] *= unit(i);
        ++evaluations;
        if (bound < least) {
            least = bound;
            best = std::move(parameters);
        }
        return bound;
    }
};

double objective(unsigned count, const double* scaled, double* gradient, void* search) {
    return static_cast<GroupSearch*>(search)->evaluate({scaled, count}, {gradient, gradient == nullptr ? 0u : count});
}

} // namespace

OptimalGroupBound optimal_group_bound(const SpinGroup& group, double K, int steps) {
    if (steps < 1 || !std::isfinite(K)) throw core::InputError("a bound by groups needs a finite coupling and a step");
    // p = 0 is stationary, where it is not best too: the search must not get there.
    constexpr double least_p = 0.05, largest_p = 10.0, largest_v = 100.0, typical_p = 0.75;
    GroupSearch search{group, K};
    const auto per_step = static_cast<std::size_t>(1 + group.moved_terms());
    std::vector<double> scaled, low, high;
    for (std::size_t i = 0; i < static_cast<std::size_t>(steps) * per_step; ++i) {
        const bool is_p = i % per_step == 0;
        scaled.push_back(is_p ? typical_p / search.unit(i) : 0.0);
        low.push_back(is_p ? least_p / search.unit(i) : -largest_v / search.unit(i));
        high.push_back((is_p ? largest_p : largest_v) / search.unit(i));
    }
    search.evaluate(scaled, {});
    nlopt::opt minimiser(nlopt::LD_LBFGS, static_cast<unsigned>(scaled.size()));
    minimiser.set_min_objective(objective, &search);
    minimiser.set_lower_bounds(low);
    minimiser.set_upper_bounds(high);
    minimiser.set_vector_storage(40);
    minimiser.set_ftol_rel(1e-10);
    minimiser.set_maxeval(500);
    try {
        double least = 0.0;
        minimiser.optimize(scaled, least);
    } catch (const std::runtime_error&) {
        // the line search has met the limits of rounding: the best point so far is kept
    }
    const double rounding = group_bound_rounding(group, K, search.best);
    return {{search.least + rounding}, std::move(search.best), search.evaluations};
}

} // namespace blockspin::flow
