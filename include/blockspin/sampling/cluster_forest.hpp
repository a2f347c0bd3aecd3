#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace blockspin::sampling {

/// Clusters of a domain as a forest over runs: maximal stretches of sites along x that are joined with each other, cut
/// at multiples of 64. Sites are numbered row by row, every row padded to whole words of 64 bits, so that the bits of a
/// site in any bit field over the domain are found by its number. A run is known by its last site. The root of a tree
/// is its smallest run, whatever the order in which trees were joined.
class ClusterForest {
  public:
    using Site = std::int32_t;
    using Pairs = std::vector<std::pair<Site, Site>>;

    /// InputError if the domain has too many sites for 31-bit numbers.
    ClusterForest(std::int64_t rows, std::int32_t row_length);

    /// Bytes in use.
    std::size_t memory() const noexcept { return parent_.size() * sizeof(Site) + ends_.size() * sizeof ends_[0]; }
    Site words_per_row() const noexcept { return words_per_row_; }
    Site number(std::int64_t row, std::int32_t x) const noexcept {
        return static_cast<Site>(row * words_per_row_ * 64 + x);
    }
    std::int64_t row(Site site) const noexcept { return site / (words_per_row_ * 64); }
    std::int32_t x(Site site) const noexcept { return site % (words_per_row_ * 64); }

    /// Begins anew with the runs of a row, given which sites (one bit each) are joined with the next one.
    void start_row(std::int64_t row, std::span<const std::uint64_t> bonds);
    /// Joins the runs of a row that were cut at multiples of 64.
    void join_words(std::int64_t row, std::span<const std::uint64_t> bonds);
    /// Joins runs of two rows, the first of lower number, through the bonds between sites of equal x. `fresh`: nothing
    /// has been joined with the runs of the second row yet. `late` is a buffer.
    void join_rows(std::int64_t first, std::int64_t second, std::span<const std::uint64_t> bonds, bool fresh,
                   Pairs& late);
    /// Joins the trees of two runs: the algorithm of Rem with splicing, as in Patwary, Blair, Manne, SEA 2010 (LNCS
    /// 6049, 411). Touches only sites between the roots and the runs, so disjoint parts may be worked on at a time.
    void unite(Site a, Site b) noexcept {
        Site* const parent = parent_.data();
        while (parent[a] != parent[b]) {
            if (parent[a] < parent[b]) std::swap(a, b);
            const Site above = parent[a];
            parent[a] = parent[b];
            if (a == above) return;
            a = above;
        }
    }

    /// Last sites of the runs in a word of the whole domain, one bit each.
    std::uint64_t ends(std::size_t word) const noexcept { return ends_[word]; }
    /// The run that holds a site.
    Site run(Site site) const noexcept {
        return site + std::countr_zero(ends_[static_cast<std::size_t>(site) / 64] >> static_cast<unsigned>(site) % 64);
    }
    /// First site of a run.
    Site first_site(Site run) const noexcept {
        const std::uint64_t before =
            ends_[static_cast<std::size_t>(run) / 64] & ((std::uint64_t{1} << static_cast<unsigned>(run) % 64) - 1);
        return (run & ~63) + 64 - std::countl_zero(before);
    }
    /// A run of the same tree with a smaller number; the run itself if it is the root.
    Site parent(Site run) const noexcept { return parent_[static_cast<std::size_t>(run)]; }
    Site root(Site run) const noexcept {
        Site above = parent(run);
        while (parent(above) != above) above = parent(above);
        return above;
    }

  private:
    Site words_per_row_;
    std::int32_t row_length_;
    std::vector<Site> parent_;        ///< of every run; of other sites, left over
    std::vector<std::uint64_t> ends_; ///< of runs
};

} // namespace blockspin::sampling
