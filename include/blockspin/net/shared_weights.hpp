#pragma once

#include <cstdint>
#include <vector>

#include <blockspin/coarsen/rule.hpp>
#include <blockspin/lattice/geometry.hpp>
#include <blockspin/net/rbm.hpp>
#include <blockspin/rng/key.hpp>

namespace blockspin::net {

/// The parameters of a translation-invariant machine.
template <class Real> struct SharedParameters {
    linalg::Matrix<Real> weights;  ///< [site of the kernel, x fastest][map]
    Real visible_bias{};           ///< of every visible unit
    std::vector<Real> hidden_bias; ///< of every unit of a map
};

/// How the parameters of a dense machine are shared so that it is translation-invariant: visible units are the sites of
/// a periodic lattice; the hidden units of each map those of one that is coarser by the stride b; each sees the kernel,
/// a box of visible units that begins at b times its own coordinates, with the weights of its map. (Desjardins and
/// Bengio 2008; Norouzi, Ranjbar, Mori, CVPR 2009; Lee, Grosse, Ranganath, Ng, ICML 2009.) With a stride as wide as the
/// kernel, hidden units are block spins.
///
/// A machine with shared parameters is a dense one whose parameters are equal in groups and 0 outside the kernels, so
/// that it is trained, sampled and judged as any other; only its gradient is averaged over each group.
class SharedWeights {
  public:
    /// Extents of the visible lattice, x first. Hidden units are numbered map by map, x fastest. InputError unless
    /// there are 1 … 4 extents that the stride divides and the kernel does not exceed, and all numbers are positive.
    SharedWeights(const std::vector<std::int64_t>& extents, int kernel, int stride, int maps);

    int visible() const noexcept { return static_cast<int>(lattice_sites_); }
    int hidden() const noexcept { return blocks_ * maps_; }
    int kernel_sites() const noexcept { return static_cast<int>(sites_.size()) / blocks_; }
    int maps() const noexcept { return maps_; }
    /// Extents of the lattice of hidden units of one map.
    const std::vector<std::int64_t>& coarse() const noexcept { return coarse_; }

    /// The machine with these parameters, and the mean of each over a machine's equal ones. Of a gradient, the mean is
    /// that by one shared parameter divided by the number of its places. InternalError for parameters or machines of
    /// another shape. For float and double.
    template <class Real> Rbm<Real> dense(const SharedParameters<Real>& shared) const;
    template <class Real> SharedParameters<Real> mean(const Rbm<Real>& rbm) const;
    /// dense(mean(rbm)) in place.
    void tie(Rbm<float>& rbm) const;

  private:
    std::vector<std::int64_t> coarse_;
    std::int64_t lattice_sites_ = 1;
    int blocks_ = 1, maps_;
    std::vector<int> sites_; ///< [hidden unit of a map][site of the kernel]
};

/// P(μ|σ) = e^{μ (b + w·σ)} / 2 cosh(b + w·σ), the conditional probability of the hidden units of a machine with one
/// map whose stride is as wide as its kernel: the only machines that act block by block.
class HiddenUnitRule {
  public:
    /// `shared` are the parameters of a kernel of b sites in each of `dimension` directions. InputError unless b > 1
    /// and it has one map and b^dimension finite weights.
    HiddenUnitRule(int dimension, int scale_factor, const SharedParameters<double>& shared);

    int scale_factor() const noexcept { return scale_factor_; }
    std::int8_t apply_block(coarsen::Spins sigma, const rng::Key& key, rng::Address address) const;
    double log_probability(std::int8_t mu, coarsen::Spins sigma) const;

  private:
    int scale_factor_;
    std::vector<double> weights_;
    double bias_;
};

static_assert(coarsen::Rule<HiddenUnitRule> && !coarsen::Rule<SharedWeights>);

} // namespace blockspin::net
