#pragma once

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include <blockspin/mpi/communicator.hpp>
#include <blockspin/net/annealed_units.hpp>
#include <blockspin/net/dataset.hpp>
#include <blockspin/net/gibbs.hpp>
#include <blockspin/net/rbm.hpp>
#include <blockspin/net/shards.hpp>
#include <blockspin/stats/estimate.hpp>

namespace blockspin::net {

// Annealed importance sampling (Neal, Stat. Comput. 11 (2001) 125) of the partition function of a restricted Boltzmann
// machine (Salakhutdinov and Murray, ICML 2008). Between a machine without weights, β = 0, and the machine, β = 1, lie
// the distributions ∝ f_β(v) of AnnealedBits or, for Gaussian visible units, AnnealedReals.

/// Visible biases a0 of the machine without weights that has the data's means: ½ ln [(n_up + 1) / (n_down + 1)].
std::vector<float> base_biases(const Dataset& data, std::span<const std::int64_t> rows);

/// The machine without weights: with these biases; for real data, with their means and variances, but no variance below
/// 1, which Gaussian units have at least.
BaseUnits base_units(const Dataset& data, std::span<const std::int64_t> rows);

/// ln Σ_v f_0(v) = Σ_i ln 2 cosh a0_i + hidden · ln 2; for Gaussian units, Σ_i ½ ln 2π s_i² + hidden · ln 2.
double ln_base_partition_function(const BaseUnits& base, int hidden);

/// One rank's share of Markov chains that are led through the temperatures.
class AnnealedChains {
  public:
    /// Of a machine with binary hidden and binary or Gaussian visible units; InternalError for others, and for a base
    /// that is not one of such visible units.
    AnnealedChains(const Rbm<float>& rbm, const BaseUnits& base, const RowRange& range);

    /// Draws every chain from β = 0 and sets its weight to 1. Half-step draws.half_step.
    void start_from_base(const Draws& draws);
    /// Chain c starts from row rows[c / chains_per_row] of the data, with weight 1.
    void start_from(const Dataset& data, std::span<const std::int64_t> rows, std::int64_t chains_per_row);
    /// ln weight += ln f_to(v) − ln f_from(v); then one sweep of block Gibbs sampling at `to`. Half-steps
    /// draws.half_step and the next one; the chain's number is the row.
    void anneal(float from, float to, const Draws& draws);

    const RowRange& range() const noexcept { return range_; }
    /// ln of the weights of this rank's chains.
    const std::vector<double>& log_weights() const noexcept { return log_weights_; }
    std::vector<double>& log_weights() noexcept { return log_weights_; }
    /// Visible units, a row for each of this rank's chains: bits, or numbers if they are Gaussian; else nullptr.
    const AnnealedBits* bits() const noexcept { return std::get_if<AnnealedBits>(&units_); }
    AnnealedBits* bits() noexcept { return std::get_if<AnnealedBits>(&units_); }
    const AnnealedReals* reals() const noexcept { return std::get_if<AnnealedReals>(&units_); }
    AnnealedReals* reals() noexcept { return std::get_if<AnnealedReals>(&units_); }

  private:
    using Units = std::variant<AnnealedBits, AnnealedReals>;
    static Units units_of(const Rbm<float>& rbm, const BaseUnits& base, int chains);

    Units units_;
    RowRange range_;
    std::vector<double> log_weights_;
};

/// `temperatures` + 1 equidistant values of β from 0 to 1. InputError for less than one.
std::vector<float> uniform_ladder(std::int64_t temperatures);

/// Values of β from 0 to 1 whose density is the standard deviation of d ln f_β / dβ, as measured by a pilot run of 64
/// chains over 200 temperatures: for many temperatures the variance of ln weight is then least (Gelman and Meng, Stat.
/// Sci. 13 (1998) 163, section 4.3). A quarter of the temperatures are spread evenly. Half-steps draws.half_step
/// and the next one, in as many steps from draws.step on. The same bits on any number of ranks. Collective.
std::vector<float> adaptive_ladder(const mpi::Communicator& comm, const Rbm<float>& rbm, const BaseUnits& base,
                                   std::int64_t temperatures, const Draws& draws);

/// ln Z by so many chains along an adaptive ladder, its error and the effective number of weights. Half-steps
/// draws.half_step … draws.half_step + 3, in 200 or `temperatures` steps from draws.step on. The same bits on any
/// number of ranks. Collective.
stats::Estimate annealed_ln_partition_function(const mpi::Communicator& comm, const Rbm<float>& rbm,
                                               const BaseUnits& base, std::int64_t chains, std::int64_t temperatures,
                                               const Draws& draws);

} // namespace blockspin::net
