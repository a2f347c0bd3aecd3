#include <blockspin/net/lookup_rbm.hpp>

#include <blockspin/core/check.hpp>

#include "lookup_kernels.hpp"
#include "row_pieces.hpp"
#include "unit_drawing.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace blockspin::net {

namespace {

/// Columns beyond the last tile, so that the rows of 512 hidden units do not share the same few sets of a cache.
constexpr int spare_columns = 16;

/// The largest p so that `terms` weights below `largest`, times 2^p, add up to less than 2^30.
int fixed_point_bits(int terms, float largest) {
    int exponent = 0;
    std::frexp(static_cast<double>(terms) * static_cast<double>(largest), &exponent);
    return std::clamp(30 - exponent, -120, 28);
}

} // namespace

LookupRbm::Side::Side(int from, int to)
    : inputs(from), outputs(to), tiles(whole_tiles(to) / tile_columns), values(from, whole_tiles(to) + spare_columns),
      offset(static_cast<std::size_t>(values.cols())), bias(offset.size()) {}

void LookupRbm::Side::finish(std::span<const float> biases) {
    std::ranges::copy(biases, bias.begin());
    std::ranges::fill(offset, 0);
    for (int i = 0; i < inputs; ++i) {
        const std::int32_t* row = values.row(i).data();
        std::int32_t* sum = offset.data();
#pragma omp simd
        for (int j = 0; j < values.cols(); ++j) sum[j] += row[j];
    }
}

LookupRbm::LookupRbm(int visible, int hidden) : up_(visible, hidden), down_(hidden, visible) {}

void LookupRbm::assign(const Rbm<float>& rbm) {
    core::ensure(rbm.visible() == visible() && rbm.hidden() == hidden() && rbm.is_binary(),
                 "a binary machine of the given shape");
    const int bits = fixed_point_bits(std::max(visible(), hidden()), largest_modulus(rbm.weights.values()));
    unit_ = std::ldexp(1.0F, -bits);
    const float scale = std::ldexp(1.0F, bits);
#pragma omp parallel for schedule(static)
    for (int top = 0; top < visible(); top += tile_columns) {
        for (int left = 0; left < hidden(); left += tile_columns) {
            const int bottom = std::min(top + tile_columns, visible()), right = std::min(left + tile_columns, hidden());
            round({&rbm.weights(top, left), static_cast<std::size_t>(hidden()), bottom - top, right - left}, scale,
                  {&up_.values(top, left), static_cast<std::size_t>(up_.values.cols())},
                  {&down_.values(left, top), static_cast<std::size_t>(down_.values.cols())});
        }
    }
    up_.finish(rbm.hidden_bias);
    down_.finish(rbm.visible_bias);
}

/// Calls use(sums, first row, number of rows, first column) for every tile of the integer fields.
template <class Use> void LookupRbm::for_each_tile(const Side& side, const BitRows& inputs, const Use& use) const {
    core::ensure(inputs.units() == side.inputs, "rows of as many units as the machine has");
    const RowPieces pieces(inputs.rows(), side.tiles);
#pragma omp parallel for collapse(2) schedule(dynamic) if (pieces.count() * side.tiles > 1)
    for (int piece = 0; piece < pieces.count(); ++piece) {
        for (int tile = 0; tile < side.tiles; ++tile) {
            const int first = pieces.first(piece), rows = pieces.first(piece + 1) - first;
            linalg::Matrix<std::int32_t> sums(rows, tile_columns);
            sum_selected({inputs.row(first), inputs.row_words(), rows, inputs.units()},
                         side.values.data() + tile * tile_columns, static_cast<std::size_t>(side.values.cols()),
                         sums.data());
            use(sums, first, rows, tile * tile_columns);
        }
    }
}

void LookupRbm::evaluate(const Side& side, const BitRows& inputs, rng::Purpose purpose, const Draws& draws,
                         RoundedMeans* means, int first_mean, BitRows* drawn) const {
    core::ensure(drawn == nullptr || (drawn->rows() == inputs.rows() && drawn->units() == side.outputs),
                 "units are drawn for every row");
    core::ensure(means == nullptr || (means->values.cols() >= side.tiles * tile_columns && first_mean >= 0 &&
                                      first_mean + inputs.rows() <= means->values.rows()),
                 "means of every row have a place");
    std::optional<UnitDrawing> drawing;
    if (drawn != nullptr) drawing.emplace(purpose, draws, *drawn);
    for_each_tile(side, inputs, [&](const linalg::Matrix<std::int32_t>& sums, int first, int rows, int column) {
        MeanTile to_means{};
        if (means != nullptr) {
            to_means = {.first = &means->values(first_mean + first, column),
                        .stride = static_cast<std::size_t>(means->values.cols()),
                        .gain = std::ldexp(2.0F, means->bits),
                        .shift = std::int32_t{1} << means->bits};
        }
        activate(activation(side, column), sums.data(), tile_columns, rows, to_means,
                 drawing ? drawing->tile(first, column) : DrawTile{});
    });
}

