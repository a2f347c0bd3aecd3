#pragma once

#include <blockspin/flow/bond.hpp>
#include <blockspin/flow/formula.hpp>
#include <blockspin/flow/potts_bond.hpp>

namespace blockspin::flow {

namespace detail {

/// InputError unless b ≥ 2.
void check_decimation(int scale_factor);

} // namespace detail

/// The chain with every b-th spin kept and the others summed over: exact. For Ising spins −H/kT = Σ_i (K σ_i σ_{i+1} +
/// h σ_i), and at h = 0, tanh K' = (tanh K)^b (Nelson and Fisher 1975). For Potts spins Σ_i (K δ(s_i, s_{i+1}) +
/// h (δ(s_i, 0) − 1/q)), and the third coupling of PottsSpins.
template <class Spins> class DecimationFormula {
  public:
    static constexpr std::size_t size = Spins::size;
    /// InputError unless `scale_factor` b ≥ 2.
    explicit DecimationFormula(int scale_factor, Spins spins = Spins()) : scale_factor_(scale_factor), spins_(spins) {
        detail::check_decimation(scale_factor);
    }
    static std::span<const Coupling> couplings() { return Spins::couplings(); }
    double scale_factor() const noexcept { return scale_factor_; }
    double spatial_dimension() const noexcept { return 1.0; }

    /// A bond carries half of the field at each of its ends.
    template <class T, std::size_t N> Transformed<T, N> image(std::array<T, N> point) const {
        point[1] = 0.5 * point[1];
        Transformed<T, N> chain = spins_.split(in_series(spins_.bond(point), scale_factor_));
        chain.couplings[1] = 2.0 * chain.couplings[1];
        return chain;
    }

  private:
    int scale_factor_;
    Spins spins_;
};

using Decimation = FormulaMap<DecimationFormula<IsingSpins>>;
using PottsDecimation = FormulaMap<DecimationFormula<PottsSpins>>;

static_assert(Map<Decimation> && Map<PottsDecimation>);

} // namespace blockspin::flow
