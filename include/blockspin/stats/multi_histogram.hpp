#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include <blockspin/stats/estimate.hpp>

namespace blockspin::stats {

/// Measurements at one value λ of a parameter that stands in the exponent of their weight, as λ x.
struct SampledState {
    double parameter = 0;            ///< λ
    Record conjugate;                ///< x
    std::vector<Record> observables; ///< measured together with x
};

/// Averages at any λ, from one set of measurements at several.
class Reweighting {
  public:
    /// Means of all observables, and of x behind them, at the parameter λ.
    std::vector<double> means(double parameter) const;

    /// For MultiHistogram: of every cell x − origin, ln of its weight at λ = 0, and the means of the observables there
    /// [cell][observable].
    Reweighting(double origin, std::vector<double> conjugate, std::vector<double> log_weight,
                std::vector<double> observables);

  private:
    double origin_;
    std::vector<double> conjugate_;
    std::vector<double> log_weight_;
    std::vector<double> observables_;
};

/// Least share of measurements that two neighbouring states must have in common for averages between them to be
/// trusted (Klimovich, Shirts & Mobley, J. Comput. Aided Mol. Des. 29 (2015) 397).
inline constexpr double least_overlap = 0.03;

/// All measurements at several λ used together: the multi-histogram method of Ferrenberg & Swendsen, Phys. Rev. Lett.
/// 63 (1989) 1195, in the form of Shirts & Chodera, J. Chem. Phys. 129 (2008) 124105: with g_i = 2 τ_int of x,
///
///     e^{−f_i} = Σ_n g_n⁻¹ e^{λ_i x_n} / Σ_k (N_k/g_k) e^{f_k + λ_k x_n},
///
/// solved by Newton's method until every state's N_i/g_i is reproduced to 1e-10. Measurements are sorted into cells of
/// equal x; where x has more than 8192 values, into as many equal intervals, with the mean of x in each.
///
/// Errors by the jackknife: every state's measurements are cut into blocks of at least five independent ones, at most
/// 32, and the block of the same number is left out of all states at once.
class MultiHistogram {
  public:
    /// In ascending order of λ. InputError as gamma_analysis, or if there is no state, λ fall, or states differ in
    /// their number of observables.
    explicit MultiHistogram(std::span<const SampledState> states);

    /// The smallest overlap of two neighbouring states, Σ_n p_n(i) p_n(i+1) / N_i with p_n(i) the probability that
    /// measurement n came from state i; 1 if there is one state.
    double overlap() const noexcept { return overlap_; }
    /// May averages be asked for? If not, the states are so far apart that there is no solution to speak of.
    bool is_connected() const noexcept { return overlap_ >= least_overlap; }
    /// ln of the partition function of every state, relative to the first. InternalError unless connected, here and
    /// below.
    const std::vector<double>& log_partition_functions() const;

    /// All measurements.
    const Reweighting& all() const;
    /// All but one block, for each.
    std::span<const Reweighting> without_block() const;
    /// Derived quantities with their errors: any function of averages, such as the place of a maximum. The O(1/n) bias
    /// is removed.
    std::vector<Estimate> estimate(const std::function<std::vector<double>(const Reweighting&)>& functions) const;
    /// The estimate from the value on all measurements and those without each block in turn.
    Estimate estimate(double all, std::span<const double> without_block) const;

  private:
    std::vector<double> log_partition_functions_;
    std::vector<Reweighting> sets_; ///< all, then without each block
    double overlap_ = 1;
    double tau_int_ = 0.5, n_eff_ = 0; ///< of the slowest state
};

} // namespace blockspin::stats
