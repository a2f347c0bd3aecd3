#pragma once

#include <concepts>
#include <cstdint>
#include <span>

#include <blockspin/rng/address.hpp>
#include <blockspin/rng/key.hpp>

namespace blockspin::coarsen {

/// Spins, +1 or -1, of one block (x fastest) or of a box of sites.
using Spins = std::span<const std::int8_t>;

/// A map from spins σ to block spins μ that acts block by block: the probability P(μ|σ) of one block spin given the
/// b^d spins of its block. Σ_μ P(μ|σ) = 1 for every σ.
///  - scale_factor(): b, the linear size of a block.
///  - apply_block(sigma, key, address): one μ drawn from P(μ|σ). `address` says which chain, step, level (in `draw`)
///    and global block (in `place`) it is; the rule chooses the purpose. The same address gives the same μ.
///  - log_probability(mu, sigma): ln P(μ|σ), minus infinity where μ cannot be.
template <class R>
concept Rule = requires(const R rule, std::int8_t mu, Spins sigma, const rng::Key& key, const rng::Address& address) {
    { rule.scale_factor() } -> std::same_as<int>;
    { rule.apply_block(sigma, key, address) } -> std::same_as<std::int8_t>;
    { rule.log_probability(mu, sigma) } -> std::same_as<double>;
};

} // namespace blockspin::coarsen
