#include <blockspin/sampling/swendsen_wang.hpp>

#include "bond_kernels.hpp"

#include <blockspin/rng/fill.hpp>

namespace blockspin::sampling {

namespace {

/// The coin at the first site of every run, moved to its last site; other bits are 0. Within a run the sum of a 1 at
/// every site but the last and the coin carries over into the last one.
std::uint64_t coins_at_ends(std::uint64_t coins, std::uint64_t ends) noexcept {
    const std::uint64_t starts = ends << 1 | 1;
    return (~ends + (coins & starts)) & ends;
}

} // namespace

SwendsenWang::SwendsenWang(const Replicas& replicas, const std::vector<NearestNeighbourCouplings>& couplings,
                           const rng::Key& key)
    : key_(key),
      finder_(replicas, bond_laws(replicas, couplings, "swendsen-wang"), rng::Purpose::swendsen_wang_bond, key),
      turn_(finder_, replicas) {}

void SwendsenWang::sweep(Replicas& replicas, std::int64_t step, process::Timers& timers) {
    finder_.find(replicas, step, timers);
    const auto timing = timers.time("cluster update");
    const std::int64_t blocks = finder_.blocks(), tasks = replicas.count() * blocks;
    const bool is_potts = replicas.kind().is_potts();
#pragma omp parallel if (tasks > 1)
    {
#pragma omp for schedule(static)
        for (std::int64_t task = 0; task < tasks; ++task) {
            const auto block = static_cast<int>(task % blocks);
            if (is_potts)
                choose(replicas, task / blocks, block, step);
            else
                toss(replicas, task / blocks, block, step);
        }
#pragma omp for schedule(static)
        for (std::int64_t i = 0; i < replicas.count(); ++i) {
            if (is_potts)
                choose_shared(replicas, i, step);
            else
                toss_shared(replicas, i, step);
        }
#pragma omp for schedule(dynamic)
        for (std::int64_t task = 0; task < tasks; ++task) {
            const auto block = static_cast<int>(task % blocks);
            if (is_potts)
                turn_.assign(finder_, replicas, task / blocks, block);
            else
                turn_.apply(finder_, replicas, task / blocks, block);
        }
    }
}

std::int64_t SwendsenWang::places_of_coins() const { return ((finder_.geometry().extents()[0] + 63) / 64 + 1) / 2; }

rng::Address SwendsenWang::coin(std::int64_t replica, std::int64_t step, std::int64_t row) const {
    return {.purpose = rng::Purpose::swendsen_wang_coin,
            .chain = static_cast<std::int32_t>(replica),
            .step = step,
            .place = row * places_of_coins()};
}

void SwendsenWang::toss(const Replicas& replicas, std::int64_t i, int block, std::int64_t step) {
    const ClusterForest& forest = finder_.forest(i);
    const std::int64_t length = replicas.geometry().extents()[0];
    const auto words = static_cast<std::size_t>(forest.words_per_row());
    const std::span<std::uint8_t> at_roots = turn_.at_roots(i);
    RandomRows rows = RandomRows::in_order();
    for (std::int64_t row = finder_.first_row(block); row < finder_.first_row(block + 1); ++row) {
        const OccupiedBonds::Row& here = finder_.row(row);
        const std::int64_t x = here.site - here.number * length;
        const auto shift = static_cast<unsigned>(x % 64);
        const auto random = rows.words(key_, coin(replicas.first() + i, step, 0), places_of_coins(), here.number,
                                       x / 64, words + (shift == 0 ? 0 : 1));
        for (std::size_t w = 0; w < words; ++w) {
            const std::size_t word = static_cast<std::size_t>(row) * words + w;
            const std::uint64_t coins = shift == 0 ? random[w] : random[w] >> shift | random[w + 1] << (64 - shift);
            spread(coins_at_ends(coins, forest.ends(word)), &at_roots[word * 64]);
        }
    }
}

void SwendsenWang::toss_shared(const Replicas& replicas, std::int64_t i, std::int64_t step) {
    const std::int64_t length = replicas.geometry().extents()[0];
    for (const auto& [root, label] : finder_.shared(i)) {
        std::uint64_t word = 0;
        rng::fill_words(key_, coin(replicas.first() + i, step, label / length), std::span(&word, 1),
                        label % length / 64);
        turn_.at_roots(i)[static_cast<std::size_t>(root)] = word >> label % length % 64 & 1;
    }
}

std::int64_t SwendsenWang::places_of_choices() const { return finder_.geometry().extents()[0] / 2 + 1; }

rng::Address SwendsenWang::choice(std::int64_t replica, std::int64_t step, std::int64_t row) const {
    return {.purpose = rng::Purpose::cluster_state,
            .chain = static_cast<std::int32_t>(replica),
            .step = step,
            .place = row * places_of_choices()};
}

void SwendsenWang::choose(const Replicas& replicas, std::int64_t i, int block, std::int64_t step) {
    const ClusterForest& forest = finder_.forest(i);
    const std::int64_t length = replicas.geometry().extents()[0];
    const auto words = static_cast<std::size_t>(forest.words_per_row());
    const std::span<std::uint8_t> at_roots = turn_.at_roots(i);
    RandomRows rows = RandomRows::in_order();
    for (std::int64_t row = finder_.first_row(block); row < finder_.first_row(block + 1); ++row) {
        const OccupiedBonds::Row& here = finder_.row(row);
        const auto random = rows.words(key_, choice(replicas.first() + i, step, 0), places_of_choices(), here.number,
                                       here.site - here.number * length,
                                       static_cast<std::size_t>(replicas.decomposition().box().extent[0]));
        for (std::size_t word = static_cast<std::size_t>(row) * words; word < static_cast<std::size_t>(row + 1) * words;
             ++word) {
            for (std::uint64_t left = forest.ends(word); left != 0; left &= left - 1) {
                const auto run = static_cast<ClusterForest::Site>(word * 64) + std::countr_zero(left);
                if (forest.parent(run) != run) continue;
                const auto first = static_cast<std::size_t>(forest.x(forest.first_site(run)));
                at_roots[static_cast<std::size_t>(run)] =
                    static_cast<std::uint8_t>(random_state(replicas.kind(), random[first]));
            }
        }
    }
}

void SwendsenWang::choose_shared(const Replicas& replicas, std::int64_t i, std::int64_t step) {
    const std::int64_t length = replicas.geometry().extents()[0];
    for (const auto& [root, label] : finder_.shared(i)) {
        std::uint64_t word = 0;
        rng::fill_words(key_, choice(replicas.first() + i, step, label / length), std::span(&word, 1), label % length);
        turn_.at_roots(i)[static_cast<std::size_t>(root)] =
            static_cast<std::uint8_t>(random_state(replicas.kind(), word));
    }
}

} // namespace blockspin::sampling