Activation LookupRbm::activation(const Side& side, int column) const {
    return {.offset = side.offset.data() + column,
            .bias = side.bias.data() + column,
            .doubling = 1,
            .unit = unit_,
            .slope = 2.88539008177793F};
}

void LookupRbm::anneal_hidden(const BitRows& visible, float from, float to, const Draws& draws, BitRows& hidden,
                              std::span<double> ln_cosh_ratios) const {
    core::ensure(ln_cosh_ratios.size() == static_cast<std::size_t>(visible.rows()), "a number for every row");
    core::ensure(hidden.rows() == visible.rows() && hidden.units() == up_.outputs, "units are drawn for every row");
    const UnitDrawing drawing(rng::Purpose::annealing, draws, hidden);
    linalg::Matrix<float> parts(visible.rows(), 2 * up_.tiles);
    for_each_tile(up_, visible, [&](const linalg::Matrix<std::int32_t>& sums, int first, int rows, int column) {
        const AnnealTile annealing{&parts(first, 2 * (column / tile_columns)), static_cast<std::size_t>(parts.cols()),
                                   from, to};
        anneal(activation(up_, column), sums.data(), tile_columns, rows, annealing, drawing.tile(first, column));
    });
    const double step = static_cast<double>(to) - static_cast<double>(from);
    for (int row = 0; row < parts.rows(); ++row) {
        double modulus = 0, logarithm = 0, ratio = 1;
        for (int tile = 0; tile < up_.tiles; ++tile) {
            modulus += parts(row, 2 * tile);
            ratio *= parts(row, 2 * tile + 1); // between 2^-32 and 2^32
            if (tile % 16 != 15 && tile + 1 != up_.tiles) continue;
            logarithm += std::log(ratio);
            ratio = 1;
        }
        ln_cosh_ratios[static_cast<std::size_t>(row)] = step * modulus + logarithm;
    }
}

void LookupRbm::anneal_visible(const BitRows& hidden, float to, std::span<const float> bias, const Draws& draws,
                               BitRows& visible) const {
    core::ensure(visible.rows() == hidden.rows() && visible.units() == down_.outputs &&
                     visible.units() == static_cast<int>(bias.size()),
                 "units are drawn for every row, with a bias each");
    const UnitDrawing drawing(rng::Purpose::annealing, draws, visible);
    std::vector<float> padded(down_.bias.size());
    std::ranges::copy(bias, padded.begin());
    for_each_tile(down_, hidden, [&](const linalg::Matrix<std::int32_t>& sums, int first, int rows, int column) {
        Activation how = activation(down_, column);
        how.bias = padded.data() + column;
        how.unit = to * unit_;
        activate(how, sums.data(), tile_columns, rows, {}, drawing.tile(first, column));
    });
}

void LookupRbm::draw_hidden(const BitRows& visible, const Draws& draws, BitRows& hidden) const {
    evaluate(up_, visible, rng::Purpose::rbm_hidden, draws, nullptr, 0, &hidden);
}

void LookupRbm::draw_visible(const BitRows& hidden, const Draws& draws, BitRows& visible) const {
    evaluate(down_, hidden, rng::Purpose::rbm_visible, draws, nullptr, 0, &visible);
}

void LookupRbm::hidden_means(const BitRows& visible, const Draws& draws, RoundedMeans& means, int first,
                             BitRows* hidden) const {
    evaluate(up_, visible, rng::Purpose::rbm_hidden, draws, &means, first, hidden);
}

void LookupRbm::hidden_fields(const BitRows& visible, linalg::MatrixView<float> fields) const {
    core::ensure(fields.rows() == visible.rows() && fields.cols() == hidden(), "a field on every hidden unit");
    for_each_tile(up_, visible, [&](const linalg::Matrix<std::int32_t>& sums, int first, int rows, int column) {
        for (int r = 0; r < rows; ++r) {
            for (int c = 0; c < std::min(tile_columns, hidden() - column); ++c) {
                const std::int32_t sum = 2 * sums(r, c) - up_.offset[static_cast<std::size_t>(column + c)];
                fields(first + r, column + c) = static_cast<float>(sum) * unit_;
            }
        }
    });
}

} // namespace blockspin::net
