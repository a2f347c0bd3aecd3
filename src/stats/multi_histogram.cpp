#include <blockspin/stats/multi_histogram.hpp>

#include "record.hpp"

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/linalg/lapack.hpp>
#include <blockspin/stats/gamma_method.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace blockspin::stats {

namespace {

constexpr std::size_t most_cells = 8192, most_blocks = 32;
constexpr double independent_per_block = 5;

/// Which cell a value of x falls into.
class Cells {
  public:
    explicit Cells(std::span<const SampledState> states) {
        for (const SampledState& state : states) {
            for (const Series chain : state.conjugate) values_.insert(values_.end(), chain.begin(), chain.end());
        }
        std::ranges::sort(values_);
        values_.erase(std::ranges::unique(values_).begin(), values_.end());
        low_ = values_.front();
        width_ = (values_.back() - low_) / static_cast<double>(most_cells);
    }
    std::size_t count() const { return std::min(values_.size(), most_cells); }
    std::size_t operator()(double x) const {
        if (values_.size() <= most_cells) {
            return static_cast<std::size_t>(std::ranges::lower_bound(values_, x) - values_.begin());
        }
        return std::min(most_cells - 1, static_cast<std::size_t>((x - low_) / width_));
    }

  private:
    std::vector<double> values_; ///< all that occur, ascending
    double low_, width_;
};

/// Weighted sums of measurements: over the cells, and how many there are of each state.
struct Sums {
    std::vector<double> weight;      ///< of every cell
    std::vector<double> conjugate;   ///< Σ weight (x − origin)
    std::vector<double> observables; ///< [cell][observable]
    std::vector<double> counts;      ///< N/g of every state

    Sums(std::size_t cells, std::size_t observable_count, std::size_t states)
        : weight(cells), conjugate(cells), observables(cells * observable_count), counts(states) {}

    void add(const Sums& other) {
        const auto add_to = [](std::vector<double>& sum, const std::vector<double>& part) {
            for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += part[i];
        };
        add_to(weight, other.weight);
        add_to(conjugate, other.conjugate);
        add_to(observables, other.observables);
        add_to(counts, other.counts);
    }
};

/// The sums of every block; block b of a state are its measurements b n/blocks … (b + 1) n/blocks, chain after chain.
std::vector<Sums> sums_of_blocks(std::span<const SampledState> states, std::span<const double> statistical_inefficiency,
                                 double origin, std::size_t blocks) {
    const Cells cell(states);
    const std::size_t width = states.front().observables.size();
    std::vector<Sums> sums(blocks, Sums(cell.count(), width, states.size()));
    for (std::size_t s = 0; s < states.size(); ++s) {
        const double weight = 1 / statistical_inefficiency[s];
        const auto total = static_cast<std::size_t>(total_length(states[s].conjugate));
        std::size_t n = 0;
        for (std::size_t chain = 0; chain < states[s].conjugate.size(); ++chain) {
            const Series x = states[s].conjugate[chain];
            for (std::size_t i = 0; i < x.size(); ++i, ++n) {
                Sums& block = sums[n * blocks / total];
                const std::size_t c = cell(x[i]);
                block.counts[s] += weight;
                block.weight[c] += weight;
                block.conjugate[c] += weight * (x[i] - origin);
                for (std::size_t a = 0; a < width; ++a) {
                    block.observables[c * width + a] += weight * states[s].observables[a][chain][i];
                }
            }
        }
    }
    return sums;
}

/// The sums of all blocks but one.
Sums sums_without(std::span<const Sums> blocks, std::size_t left_out) {
    Sums sums(blocks[0].weight.size(), blocks[0].observables.size() / blocks[0].weight.size(), blocks[0].counts.size());
    for (std::size_t b = 0; b < blocks.size(); ++b) {
        if (b != left_out) sums.add(blocks[b]);
    }
    return sums;
}

/// The equations for f_i, as the minimum of the convex function Σ_n ln D_n − Σ_i N_i f_i, D_n = Σ_k N_k e^{f_k + λ_k
/// x_n}.
class Equations {
  public:
    Equations(std::span<const double> parameters, const Sums& sums) : parameters_(parameters), counts_(sums.counts) {
        for (std::size_t c = 0; c < sums.weight.size(); ++c) {
            if (sums.weight[c] == 0) continue;
            weight_.push_back(sums.weight[c]);
            conjugate_.push_back(sums.conjugate[c] / sums.weight[c]);
        }
        at(std::vector<double>(parameters.size(), 0.0));
    }

    /// Evaluates everything at these f.
    void at(std::vector<double> f) {
        f_ = std::move(f);
        share_.resize(weight_.size() * size());
        log_sum_.resize(weight_.size());
        objective_ = 0;
        for (std::size_t i = 0; i < size(); ++i) objective_ -= counts_[i] * f_[i];
        for (std::size_t c = 0; c < weight_.size(); ++c) {
            const std::span<double> share = std::span(share_).subspan(c * size(), size());
            for (std::size_t i = 0; i < size(); ++i) {
                share[i] = std::log(counts_[i]) + f_[i] + parameters_[i] * conjugate_[c];
            }
            const double largest = std::ranges::max(share);
            double sum = 0;
            for (double& each : share) sum += each = std::exp(each - largest);
            for (double& each : share) each /= sum;
            log_sum_[c] = largest + std::log(sum);
            objective_ += weight_[c] * log_sum_[c];
        }
    }

