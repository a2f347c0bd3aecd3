#include <blockspin/sampling/cluster_growth.hpp>

#include <blockspin/core/check.hpp>

#include <algorithm>
#include <bit>
#include <utility>

#include <omp.h>

namespace blockspin::sampling {

namespace {

/// Sites of a word that hang together with `sites` by occupied bonds within it; bit x of `bonds` joins x and x + 1.
std::uint64_t joined(std::uint64_t sites, std::uint64_t bonds) noexcept {
    std::uint64_t up = bonds, down = bonds << 1; // from here 1, 2, 4, … sites on, if all bonds between are occupied
    for (int distance = 1; distance < 64; distance *= 2) {
        sites |= (sites & up) << distance | (sites & down) >> distance;
        up &= up >> distance;
        down &= down << distance;
    }
    return sites;
}

} // namespace

ClusterGrowth::ClusterGrowth(const Replicas& replicas, std::span<const BondLaw> laws, rng::Purpose purpose,
                             const rng::Key& key)
    : bonds_(replicas, laws, purpose, key), extent_(replicas.decomposition().box().extent),
      words_per_row_(static_cast<std::size_t>((extent_[0] + 63) / 64)),
      workspaces_(static_cast<std::size_t>(omp_get_max_threads())) {
    core::ensure(replicas.decomposition().ranks() == 1, "a cluster grows in a lattice that is not cut");
    const auto row_at = [&](lattice::Coordinates at, const lattice::Coordinates& offset, int sign) {
        std::int64_t row = 0;
        for (int d = lattice::max_dimension - 1; d >= 1; --d) {
            at[d] = (at[d] + sign * offset[d] + extent_[d]) % extent_[d]; // no bond leaves an open boundary
            row = row * extent_[d] + at[d];
        }
        return static_cast<std::size_t>(row);
    };
    const std::size_t rows = bonds_.rows().size();
    for (std::size_t row = 0; row < rows; ++row) {
        const lattice::Coordinates at = replicas.geometry().coordinates(bonds_.rows()[row].site);
        for (const OccupiedBonds::Direction& direction : bonds_.directions()) {
            partners_.push_back({row_at(at, direction.offset, 1), row_at(at, direction.offset, -1)});
        }
    }
    for (Workspace& work : workspaces_) {
        work.drawn.resize(partners_.size());
        work.occupied.resize(partners_.size() * words_per_row_);
        work.members.resize(rows * words_per_row_);
        work.fresh.resize(work.members.size());
    }
}

std::size_t ClusterGrowth::memory() const noexcept {
    std::size_t bytes = bonds_.memory() + partners_.capacity() * sizeof partners_[0];
    for (const Workspace& work : workspaces_) {
        bytes += work.pieces.capacity() * sizeof work.pieces[0] +
                 (work.drawn.size() + work.occupied.size() + work.members.size() + work.fresh.size() +
                  work.waiting.capacity() + work.reached.capacity()) *
                     sizeof(std::uint64_t);
    }
    return bytes;
}

/// Bonds are drawn a row at a time, when the first of them is asked for.
inline std::span<const std::uint64_t> ClusterGrowth::occupied(Workspace& work, const Where& where, std::size_t row,
                                                              std::size_t direction) const {
    const std::size_t bonds = row * bonds_.directions().size() + direction;
    const auto bits = std::span(work.occupied).subspan(bonds * words_per_row_, words_per_row_);
    if (work.drawn[bonds] != work.growths) {
        bonds_.draw(where.replicas, where.replica, where.step, row, direction, work.scratch);
        std::ranges::copy(work.scratch.occupied, bits.begin());
        work.drawn[bonds] = work.growths;
    }
    return bits;
}

inline void ClusterGrowth::join(Workspace& work, std::size_t word, std::uint64_t sites) const {
    sites &= ~work.members[word];
    if (sites == 0) return;
    if (work.members[word] == 0) work.reached.push_back(word);
    if (work.fresh[word] == 0) work.waiting.push_back(word);
    work.members[word] |= sites;
    work.fresh[word] |= sites;
}

void ClusterGrowth::join_site(Workspace& work, std::size_t row, std::int32_t x) const {
    const std::int32_t inside = x < 0 ? x + extent_[0] : x < extent_[0] ? x : x - extent_[0];
    join(work, row * words_per_row_ + static_cast<std::size_t>(inside / 64), std::uint64_t{1} << inside % 64);
}

/// Joins the sites of another row that lie `shift` further along x.
void ClusterGrowth::follow_shifted(Workspace& work, std::size_t word, std::uint64_t sites, std::size_t to_row,
                                   int shift) const {
    const auto first = static_cast<std::int32_t>(word % words_per_row_ * 64);
    for (; sites != 0; sites &= sites - 1) join_site(work, to_row, first + std::countr_zero(sites) + shift);
}

/// Joins all sites to which occupied bonds lead from the fresh sites of a word.
void ClusterGrowth::follow(Workspace& work, const Where& where, std::size_t word) const {
    const std::size_t row = word / words_per_row_, at = word % words_per_row_;
    const auto first = static_cast<std::int32_t>(at * 64), last = std::min(first + 63, extent_[0] - 1);
    const auto along = occupied(work, where, row, 0);
    const auto is_set = [&along](std::int32_t x) {
        return (along[static_cast<std::size_t>(x / 64)] >> x % 64 & 1) != 0;
    };
    const std::uint64_t from = std::exchange(work.fresh[word], 0);
    const std::uint64_t below_last = (std::uint64_t{1} << (last - first)) - 1;
    const std::uint64_t sites = joined(from, along[at] & below_last);
    // Of a run that was followed before, bonds are followed anew only from the sites that are new.
    const std::uint64_t leaving = sites & ~(work.members[word] & ~from);
    work.members[word] |= sites;
    if ((leaving >> (last - first) & 1) != 0 && is_set(last)) join_site(work, row, last + 1);
    if ((leaving & 1) != 0 && is_set(first == 0 ? extent_[0] - 1 : first - 1)) join_site(work, row, first - 1);
    const auto directions = bonds_.directions();
    for (std::size_t d = 1; d < directions.size(); ++d) {
        const auto [after, before] = partners_[row * directions.size() + d];
        const std::int32_t shift = directions[d].offset[0];
        const std::uint64_t leads = leaving & occupied(work, where, row, d)[at];
        const auto led_here = occupied(work, where, before, d);
        if (shift == 0) {
            join(work, after * words_per_row_ + at, leads);
            join(work, before * words_per_row_ + at, leaving & led_here[at]);
            continue;
        }
        follow_shifted(work, word, leads, after, shift);
        for (std::uint64_t left = leaving; left != 0; left &= left - 1) {
            const std::int32_t x = first + std::countr_zero(left) - shift, inside = x < 0 ? x + extent_[0] : x;
            if ((led_here[static_cast<std::size_t>(inside / 64)] >> inside % 64 & 1) != 0) join_site(work, before, x);
        }
    }
}

std::span<const ClusterGrowth::Piece> ClusterGrowth::grow(const Replicas& replicas, std::int64_t i, std::int64_t step,
                                                          std::int64_t site) {
    Workspace& work = workspaces_.at(static_cast<std::size_t>(omp_get_thread_num()));
    ++work.growths;
    join_site(work, static_cast<std::size_t>(site / extent_[0]), static_cast<std::int32_t>(site % extent_[0]));
    while (!work.waiting.empty()) {
        const std::size_t word = work.waiting.back();
        work.waiting.pop_back();
        follow(work, {replicas, i, step}, word);
    }
    work.pieces.clear();
    for (const std::size_t word : work.reached) {
        const std::size_t first = bonds_.rows()[word / words_per_row_].start + word % words_per_row_ * 64;
        work.pieces.push_back({first, std::exchange(work.members[word], 0)});
    }
    work.reached.clear();
    return work.pieces;
}

} // namespace blockspin::sampling
