#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/rng/key.hpp>
#include <blockspin/rng/purpose.hpp>
#include <blockspin/sampling/occupied_bonds.hpp>
#include <blockspin/sampling/replicas.hpp>

namespace blockspin::sampling {

/// The cluster of one site, grown from it: for replicas whose whole lattice is on this rank. The bonds are those of
/// ClusterFinder, so the cluster is too; only rows that it reaches are looked at. Wolff, Phys. Rev. Lett. 62 (1989)
/// 361.
class ClusterGrowth {
  public:
    /// One law per slot (Replicas::slot), bonds addressed by `purpose`. InternalError if the lattice is cut.
    ClusterGrowth(const Replicas& replicas, std::span<const BondLaw> laws, rng::Purpose purpose, const rng::Key& key);

    /// Up to 64 sites of a row, and which of them belong to the cluster.
    struct Piece {
        std::size_t first; ///< position of the first of them in a field
        std::uint64_t members;
    };

    /// The cluster of sweep `step` that holds `site`, of replica `i`; valid until this thread's next call. Ghosts must
    /// be fresh.
    std::span<const Piece> grow(const Replicas& replicas, std::int64_t i, std::int64_t step, std::int64_t site);

    /// Bytes in use.
    std::size_t memory() const noexcept;

  private:
    /// Of one thread. Sites of a row are bits of words, `word` counting through all rows.
    struct Workspace {
        std::int64_t growths = 0;            ///< so far
        std::vector<std::int64_t> drawn;     ///< [row, direction]: the growth that last drew these bonds
        std::vector<std::uint64_t> occupied; ///< [row, direction, word of the row]
        std::vector<std::uint64_t> members;  ///< [word]: in the cluster
        std::vector<std::uint64_t> fresh;    ///< [word]: of these, those whose bonds have not been followed
        std::vector<std::size_t> waiting;    ///< words with such sites
        std::vector<std::size_t> reached;    ///< words with members
        std::vector<Piece> pieces;
        OccupiedBonds::Scratch scratch{.random = RandomRows::in_any_order()};
    };
    /// The replica and sweep that a cluster belongs to.
    struct Where {
        const Replicas& replicas;
        std::int64_t replica, step;
    };
    /// The rows where the bonds of a row in a direction end, and where those begin that end here.
    struct Partners {
        std::size_t after, before;
    };

    std::span<const std::uint64_t> occupied(Workspace& work, const Where& where, std::size_t row,
                                            std::size_t direction) const;
    void follow(Workspace& work, const Where& where, std::size_t word) const;
    void follow_shifted(Workspace& work, std::size_t word, std::uint64_t sites, std::size_t to_row, int shift) const;
    void join(Workspace& work, std::size_t word, std::uint64_t sites) const;
    void join_site(Workspace& work, std::size_t row, std::int32_t x) const;

    OccupiedBonds bonds_;
    lattice::Coordinates extent_;
    std::size_t words_per_row_;
    std::vector<Partners> partners_;    ///< [row, direction]
    std::vector<Workspace> workspaces_; ///< [thread]
};

} // namespace blockspin::sampling