    /// Σ_c weight p_i p_j, p_i the share of state i in a cell.
    double product(std::size_t i, std::size_t j) const {
        double sum = 0;
        for (std::size_t c = 0; c < weight_.size(); ++c)
            sum += weight_[c] * share_[c * size() + i] * share_[c * size() + j];
        return sum;
    }
    /// Σ_c weight p_i − N_i.
    double gradient(std::size_t i) const {
        double sum = -counts_[i];
        for (std::size_t c = 0; c < weight_.size(); ++c) sum += weight_[c] * share_[c * size() + i];
        return sum;
    }
    double overlap() const {
        double smallest = 1;
        for (std::size_t i = 0; i + 1 < size(); ++i) {
            smallest = std::min(smallest, product(i, i + 1) / std::max(counts_[i], counts_[i + 1]));
        }
        return smallest;
    }

    /// The weights that these f give to the cells, and the means of observables there.
    Reweighting reweighting(const Sums& sums, double origin) const {
        const std::size_t width = sums.observables.size() / sums.weight.size();
        std::vector<double> log_weight, observables;
        for (std::size_t c = 0; c < sums.weight.size(); ++c) {
            if (sums.weight[c] == 0) continue;
            log_weight.push_back(std::log(sums.weight[c]) - log_sum_[log_weight.size()]);
            for (std::size_t a = 0; a < width; ++a) {
                observables.push_back(sums.observables[c * width + a] / sums.weight[c]);
            }
        }
        return {origin, conjugate_, std::move(log_weight), std::move(observables)};
    }

    std::size_t size() const { return parameters_.size(); }
    double objective() const { return objective_; }
    double count(std::size_t i) const { return counts_[i]; }
    const std::vector<double>& free_energies() const { return f_; }

  private:
    std::span<const double> parameters_;
    std::vector<double> counts_;
    std::vector<double> weight_, conjugate_; ///< of the cells that are not empty
    std::vector<double> f_;
    std::vector<double> share_;   ///< [cell][state]
    std::vector<double> log_sum_; ///< ln D of every cell
    double objective_ = 0;
};

/// Newton's step for f_1 … , f_0 being fixed.
std::vector<double> newton_step(const Equations& equations, std::span<const double> gradient) {
    const int n = static_cast<int>(equations.size()) - 1;
    linalg::Matrix<double> hessian(n, n);
    for (int i = 0; i < n; ++i) {
        for (int j = 0; j <= i; ++j) hessian(i, j) = hessian(j, i) = -equations.product(i + 1, j + 1);
        hessian(i, i) += gradient[i + 1] + equations.count(i + 1);
    }
    return linalg::solve(hessian.view(), gradient.subspan(1));
}

/// Solves the equations from a guess. InternalError if that takes more than a hundred steps.
void solve(Equations& equations, std::vector<double> guess) {
    constexpr double tolerance = 1e-10;
    constexpr int most_steps = 100, most_halvings = 30;
    equations.at(std::move(guess));
    for (int step = 0; step < most_steps; ++step) {
        std::vector<double> gradient(equations.size());
        double largest = 0;
        for (std::size_t i = 0; i < gradient.size(); ++i) {
            gradient[i] = equations.gradient(i);
            largest = std::max(largest, std::abs(gradient[i]) / equations.count(i));
        }
        if (equations.size() == 1 || largest < tolerance) return;
        const std::vector<double> direction = newton_step(equations, gradient);
        const std::vector<double> from = equations.free_energies();
        const double before = equations.objective();
        double length = 1;
        for (int halving = 0; halving < most_halvings; ++halving, length /= 2) {
            std::vector<double> to = from;
            for (std::size_t i = 1; i < to.size(); ++i) to[i] -= length * direction[i - 1];
            equations.at(std::move(to));
            if (equations.objective() <= before + 1e-12 * std::abs(before)) break;
        }
    }
    core::ensure(false, "the multi-histogram equations of overlapping states are solved");
}

/// f_i from the mean x by the trapezoidal rule: d f/dλ = −⟨x⟩.
std::vector<double> integrated(std::span<const SampledState> states, double origin) {
    std::vector<double> f{0.0};
    for (std::size_t i = 0; i + 1 < states.size(); ++i) {
        const double slope = (mean_of(states[i].conjugate) + mean_of(states[i + 1].conjugate)) / 2 - origin;
        f.push_back(f.back() - (states[i + 1].parameter - states[i].parameter) * slope);
    }
    return f;
}

void require_valid(std::span<const SampledState> states) {
    if (states.empty()) throw core::InputError("reweighting needs at least one sampled state");
    for (const SampledState& state : states) {
        std::vector<Record> records = state.observables;
        records.push_back(state.conjugate);
        require_analysable(records);
        if (state.observables.size() != states.front().observables.size()) {
            throw core::InputError("states that are reweighted together have the same observables");
        }
    }
    if (std::ranges::adjacent_find(states, std::ranges::greater{}, &SampledState::parameter) != states.end()) {
        throw core::InputError("the parameters of states that are reweighted together are in ascending order");
    }
}

} // namespace

