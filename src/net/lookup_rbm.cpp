#include <blockspin/net/lookup_rbm.hpp>

#include <blockspin/core/check.hpp>

#include "amx_sums.hpp"
#include "level_kernels.hpp"
#include "lookup_kernels.hpp"
#include "row_pieces.hpp"
#include "unit_drawing.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <optional>

namespace blockspin::net {

namespace {

constexpr auto in_tile = static_cast<std::size_t>(tile_columns);

std::size_t count_of(const UnitRange& range) { return static_cast<std::size_t>(range.count()); }

/// The largest p so that `terms` weights below `largest`, times 2^p, add up to less than 2^30.
int fixed_point_bits(int terms, float largest) {
    int exponent = 0;
    std::frexp(static_cast<double>(terms) * static_cast<double>(largest), &exponent);
    return std::clamp(30 - exponent, -120, 28);
}

/// Bits that weights have beyond those that levels are multiplied by.
int spare_bits(int terms) {
    const int largest = 31 - std::bit_width(static_cast<unsigned>(terms)); // weights are below 2^largest
    return std::max(0, largest - integer_bits);
}

void require_room(const RoundedMeans& means, int first, int rows, int tiles) {
    core::ensure(means.values.cols() >= tiles * tile_columns && first >= 0 && first + rows <= means.values.rows(),
                 "means of every row have a place");
}

MeanTile mean_tile(RoundedMeans& means, int row, int column) {
    return {.first = &means.values(row, column),
            .stride = static_cast<std::size_t>(means.values.cols()),
            .gain = std::ldexp(2.0F, means.bits),
            .shift = std::int32_t{1} << means.bits};
}

/// Of what anneal() leaves of the tiles of a row.
double ln_cosh_ratio(double step, std::span<const float> parts) {
    constexpr std::size_t of_tile = 8, together = 16 * of_tile;
    std::array<double, 4> moduli{};
    double logarithm = 0;
    for (std::size_t first = 0; first < parts.size(); first += together) {
        std::array<double, 4> ratios{1, 1, 1, 1}; // each stays between 2^-128 and 2^128
        const std::size_t end = std::min(first + together, parts.size());
        for (std::size_t tile = first; tile < end; tile += of_tile) {
            for (std::size_t i = 0; i < 4; ++i) {
                moduli[i] += parts[tile + i];
                ratios[i] *= parts[tile + 4 + i];
            }
        }
        logarithm += std::log((ratios[0] * ratios[1]) * (ratios[2] * ratios[3]));
    }
    return step * ((moduli[0] + moduli[1]) + (moduli[2] + moduli[3])) + logarithm;
}

} // namespace

LookupRbm::Side::Side(int from, int to, const UnitRange& of_outputs)
    : inputs(from), outputs(to), own(of_outputs), tiles(whole_tiles(own.count()) / tile_columns),
      offset(static_cast<std::size_t>(whole_tiles(own.count()))), bias(offset.size()) {
    core::ensure(own.first % half_columns == 0 && own.first < own.end && own.end <= to &&
                     (own.end % half_columns == 0 || own.end == to),
                 "units in whole halves of tiles");
}

int LookupRbm::Side::columns(int tile) const noexcept {
    return std::min(tile_columns, own.count() - tile * tile_columns);
}

/// Room for what the weights become: bytes if they fit and that pays, or the values themselves, or both.
void LookupRbm::Side::prepare(bool fits_bytes, bool needs_values) {
    const bool as_bytes = fits_bytes && pays_as_bytes(fewest_rows_as_bytes, inputs);
    if (as_bytes != has_bytes())
        bytes =
            linalg::Matrix<std::uint8_t>(as_bytes ? tiles : 0, as_bytes ? static_cast<int>(bytes_of_tile(inputs)) : 0);
    const bool as_values = needs_values || !as_bytes;
    if (as_values != has_values()) values = linalg::Matrix<std::int32_t>(as_values ? tiles * inputs : 0, tile_columns);
}

/// The offsets, once all values are there.
void LookupRbm::Side::add_up() {
    const std::vector<std::uint64_t> all(static_cast<std::size_t>(inputs) / 64 + 1, ~std::uint64_t{0});
    for (int tile = 0; tile < tiles; ++tile) {
        linalg::Matrix<std::int32_t> sums(1, tile_columns);
        if (has_bytes()) {
            sum_selected_bytes({all.data(), all.size(), 1, inputs}, bytes.row(tile).data(), sums.data());
        } else {
            for (int i = 0; i < inputs; ++i) {
                const std::int32_t* value = of_tile(tile) + i * tile_columns;
#pragma omp simd
                for (int j = 0; j < tile_columns; ++j) sums(0, j) += value[j];
            }
        }
        std::ranges::copy(sums.values(), offset.begin() + tile * tile_columns);
    }
}

LookupRbm::LookupRbm(const std::vector<UnitRange>& visible, const std::vector<UnitRange>& hidden, std::size_t rank)
    : visible_(visible), hidden_(hidden), rank_(rank), up_(visible.back().end, hidden.back().end, hidden[rank]),
      down_(hidden.back().end, visible.back().end, visible[rank]) {
    for (std::size_t of = 0; of < visible_.size(); ++of) {
        for (int first = visible_[of].first, tile = 0; first < visible_[of].end; first += tile_columns, ++tile)
            blocks_.push_back({{first, std::min(first + tile_columns, visible_[of].end)}, of, tile});
    }
}

LookupRbm::LookupRbm(int visible, int hidden) : LookupRbm({{0, visible}}, {{0, hidden}}, 0) {}

LookupRbm::LookupRbm(const UnitShares& shares)
    : LookupRbm(shares.visible_of_ranks(), shares.hidden_of_ranks(), static_cast<std::size_t>(shares.group().rank())) {
    shares_ = &shares;
    if (shares.parts() == 1) return;
    weights_.emplace(shares.exchange(
        [this](std::size_t from, std::size_t to) { return sizeof(std::int32_t) * values_between(from, to); }));
}

/// The values that one rank rounds for another one: [tile of its visible units][hidden unit][visible unit].
std::size_t LookupRbm::values_between(std::size_t from, std::size_t to) const {
    return static_cast<std::size_t>(whole_tiles(visible_[to].count())) * count_of(hidden_[from]);
}

/// The weights of a block of visible units, rounded, in both directions; with room for a tile of each.
void LookupRbm::assign_rows(const Rbm<float>& rbm, float scale, const Block& block,
                            linalg::Matrix<std::int32_t>& values, linalg::Matrix<std::int32_t>& transposed) {
    const UnitRange &rows = block.units, &own = hidden_[rank_];
    const bool stays = block.rank == rank_;
    std::int32_t* down = transposed.data();
    if (!stays) {
        const std::size_t peer = shares_->place_of(block.rank);
        down = weights_->outgoing<std::int32_t>(peer, values_between(rank_, block.rank)).data() +
               static_cast<std::size_t>(block.tile) * in_tile * count_of(own);
    } else if (down_.has_values()) {
        down = down_.of_tile(block.tile) + own.first * tile_columns;
    } else if (rows.count() < tile_columns) {
        std::ranges::fill(transposed.values(), 0); // the outputs that fill up the tile
    }
    for (int tile = 0; tile < up_.tiles; ++tile) {
        const int column = tile * tile_columns, columns = up_.columns(tile);
        std::int32_t* up = up_.has_values() ? up_.of_tile(tile) + rows.first * tile_columns : values.data();
        if (columns < tile_columns) std::ranges::fill(values.values(), 0);
        round({&rbm.weights(rows.first, column), count_of(own), rows.count(), columns}, scale, {up, in_tile},
              {down + column * tile_columns, in_tile});
        if (up_.has_bytes())
            cut_to_bytes(up, in_tile, {rows.first, rows.count(), visible()}, up_.bytes.row(tile).data(), columns);
    }
    if (stays && down_.has_bytes())
        cut_to_bytes(down, in_tile, {own.first, own.count(), hidden()}, down_.bytes.row(block.tile).data(),
                     rows.count());
}

void LookupRbm::assign(const Rbm<float>& rbm, bool for_grey) {
    const UnitRange &own = hidden_[rank_], &own_visible = visible_[rank_];
    core::ensure(rbm.visible() == visible() && rbm.hidden() == own.count() && rbm.is_binary(),
                 "a binary machine of the given shape");
    const float own_largest = largest_modulus(rbm.weights.values());
    const float largest = shares_ != nullptr ? shares_->largest(own_largest) : own_largest;
    const int bits = fixed_point_bits(std::max(visible(), hidden()), largest);
    unit_ = std::ldexp(1.0F, -bits);
    const float scale = std::ldexp(1.0F, bits);
    const bool fits_bytes = scale * largest < end_of_bytes - 1.0F;
    up_.prepare(fits_bytes, for_grey);
    down_.prepare(fits_bytes, false);
    std::ranges::copy(rbm.hidden_bias, up_.bias.begin());
    std::copy_n(rbm.visible_bias.begin() + own_visible.first, own_visible.count(), down_.bias.begin());
#pragma omp parallel
    {
        linalg::Matrix<std::int32_t> values(tile_columns, tile_columns),
            transposed(whole_tiles(own.count()), tile_columns); // of a thread
#pragma omp for schedule(static)
        for (const Block& block : blocks_) assign_rows(rbm, scale, block, values, transposed);
    }
    up_.add_up();
    if (!weights_) return down_.add_up();
    const std::vector<std::size_t> others = shares_->others();
    for (std::size_t peer = 0; peer < others.size(); ++peer) {
        weights_->begin(peer, sizeof(std::int32_t) * values_between(rank_, others[peer]),
                        sizeof(std::int32_t) * values_between(others[peer], rank_));
    }
}

/// Of the outputs of a tile of visible units, the values of another rank's hidden units.
void LookupRbm::take_tile(int tile, const UnitRange& inputs, const std::int32_t* values) {
    if (down_.has_values())
        std::copy_n(values, count_of(inputs) * in_tile, down_.of_tile(tile) + inputs.first * tile_columns);
    if (down_.has_bytes())
        cut_to_bytes(values, in_tile, {inputs.first, inputs.count(), hidden()}, down_.bytes.row(tile).data(),
                     down_.columns(tile));
}

void LookupRbm::take_others() {
    if (!weights_) return;
    weights_->end();
    const std::vector<std::size_t> others = shares_->others();
#pragma omp parallel for schedule(static)
    for (int tile = 0; tile < down_.tiles; ++tile) {
        for (std::size_t peer = 0; peer < others.size(); ++peer) {
            const UnitRange& inputs = hidden_[others[peer]];
            const std::int32_t* values =
                weights_->incoming<std::int32_t>(peer, values_between(others[peer], rank_)).data();
            take_tile(tile, inputs, values + static_cast<std::size_t>(tile) * in_tile * count_of(inputs));
        }
    }
    down_.add_up();
}

/// Calls use(sums, first row, number of rows, tile) for every tile of the integer fields on its own units.
template <class Use>
void LookupRbm::for_each_tile(const Side& side, const BitRows& inputs, Columns columns, const Use& use) const {
    core::ensure(inputs.units() == side.inputs, "rows of as many units as the machine has");
    if (inputs.rows() == 0) return;
    const RowPieces pieces(inputs.rows(), side.tiles);
#pragma omp parallel if (pieces.count() * side.tiles > 1)
    {
        linalg::Matrix<std::int32_t> sums(pieces.most_rows(), tile_columns); // of this thread
#pragma omp for collapse(2) schedule(dynamic)
        for (int piece = 0; piece < pieces.count(); ++piece) {
            for (int tile = 0; tile < side.tiles; ++tile) {
                const int first = pieces.first(piece), rows = pieces.first(piece + 1) - first;
                const int of_tile = columns == Columns::all ? tile_columns : side.columns(tile);
                const BitTile bits{inputs.row(first), inputs.row_words(), rows, inputs.units()};
                if (side.has_bytes()) {
                    sum_selected_bytes(bits, side.bytes.row(tile).data(), sums.data(), tile_columns, of_tile);
                } else {
                    sum_selected(bits, side.of_tile(tile), tile_columns, sums.data(), tile_columns, of_tile);
                }
                use(sums, first, rows, tile);
            }
        }
    }
}

void LookupRbm::evaluate(const Side& side, const BitRows& inputs, rng::Purpose purpose, const Draws& draws,
                         RoundedMeans* means, int first_mean, BitRows* drawn) const {
    core::ensure(drawn == nullptr || (drawn->rows() == inputs.rows() && drawn->units() == side.outputs),
                 "units are drawn for every row");
    if (means != nullptr) require_room(*means, first_mean, inputs.rows(), side.tiles);
    std::optional<UnitDrawing> drawing;
    if (drawn != nullptr) drawing.emplace(purpose, draws, *drawn);
    for_each_tile(
        side, inputs, Columns::own, [&](const linalg::Matrix<std::int32_t>& sums, int first, int rows, int tile) {
            const int column = tile * tile_columns;
            activate(activation(side, tile), sums.data(), tile_columns, rows,
                     means != nullptr ? mean_tile(*means, first_mean + first, column) : MeanTile{},
                     drawing ? drawing->tile(first, side.own.first + column, side.columns(tile)) : DrawTile{});
        });
}

void LookupRbm::hidden_means(const LevelPairs& visible, const Draws& draws, RoundedMeans& means, int first_mean,
                             BitRows* hidden) const {
    core::ensure(visible.pairs == (up_.inputs + 1) / 2, "rows of as many units as the machine has");
    core::ensure(up_.has_values(), "weights that were taken over for grey rows");
    require_room(means, first_mean, visible.rows, up_.tiles);
    if (visible.rows == 0) return;
    std::optional<UnitDrawing> drawing;
    if (hidden != nullptr) drawing.emplace(rng::Purpose::rbm_hidden, draws, *hidden);
    const int shift = spare_bits(std::max(up_.inputs, up_.outputs));
    const float unit = std::ldexp(unit_, shift + 1) / 255.0F;
    const RowPieces pieces(visible.rows, up_.tiles);
#pragma omp parallel if (pieces.count() * up_.tiles > 1)
    {
        linalg::Matrix<std::int32_t> words(visible.pairs, words_of_pair); // of this thread, as the next
        linalg::Matrix<float> fields(pieces.most_rows(), tile_columns);
#pragma omp for collapse(2) schedule(dynamic)
        for (int piece = 0; piece < pieces.count(); ++piece) {
            for (int tile = 0; tile < up_.tiles; ++tile) {
                const int first = pieces.first(piece), rows = pieces.first(piece + 1) - first;
                const int column = tile * tile_columns;
                const std::int32_t* offset = up_.offset.data() + column;
                for (int r = 0; r < rows; ++r) {
                    for (int c = 0; c < tile_columns; ++c) fields(r, c) = -unit_ * static_cast<float>(offset[c]);
                }
                split_pairs(up_.of_tile(tile), tile_columns, up_.inputs, shift, words.data());
                add_fields({visible.first + static_cast<std::size_t>(first) * visible.row_stride, visible.row_stride,
                            visible.pair_stride, rows, visible.pairs},
                           words.data(), unit, fields.data());
                activate(activation(up_, tile), fields.data(), tile_columns, rows,
                         mean_tile(means, first_mean + first, column),
                         drawing ? drawing->tile(first, up_.own.first + column, up_.columns(tile)) : DrawTile{});
            }
        }
    }
}

Activation LookupRbm::activation(const Side& side, int tile) const {
    return {.offset = side.offset.data() + tile * tile_columns,
            .bias = side.bias.data() + tile * tile_columns,
            .doubling = 1,
            .unit = unit_,
            .slope = 2.88539008177793F,
            .columns = side.columns(tile)};
}

void LookupRbm::anneal_hidden(const BitRows& visible, float from, float to, const Draws& draws, BitRows& hidden,
                              std::span<double> ln_cosh_ratios) const {
    core::ensure(ln_cosh_ratios.size() == static_cast<std::size_t>(visible.rows()), "a number for every row");
    core::ensure(hidden.rows() == visible.rows() && hidden.units() == up_.outputs, "units are drawn for every row");
    const UnitDrawing drawing(rng::Purpose::annealing, draws, hidden);
    linalg::Matrix<float> parts(visible.rows(), 8 * up_.tiles);
    for_each_tile(
        up_, visible, Columns::all, [&](const linalg::Matrix<std::int32_t>& sums, int first, int rows, int tile) {
            const AnnealTile annealing{&parts(first, 8 * tile), static_cast<std::size_t>(parts.cols()), from, to};
            anneal(activation(up_, tile), sums.data(), tile_columns, rows, annealing,
                   drawing.tile(first, tile * tile_columns));
        });
    const double step = static_cast<double>(to) - static_cast<double>(from);
#pragma omp parallel for schedule(static) if (parts.rows() > 64)
    for (int row = 0; row < parts.rows(); ++row) {
        ln_cosh_ratios[static_cast<std::size_t>(row)] = ln_cosh_ratio(step, parts.row(row));
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
    for_each_tile(down_, hidden, Columns::own,
                  [&](const linalg::Matrix<std::int32_t>& sums, int first, int rows, int tile) {
                      Activation how = activation(down_, tile);
                      how.bias = padded.data() + tile * tile_columns;
                      how.unit = to * unit_;
                      activate(how, sums.data(), tile_columns, rows, {},
                               drawing.tile(first, tile * tile_columns, down_.columns(tile)));
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
    for_each_tile(
        up_, visible, Columns::own, [&](const linalg::Matrix<std::int32_t>& sums, int first, int rows, int tile) {
            const int column = tile * tile_columns;
            for (int r = 0; r < rows; ++r) {
                for (int c = 0; c < up_.columns(tile); ++c) {
                    const std::int32_t sum = 2 * sums(r, c) - up_.offset[static_cast<std::size_t>(column + c)];
                    fields(first + r, column + c) = static_cast<float>(sum) * unit_;
                }
            }
        });
}

} // namespace blockspin::net
