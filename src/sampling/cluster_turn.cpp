#include <blockspin/sampling/cluster_turn.hpp>

#include "bond_kernels.hpp"

#include <atomic>
#include <bit>

namespace blockspin::sampling {

ClusterTurn::ClusterTurn(const ClusterFinder& finder, const Replicas& replicas) {
    const auto sites = static_cast<std::size_t>(finder.rows() * finder.forest(0).words_per_row() * 64);
    turned_.assign(static_cast<std::size_t>(replicas.count()), std::vector<std::uint8_t>(sites));
}

void ClusterTurn::apply(const ClusterFinder& finder, Replicas& replicas, std::int64_t i, int block) {
    const ClusterForest& forest = finder.forest(i);
    const auto words = static_cast<std::size_t>(forest.words_per_row());
    const ClusterForest::Site first = forest.number(finder.first_row(block), 0);
    std::vector<std::uint64_t> bits(words);
    const std::span<std::uint8_t> turned = at_roots(i);
    const auto at = [&](ClusterForest::Site run) { return std::atomic_ref(turned[static_cast<std::size_t>(run)]); };
    for (std::int64_t row = finder.first_row(block); row < finder.first_row(block + 1); ++row) {
        for (std::size_t w = 0; w < words; ++w) {
            const std::size_t word = static_cast<std::size_t>(row) * words + w;
            std::uint64_t mask = 0, done = 0;
            for (std::uint64_t left = forest.ends(word); left != 0; left &= left - 1) {
                const auto run = static_cast<ClusterForest::Site>(word * 64) + std::countr_zero(left);
                // Within the block the parent's byte is that of its root by now; roots elsewhere keep theirs.
                const ClusterForest::Site above = forest.parent(run);
                const std::uint8_t turns =
                    at(above >= first ? above : forest.root(above)).load(std::memory_order_relaxed);
                at(run).store(turns, std::memory_order_relaxed);
                const std::uint64_t up_to_here = left ^ (left - 1);
                mask |= (up_to_here & ~done) & (std::uint64_t{0} - turns);
                done |= up_to_here;
            }
            bits[w] = mask;
        }
        const lattice::Coordinates point = finder.point(row);
        flip(replicas.fields()[static_cast<std::size_t>(i)].row(point[1], point[2], point[3]), bits);
    }
}

} // namespace blockspin::sampling
