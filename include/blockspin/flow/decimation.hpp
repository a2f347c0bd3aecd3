#pragma once

#include <span>

#include <blockspin/flow/map.hpp>

namespace blockspin::flow {

/// The Ising chain with every b-th spin kept and the others summed over: exact. −H/kT = Σ_i (K σ_i σ_{i+1} + h σ_i).
/// At h = 0, tanh K' = (tanh K)^b; Nelson and Fisher 1975.
class Decimation {
  public:
    /// InputError unless `scale_factor` b ≥ 2.
    explicit Decimation(int scale_factor);

    static std::span<const Coupling> couplings(); ///< K, h
    double scale_factor() const noexcept { return scale_factor_; }
    double spatial_dimension() const noexcept { return 1.0; }
    Image apply(std::span<const double> point) const;
    Derivative jacobian(std::span<const double> point) const;

  private:
    int scale_factor_;
};

static_assert(Map<Decimation>);

} // namespace blockspin::flow
