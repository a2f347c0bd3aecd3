#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/linalg/matrix.hpp>
#include <blockspin/net/bit_rows.hpp>
#include <blockspin/net/dataset.hpp>
#include <blockspin/net/gibbs.hpp>
#include <blockspin/net/lookup_rbm.hpp>
#include <blockspin/net/rbm.hpp>
#include <blockspin/net/shards.hpp>

namespace blockspin::net {

/// Visible units of the machine without weights that annealing begins with.
struct BaseUnits {
    std::vector<float> bias;       ///< a0: of binary units as of any; the means m of Gaussian ones
    std::vector<float> variance{}; ///< s² of Gaussian units; none for binary ones
};

/// Visible units, and what is needed to anneal them, of chains of a machine with binary units on both sides:
///   f_β(v) = e^{((1 − β) a0 + β a)·v} Π_j 2 cosh β (b_j + (v W)_j).
class AnnealedBits {
  public:
    /// Weights are rounded as those of a LookupRbm. InternalError unless there is one base bias per visible unit.
    AnnealedBits(const Rbm<float>& rbm, const BaseUnits& base, int chains);

    /// Draws every chain at β = 0. Here and below, `range` are the chains' numbers.
    void draw_base(const RowRange& range, const Draws& draws);
    /// Chain c starts from the c-th of these rows.
    void take(const Dataset& data, std::span<const std::int64_t> rows) { data.unpack(rows, units_); }
    /// See AnnealedChains::anneal().
    void anneal(float from, float to, const RowRange& range, const Draws& draws, std::span<double> log_weights);

    const BitRows& units() const noexcept { return units_; }
    BitRows& units() noexcept { return units_; }

  private:
    LookupRbm machine_;
    std::vector<float> base_, tilt_; ///< a0; a − a0, filled up by zeros
    double sum_of_tilt_ = 0;
    BitRows units_, hidden_;
    std::vector<double> ln_cosh_ratios_;
};

/// The same of a machine with Gaussian visible and binary hidden units:
///   f_β(v) = e^{−(1 − β) Σ_i (v_i − m_i)²/2 s_i² − β Σ_i (v_i − a_i)²/2} Π_j 2 cosh β (b_j + (v W)_j),
/// so that v_i given h is normal of variance 1/((1 − β)/s_i² + β). By matrix products of 32 chains each: the same bits
/// on machines with the same BLAS and processor type.
class AnnealedReals {
  public:
    /// InternalError unless there are a mean and a variance above 0 per visible unit.
    AnnealedReals(const Rbm<float>& rbm, const BaseUnits& base, int chains);

    void draw_base(const RowRange& range, const Draws& draws);
    void take(const Dataset& data, std::span<const std::int64_t> rows) { data.unpack(rows, units_.view()); }
    void anneal(float from, float to, const RowRange& range, const Draws& draws, std::span<double> log_weights);

    const linalg::Matrix<float>& units() const noexcept { return units_; }
    linalg::Matrix<float>& units() noexcept { return units_; }

  private:
    double ln_ratio_of_visible(std::span<const float> visible) const;

    Rbm<float> rbm_;
    BaseUnits base_;
    linalg::Matrix<float> units_;
};

} // namespace blockspin::net