Reweighting::Reweighting(double origin, std::vector<double> conjugate, std::vector<double> log_weight,
                         std::vector<double> observables)
    : origin_(origin), conjugate_(std::move(conjugate)), log_weight_(std::move(log_weight)),
      observables_(std::move(observables)) {}

std::vector<double> Reweighting::means(double parameter) const {
    const std::size_t width = observables_.size() / conjugate_.size();
    double largest = -std::numeric_limits<double>::infinity();
    for (std::size_t c = 0; c < conjugate_.size(); ++c) {
        largest = std::max(largest, log_weight_[c] + parameter * conjugate_[c]);
    }
    std::vector<double> means(width + 1);
    double total = 0;
    for (std::size_t c = 0; c < conjugate_.size(); ++c) {
        const double weight = std::exp(log_weight_[c] + parameter * conjugate_[c] - largest);
        total += weight;
        for (std::size_t a = 0; a < width; ++a) means[a] += weight * observables_[c * width + a];
        means[width] += weight * conjugate_[c];
    }
    for (double& mean : means) mean /= total;
    means[width] += origin_;
    return means;
}

MultiHistogram::MultiHistogram(std::span<const SampledState> states) {
    require_valid(states);
    std::vector<double> parameters, inefficiency;
    n_eff_ = std::numeric_limits<double>::infinity();
    double most = most_blocks;
    for (const SampledState& state : states) {
        const Estimate x = gamma_method(std::span(state.conjugate));
        parameters.push_back(state.parameter);
        inefficiency.push_back(2 * x.tau_int);
        tau_int_ = std::max(tau_int_, x.tau_int);
        n_eff_ = std::min(n_eff_, x.n_eff);
        most = std::min(most, static_cast<double>(total_length(state.conjugate)));
    }
    const double origin = mean_of(states.front().conjugate);
    const auto blocks = static_cast<std::size_t>(std::clamp(n_eff_ / independent_per_block, 2.0, most));
    const std::vector<Sums> sums = sums_of_blocks(states, inefficiency, origin, blocks);

    const Sums total = sums_without(sums, blocks);
    Equations equations(parameters, total);
    equations.at(integrated(states, origin));
    overlap_ = equations.overlap();
    if (overlap_ < least_overlap / 10) return; // too little for the equations to be solved
    solve(equations, equations.free_energies());
    overlap_ = equations.overlap();
    if (!is_connected()) return;
    const std::vector<double> f = equations.free_energies();
    for (std::size_t i = 0; i < f.size(); ++i) {
        log_partition_functions_.push_back(f[0] - f[i] + (parameters[i] - parameters[0]) * origin);
    }
    sets_.push_back(equations.reweighting(total, origin));
    for (std::size_t block = 0; block < blocks; ++block) {
        const Sums part = sums_without(sums, block);
        Equations of_part(parameters, part);
        solve(of_part, f);
        sets_.push_back(of_part.reweighting(part, origin));
    }
}

const std::vector<double>& MultiHistogram::log_partition_functions() const {
    core::ensure(is_connected(), "only overlapping states are reweighted together");
    return log_partition_functions_;
}

const Reweighting& MultiHistogram::all() const {
    core::ensure(is_connected(), "only overlapping states are reweighted together");
    return sets_.front();
}

std::span<const Reweighting> MultiHistogram::without_block() const {
    core::ensure(is_connected(), "only overlapping states are reweighted together");
    return std::span(sets_).subspan(1);
}

Estimate MultiHistogram::estimate(double all, std::span<const double> without_block) const {
    const auto blocks = static_cast<double>(without_block.size());
    double mean = 0;
    for (const double value : without_block) mean += value / blocks;
    double squares = 0;
    for (const double value : without_block) squares += (value - mean) * (value - mean);
    return {blocks * all - (blocks - 1) * mean, std::sqrt(squares * (blocks - 1) / blocks), tau_int_, n_eff_};
}

std::vector<Estimate>
MultiHistogram::estimate(const std::function<std::vector<double>(const Reweighting&)>& functions) const {
    const std::vector<double> on_all = functions(all());
    std::vector<std::vector<double>> without(on_all.size());
    for (const Reweighting& set : without_block()) {
        const std::vector<double> values = functions(set);
        core::ensure(values.size() == on_all.size(), "derived quantities do not change in number");
        for (std::size_t i = 0; i < values.size(); ++i) without[i].push_back(values[i]);
    }
    std::vector<Estimate> estimates;
    for (std::size_t i = 0; i < on_all.size(); ++i) estimates.push_back(estimate(on_all[i], without[i]));
    return estimates;
}

} // namespace blockspin::stats
