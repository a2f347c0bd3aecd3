#pragma once

#include <cstdint>

#include <blockspin/coarsen/rule.hpp>

namespace blockspin::coarsen {

/// Who decides where as many spins of a block are up as down.
enum class Tie {
    random,    ///< a fair coin
    first_spin ///< the first spin of the block: a deterministic rule
};

/// The sign of the sum of a block's spins. Niemeijer & van Leeuwen 1973; for ties Swendsen 1979.
class Majority {
  public:
    /// InputError unless scale_factor > 1, here and below.
    explicit Majority(int scale_factor, Tie tie = Tie::random);

    int scale_factor() const noexcept { return scale_factor_; }
    std::int8_t apply_block(Spins sigma, const rng::Key& key, rng::Address address) const;
    double log_probability(std::int8_t mu, Spins sigma) const;

  private:
    int scale_factor_;
    Tie tie_;
};

/// The first spin of a block.
class Decimation {
  public:
    explicit Decimation(int scale_factor);

    int scale_factor() const noexcept { return scale_factor_; }
    std::int8_t apply_block(Spins sigma, const rng::Key& key, const rng::Address& address) const;
    double log_probability(std::int8_t mu, Spins sigma) const;

  private:
    int scale_factor_;
};

/// P(μ|σ) = exp(p μ Σσ) / 2 cosh(p Σσ): a coin at p = 0, the majority rule with random ties as p grows.
/// Kadanoff 1975; Kadanoff, Houghton & Yalabik 1976.
class KadanoffT {
  public:
    /// InputError too unless p is finite.
    KadanoffT(int scale_factor, double p);

    int scale_factor() const noexcept { return scale_factor_; }
    double p() const noexcept { return p_; }
    std::int8_t apply_block(Spins sigma, const rng::Key& key, rng::Address address) const;
    double log_probability(std::int8_t mu, Spins sigma) const;

  private:
    int scale_factor_;
    double p_;
};

static_assert(Rule<Majority> && Rule<Decimation> && Rule<KadanoffT> && !Rule<Tie>);

} // namespace blockspin::coarsen
