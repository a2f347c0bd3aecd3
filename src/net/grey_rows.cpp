#include "grey_rows.hpp"

#include <blockspin/core/check.hpp>
#include <blockspin/linalg/product.hpp>

#include "lookup_kernels.hpp"
#include "unit_drawing.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

namespace blockspin::net {

namespace {

/// Visible units of one product of the gradient.
constexpr int block_units = 256;

int shards_of(int rows) { return static_cast<int>((rows + grey_shard_rows - 1) / grey_shard_rows); }

linalg::MatrixView<const float> shard_of(const linalg::Matrix<float>& units, int shard) {
    const int first = shard * static_cast<int>(grey_shard_rows);
    return units.view().row_block(first, std::min(static_cast<int>(grey_shard_rows), units.rows() - first));
}

/// The columns first … first + count − 1 of a matrix, as numbers.
linalg::Matrix<float> columns(linalg::MatrixView<const float> from, int first, int count) {
    linalg::Matrix<float> result(from.rows(), count);
    for (int r = 0; r < from.rows(); ++r) std::copy_n(from.row(r).data() + first, count, result.row(r).data());
    return result;
}

/// sums += the integers nearest to the products; those of one tile and row lie together.
void add_rounded(const linalg::Matrix<float>& products, int visible, int first_unit, int first_tile,
                 std::span<std::int32_t> sums) {
    for (int i = 0; i < products.rows(); ++i) {
        for (int column = 0; column < products.cols(); column += tile_columns) {
            const auto tile = static_cast<std::size_t>(first_tile + column / tile_columns);
            std::int32_t* sum =
                sums.data() +
                (tile * static_cast<std::size_t>(visible) + static_cast<std::size_t>(first_unit + i)) * tile_columns;
            const float* product = products.row(i).data() + column;
#pragma omp simd
            for (int c = 0; c < tile_columns; ++c) {
                sum[c] += static_cast<std::int32_t>(product[c] + (product[c] < 0.0F ? -0.5F : 0.5F));
            }
        }
    }
}

} // namespace

void GreyRows::take(const Dataset& data, std::span<const std::int64_t> rows) {
    units_ = linalg::Matrix<float>(static_cast<int>(rows.size()), data.units());
    data.unpack(rows, units_);
}

void GreyRows::hidden_means(const Rbm<float>& rbm, const Draws& draws, RoundedMeans& means, BitRows* hidden) const {
    const int shards = shards_of(rows()), padded = whole_tiles(rbm.hidden());
    std::vector<float> bias(static_cast<std::size_t>(padded));
    std::ranges::copy(rbm.hidden_bias, bias.begin());
    std::optional<UnitDrawing> drawing;
    if (hidden != nullptr) drawing.emplace(rng::Purpose::rbm_hidden, draws, *hidden);
#pragma omp parallel for schedule(dynamic) if (shards > 1)
    for (int shard = 0; shard < shards; ++shard) {
        const linalg::MatrixView<const float> units = shard_of(units_, shard);
        linalg::Matrix<float> fields(units.rows(), rbm.hidden()), whole(units.rows(), padded);
        linalg::gemm(linalg::Op::none, linalg::Op::none, 1.0F, units, rbm.weights, 0.0F, fields);
        for (int r = 0; r < fields.rows(); ++r) std::ranges::copy(fields.row(r), whole.row(r).begin());
        const int first = shard * static_cast<int>(grey_shard_rows);
        for (int column = 0; column < padded; column += tile_columns) {
            const Activation how{.offset = nullptr,
                                 .bias = bias.data() + column,
                                 .doubling = 0,
                                 .unit = 1.0F,
                                 .slope = 2.88539008177793F};
            const MeanTile to{.first = &means.values(first, column),
                              .stride = static_cast<std::size_t>(means.values.cols()),
                              .gain = std::ldexp(2.0F, means.bits),
                              .shift = std::int32_t{1} << means.bits};
            activate(how, &whole(0, column), static_cast<std::size_t>(padded), whole.rows(), to,
                     drawing ? drawing->tile(first, column) : DrawTile{});
        }
    }
}

void GreyRows::add_levels(std::span<std::int32_t> sums) const {
    for (int r = 0; r < units_.rows(); ++r) {
        const float* unit = units_.row(r).data();
        for (std::size_t i = 0; i < sums.size(); ++i) {
            sums[i] += static_cast<std::int32_t>((unit[i] + 1.0F) * 127.5F + 0.5F);
        }
    }
}

void GreyRows::add_products(const RoundedMeans& means, int first_tile, int end_tile,
                            std::span<std::int32_t> sums) const {
    const int visible = units_.cols(), shards = shards_of(rows());
    const int tiles_of_chunk = chunk_columns / tile_columns;
    core::ensure(first_tile % tiles_of_chunk == 0, "tiles of whole chunks");
    const int chunks = (end_tile - first_tile + tiles_of_chunk - 1) / tiles_of_chunk;
    const int blocks = (visible + block_units - 1) / block_units;
    linalg::Matrix<float> all_means(rows(), means.values.cols());
    std::copy_n(means.values.data(), all_means.size(), all_means.data());
#pragma omp parallel for collapse(2) schedule(dynamic) if (chunks * blocks > 1)
    for (int chunk = 0; chunk < chunks; ++chunk) {
        for (int block = 0; block < blocks; ++block) {
            const int tile = first_tile + chunk * tiles_of_chunk, unit = block * block_units;
            const int width = (std::min(tile + tiles_of_chunk, end_tile) - tile) * tile_columns;
            linalg::Matrix<float> products(std::min(block_units, visible - unit), width);
            for (int shard = 0; shard < shards; ++shard) {
                linalg::gemm(linalg::Op::transpose, linalg::Op::none, 0.5F,
                             columns(shard_of(units_, shard), unit, products.rows()),
                             columns(shard_of(all_means, shard), tile * tile_columns, width), 0.0F, products);
                add_rounded(products, visible, unit, tile, sums);
            }
        }
    }
}

} // namespace blockspin::net
