#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <blockspin/lattice/decomposition.hpp>
#include <blockspin/lattice/halo.hpp>
#include <blockspin/process/timers.hpp>
#include <blockspin/sampling/cluster_forest.hpp>
#include <blockspin/sampling/occupied_bonds.hpp>
#include <blockspin/sampling/replicas.hpp>

namespace blockspin::sampling {

/// The clusters of occupied bonds of all replicas, whatever is done with them. Every domain joins its own sites, on all
/// threads; domains then exchange the labels of the sites at their edges and gather which of them are joined, so that
/// every rank of the group solves the same small problem: two messages, however long the clusters wind.
class ClusterFinder {
  public:
    /// A cluster of this domain that reaches into others.
    struct Shared {
        ClusterForest::Site root; ///< in this domain's forest
        std::int64_t label;       ///< smallest global site of the whole cluster
    };

    /// One law per slot (Replicas::slot), bonds addressed by `purpose`. InputError if a domain is too large.
    ClusterFinder(const Replicas& replicas, std::span<const BondLaw> laws, rng::Purpose purpose, const rng::Key& key);

    /// Finds the clusters that the bonds of sweep `step` make; ghosts are fresh afterwards. Collective in the group.
    void find(Replicas& replicas, std::int64_t step, process::Timers& timers);

    /// Bytes in use: about four per site, and eight more where domains are cut.
    std::size_t memory() const noexcept;
    const lattice::Geometry& geometry() const noexcept { return decomposition_.geometry(); }
    /// The clusters of this domain of replica `i` of the group.
    const ClusterForest& forest(std::int64_t i) const { return forests_.at(static_cast<std::size_t>(i)); }
    /// Those among them that reach into other domains.
    std::span<const Shared> shared(std::int64_t i) const { return shared_.at(static_cast<std::size_t>(i)); }

    /// The smallest global site of the cluster that holds a site; none if that lies in another domain.
    std::optional<std::int64_t> label(std::int64_t i, std::int64_t site) const;
    /// The roots in this domain's forest of the cluster with this smallest global site.
    std::vector<ClusterForest::Site> roots(std::int64_t i, std::int64_t label) const;

    /// The domain's rows are worked on in so many blocks at a time; whatever their number, the clusters are the same.
    int blocks() const noexcept { return blocks_; }
    std::int64_t rows() const noexcept { return static_cast<std::int64_t>(bonds_.rows().size()); }
    std::int64_t first_row(int block) const noexcept { return first_rows_[static_cast<std::size_t>(block)]; }
    const OccupiedBonds::Row& row(std::int64_t row) const noexcept {
        return bonds_.rows()[static_cast<std::size_t>(row)];
    }
    /// The row's first point, in local coordinates.
    lattice::Coordinates point(std::int64_t row) const noexcept;

  private:
    using Site = ClusterForest::Site;
    /// An occupied bond to a site of another rank.
    struct Crossing {
        Site site;           ///< the end that is here
        std::size_t outside; ///< position of the other end in a field
    };
    /// What a block of rows cannot join by itself.
    struct Loose {
        std::vector<Crossing> crossings;
        ClusterForest::Pairs seams; ///< sites of two blocks
    };
    void join_block(const Replicas& replicas, std::int64_t i, int block, std::int64_t step);
    void join_along_x(ClusterForest& forest, std::int64_t row, std::uint64_t last_bonds, Loose& loose) const;
    void join_across(ClusterForest& forest, int block, std::int64_t row, std::size_t direction,
                     std::span<const std::uint64_t> occupied, Loose& loose) const;
    bool is_in(int block, std::int64_t row) const noexcept {
        return row >= first_row(block) && row < first_row(block + 1);
    }
    /// The row that the bonds of a row in this direction lead to, wrapped where the domain spans a direction; elsewhere
    /// if it is not here.
    std::int64_t partner_row(std::int64_t row, std::size_t direction) const noexcept {
        return partners_[static_cast<std::size_t>(row) * bonds_.directions().size() + direction];
    }
    static constexpr std::int64_t elsewhere = -1;
    std::int64_t find_partner(std::int64_t row, const lattice::Coordinates& offset) const noexcept;
    void join_blocks(std::int64_t i);
    void join_domains(const Replicas& replicas);
    void show_labels(std::int64_t i);
    /// The smallest site of a run, in the numbers of the whole lattice.
    std::int64_t first_site(const ClusterForest& forest, Site run) const;
    /// The run that holds a site; none if it lies in another domain.
    std::optional<Site> run_at(const ClusterForest& forest, std::int64_t site) const;

    OccupiedBonds bonds_;
    lattice::Decomposition decomposition_;
    int blocks_;
    std::vector<std::int64_t> first_rows_; ///< of the blocks, and the end
    std::vector<std::int64_t> partners_;   ///< [row, direction]
    std::vector<ClusterForest> forests_;
    std::vector<Loose> loose_; ///< [replica][block]
    std::vector<std::vector<Shared>> shared_;
    std::vector<lattice::Field<std::int64_t>> labels_; ///< of the sites at the edges; only where domains are cut
    std::optional<lattice::HaloExchange<std::int64_t>> label_halo_;
};

} // namespace blockspin::sampling
