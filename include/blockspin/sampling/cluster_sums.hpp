#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/sampling/cluster_finder.hpp>
#include <blockspin/sampling/measurements.hpp>
#include <blockspin/sampling/structure.hpp>

namespace blockspin::sampling {

/// Cluster-improved estimators: given the clusters of a Swendsen–Wang or Wolff update, the mean over the signs of all
/// clusters is known, of M² it is Σ_c n_c², of |M(k)|² it is Σ_c |Σ_{r in c} e^{ikr}|². Same mean, less noise where
/// clusters are small. Wolff, Nucl. Phys. B 334 (1990) 581; Hasenbusch, Nucl. Phys. B 333 (1990) 581. For ferromagnetic
/// couplings.
class ClusterSums {
  public:
    explicit ClusterSums(const lattice::Geometry& geometry);

    /// Series "cluster": Σ_c n_c², and the mean of Σ_c |M_c(k)|² over the wave vectors of SmallestModes (0 where there
    /// are none), in units of 1 / scale().
    Quantity quantity() const;
    double scale() const noexcept;

    /// Of the clusters that were found last: adds to `sums` [replica of this group][number] what over the ranks of the
    /// group adds up to the values. Collective in the group.
    void measure(const ClusterFinder& finder, const Replicas& replicas, std::span<std::int64_t> sums) const;

  private:
    /// Of every cluster of this domain: number of sites, and the amplitudes of SmallestModes.
    struct Clusters {
        std::vector<std::int32_t> number; ///< [site of the forest]: at roots, which cluster it is
        std::vector<std::int64_t> sums;   ///< [cluster][width]
    };
    Clusters clusters(const ClusterFinder& finder, const Replicas& replicas, std::int64_t i) const;
    void add_squares(std::span<const std::int64_t> cluster, std::span<std::int64_t> sums) const;
    std::size_t width() const noexcept { return 1 + 2 * modes_.directions().size(); }

    SmallestModes modes_;
    int shift_; ///< scale() = 2^shift
};

} // namespace blockspin::sampling
