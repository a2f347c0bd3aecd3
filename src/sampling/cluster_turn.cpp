#include <blockspin/sampling/cluster_turn.hpp>

#include "bond_kernels.hpp"

#include <atomic>
#include <bit>

namespace blockspin::sampling {

ClusterTurn::ClusterTurn(const ClusterFinder& finder, const Replicas& replicas) {
    const auto sites = static_cast<std::size_t>(finder.rows() * finder.forest(0).words_per_row() * 64);
    turned_.assign(static_cast<std::size_t>(replicas.count()), std::vector<std::uint8_t>(sites));
}

/// The byte of a run's cluster, which is left at the run: within the block the parent's byte is that of its root by
/// now; roots elsewhere keep theirs.
class ClusterTurn::Settled {
  public:
    Settled(const ClusterForest& forest, ClusterForest::Site first, std::span<std::uint8_t> bytes)
        : forest_(forest), first_(first), bytes_(bytes) {}

    std::uint8_t operator()(ClusterForest::Site run) const {
        const ClusterForest::Site above = forest_.parent(run);
        const std::uint8_t byte = at(above >= first_ ? above : forest_.root(above)).load(std::memory_order_relaxed);
        at(run).store(byte, std::memory_order_relaxed);
        return byte;
    }

  private:
    std::atomic_ref<std::uint8_t> at(ClusterForest::Site run) const {
        return std::atomic_ref(bytes_[static_cast<std::size_t>(run)]);
    }

    const ClusterForest& forest_;
    ClusterForest::Site first_; ///< of the block
    std::span<std::uint8_t> bytes_;
};

void ClusterTurn::apply(const ClusterFinder& finder, Replicas& replicas, std::int64_t i, int block) {
    const ClusterForest& forest = finder.forest(i);
    const auto words = static_cast<std::size_t>(forest.words_per_row());
    const Settled settled(forest, forest.number(finder.first_row(block), 0), at_roots(i));
    std::vector<std::uint64_t> bits(words);
    const auto length = static_cast<std::size_t>(replicas.decomposition().box().extent[0]);
    const std::span<Spin> spins = replicas.fields()[static_cast<std::size_t>(i)].values();
    for (std::int64_t row = finder.first_row(block); row < finder.first_row(block + 1); ++row) {
        for (std::size_t w = 0; w < words; ++w) {
            const std::size_t word = static_cast<std::size_t>(row) * words + w;
            std::uint64_t mask = 0, done = 0;
            for (std::uint64_t left = forest.ends(word); left != 0; left &= left - 1) {
                const auto run = static_cast<ClusterForest::Site>(word * 64) + std::countr_zero(left);
                const std::uint8_t turns = settled(run);
                const std::uint64_t up_to_here = left ^ (left - 1);
                mask |= (up_to_here & ~done) & (std::uint64_t{0} - turns);
                done |= up_to_here;
            }
            bits[w] = mask;
        }
        flip(spins.subspan(finder.row(row).start, length), bits);
    }
}

void ClusterTurn::assign(const ClusterFinder& finder, Replicas& replicas, std::int64_t i, int block) {
    const ClusterForest& forest = finder.forest(i);
    const auto words = static_cast<std::size_t>(forest.words_per_row());
    const Settled settled(forest, forest.number(finder.first_row(block), 0), at_roots(i));
    for (std::int64_t row = finder.first_row(block); row < finder.first_row(block + 1); ++row) {
        const auto spins = replicas.fields()[static_cast<std::size_t>(i)].values().subspan(finder.row(row).start);
        std::size_t first = 0;
        for (std::size_t word = static_cast<std::size_t>(row) * words; word < static_cast<std::size_t>(row + 1) * words;
             ++word) {
            for (std::uint64_t left = forest.ends(word); left != 0; left &= left - 1) {
                const auto run = static_cast<ClusterForest::Site>(word * 64) + std::countr_zero(left);
                const auto value = static_cast<Spin>(settled(run));
                const auto end = static_cast<std::size_t>(forest.x(run)) + 1;
                if (value != 0) std::ranges::fill(spins.subspan(first, end - first), value);
                first = end;
            }
        }
    }
}

} // namespace blockspin::sampling
