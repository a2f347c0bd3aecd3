#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/lattice/geometry.hpp>
#include <blockspin/mcrg/block_levels.hpp>
#include <blockspin/mcrg/site_terms.hpp>
#include <blockspin/rng/key.hpp>

namespace blockspin::mcrg {

/// A lattice and those of its block spins, as chains with a bias on block spins need them: which block a spin belongs
/// to, and what the rule makes of its spins. Shared by all chains.
class BlockTree {
  public:
    /// For a rule that depends on the sum of a block's spins and its first spin only, as those of [block] do.
    BlockTree(const std::vector<lattice::Geometry>& geometries, const Rule& rule);

    /// Number of levels, the finest counted.
    std::size_t levels() const noexcept { return sites_.size(); }
    std::size_t sites(std::size_t level) const noexcept { return sites_[level]; }
    /// The block of a site, in the level above.
    std::size_t block(std::size_t level, std::size_t site) const noexcept {
        return static_cast<std::size_t>(blocks_[level][site]);
    }
    /// The first site of a block of the level below.
    std::size_t first_site(std::size_t level, std::size_t block) const noexcept {
        return static_cast<std::size_t>(first_sites_[level][block]);
    }
    /// P(+1|σ) times 2^32 for a block with this sum and first spin.
    std::uint64_t threshold(std::int32_t sum, std::int8_t first) const noexcept {
        return thresholds_[static_cast<std::size_t>(sum + volume_ + (first > 0 ? 1 : 0))];
    }

  private:
    std::int32_t volume_ = 0;                            ///< spins of a block
    std::vector<std::size_t> sites_;                     ///< [level]
    std::vector<std::vector<std::int32_t>> blocks_;      ///< [level but the last][site]
    std::vector<std::vector<std::int32_t>> first_sites_; ///< [level; none of the finest][block]
    std::vector<std::uint64_t> thresholds_;              ///< [sum + volume, and first spin in the last bit]
};

/// −H/kT of one point as a spin feels it: the probability that a heat bath flips it, tabulated by the fields F_a
/// where these have few values.
class FlipProbabilities {
  public:
    FlipProbabilities(const SiteTerms& terms, std::vector<double> couplings);

    /// What a flip adds to the logarithm of the weight.
    double exponent(const std::int8_t* spins, std::size_t site) const noexcept;
    /// Probability of a flip that changes nothing else.
    double probability(const std::int8_t* spins, std::size_t site) const noexcept;

  private:
    const SiteTerms& terms_;
    std::vector<double> couplings_;
    std::vector<std::size_t> strides_; ///< of each operator's field in the table
    std::vector<double> table_;        ///< by the fields times the spin; empty where there are too many
};

/// What drives one chain.
struct BiasedWeight {
    const FlipProbabilities& model;
    const SiteTerms& block_terms; ///< of the block spins that are biased
    std::span<const double> bias; ///< J_a
};

/// A Markov chain of spins σ and their block spins μ after some steps, with the weight
///
///     e^{−H(σ)/kT} P(μ|σ) e^{−Σ_a J_a S_a(μ)}.
///
/// What a random rule draws is part of the state, one word for each block, so that block spins are functions of spins
/// and words, level by level. A sweep offers every spin a flip by the heat bath, and then every block a fresh word by
/// Metropolis' rule; the bias counts where the change of a spin or a word comes through to the last level. Sites follow
/// each other in their order. One lattice is worked on by one thread.
class BiasedChain {
  public:
    /// All spins up. `level`: of the block spins that are biased, from 1; `number`: the chain in random addresses.
    BiasedChain(const BlockTree& tree, std::size_t level, std::int32_t number, const rng::Key& key);

    void sweep(const BiasedWeight& weight, std::int64_t step);

    /// The spins of a level up to the biased one.
    std::span<const std::int8_t> spins(std::size_t level) const {
        return std::span(spins_.at(level)).first(tree_->sites(level));
    }
    /// The words of all blocks, level by level.
    std::vector<std::uint32_t> words() const;
    /// Continues from these spins of the finest level and words. InternalError unless they are as many as here.
    void set(std::span<const std::int8_t> spins, std::span<const std::uint32_t> words);

  private:
    std::size_t top() const noexcept { return spins_.size() - 1; }
    std::int8_t draw(std::size_t level, std::size_t block, std::uint32_t word) const;
    void derive_blocks();
    std::size_t highest_change(std::size_t level, std::size_t site) const;
    std::size_t biased_block(std::size_t level, std::size_t site) const;
    double bias_exponent(const BiasedWeight& weight, std::size_t level, std::size_t site) const;
    void flip(std::size_t level, std::size_t site, std::size_t highest);
    void offer_flip(const BiasedWeight& weight, std::size_t site, std::uint64_t word);
    void offer_word(const BiasedWeight& weight, std::size_t level, std::size_t block, std::uint64_t word);

    const BlockTree* tree_;
    std::int32_t number_;
    rng::Key key_;
    std::vector<std::vector<std::int8_t>> spins_;   ///< [level][site], and a last +1 (SiteTerms)
    std::vector<std::vector<std::uint32_t>> words_; ///< [level; none of the finest][block]
    std::vector<std::vector<std::int32_t>> sums_;   ///< of the spins of each block, in the same way
    std::vector<std::uint64_t> random_;             ///< words of a sweep
};

} // namespace blockspin::mcrg
