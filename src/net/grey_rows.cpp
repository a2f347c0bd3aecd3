#include "grey_rows.hpp"

#include "level_kernels.hpp"
#include "lookup_kernels.hpp"

#include <algorithm>

namespace blockspin::net {

namespace {

/// Visible units of one piece of the gradient.
constexpr int block_units = 256;
static_assert(grey_shard_rows % 2 == 0, "pairs of rows do not straddle shards");

std::int32_t pair_of(std::uint8_t lower, std::uint8_t upper) { return lower | upper << 16; }

} // namespace

void GreyRows::take(const Dataset& data, std::span<const std::int64_t> rows) {
    const int count = static_cast<int>(rows.size()), units = data.units(), pairs = (units + 1) / 2;
    if (by_row_.rows() != count || by_unit_.cols() != units) {
        by_row_ = linalg::Matrix<std::int32_t>(count, pairs);
        by_unit_ = linalg::Matrix<std::int32_t>((count + 1) / 2, units);
    }
    const std::vector<std::uint8_t> no_levels(static_cast<std::size_t>(units));
    for (int r = 0; r < count; r += 2) {
        const std::uint8_t* level = data.levels(rows[static_cast<std::size_t>(r)]).data();
        const std::uint8_t* next =
            r + 1 < count ? data.levels(rows[static_cast<std::size_t>(r) + 1]).data() : no_levels.data();
        std::int32_t* word = by_unit_.row(r / 2).data();
        for (int i = 0; i < units; ++i) word[i] = pair_of(level[i], next[i]);
    }
    for (int r = 0; r < count; ++r) {
        const std::uint8_t* level = data.levels(rows[static_cast<std::size_t>(r)]).data();
        std::int32_t* word = by_row_.row(r).data();
        for (int pair = 0; pair < units / 2; ++pair) word[pair] = pair_of(level[2 * pair], level[2 * pair + 1]);
        if (units % 2 != 0) word[pairs - 1] = pair_of(level[units - 1], 0);
    }
}

void GreyRows::hidden_means(const LookupRbm& machine, const Draws& draws, RoundedMeans& means, BitRows* hidden) const {
    const LevelPairs levels{by_row_.data(), static_cast<std::size_t>(by_row_.cols()), 1, rows(), by_row_.cols()};
    machine.hidden_means(levels, draws, means, 0, hidden);
}

void GreyRows::add_levels(std::span<std::int32_t> sums) const {
    for (int pair = 0; pair < by_unit_.rows(); ++pair) {
        const std::int32_t* word = by_unit_.row(pair).data();
        for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += (word[i] & 0xFFFF) + (word[i] >> 16);
    }
}

void GreyRows::add_products(const RoundedMeans& means, int first_column, linalg::MatrixView<std::int32_t> sums) const {
    const int visible = by_unit_.cols(), blocks = (visible + block_units - 1) / block_units;
    const int tiles = sums.cols() / tile_columns;
    const auto units = static_cast<std::size_t>(visible);
    constexpr int shard = static_cast<int>(grey_shard_rows);
#pragma omp parallel if (tiles * blocks > 1)
    {
        linalg::Matrix<std::int32_t> words(shard / 2, words_of_pair); // of this thread
#pragma omp for collapse(2) schedule(dynamic)
        for (int tile = 0; tile < tiles; ++tile) {
            for (int block = 0; block < blocks; ++block) {
                const int unit = block * block_units, count = std::min(block_units, visible - unit);
                for (int first = 0; first < rows(); first += shard) {
                    const int together = std::min(shard, rows() - first);
                    split_pairs(&means.values(first, first_column + tile * tile_columns),
                                static_cast<std::size_t>(means.values.cols()), together, 0, words.data());
                    add_rounded({&by_unit_(first / 2, unit), 1, units, count, (together + 1) / 2}, words.data(),
                                &sums(unit, tile * tile_columns), static_cast<std::size_t>(sums.cols()));
                }
            }
        }
    }
}

} // namespace blockspin::net
