#include <blockspin/net/contrastive_divergence.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/mpi/requests.hpp>

#include "grey_rows.hpp"
#include "lookup_kernels.hpp"
#include "row_pieces.hpp"
#include "tempered_chains.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>

namespace blockspin::net {

namespace {

/// Two phases of `rows` means up to 2^bits must fit 31 bits.
int mean_bits(std::size_t rows) { return std::min(21, 29 - static_cast<int>(std::bit_width(rows - 1))); }

int count_of(const RowRange& range) { return static_cast<int>(range.count()); }

void reshape(BitRows& bits, int rows, int units) {
    if (bits.rows() != rows || bits.units() != units) bits = BitRows(rows, units);
}

/// The first rows of `from`, as many as `to` has, or the other way round.
void copy_rows(const BitRows& from, BitRows& to) {
    const int rows = std::min(from.rows(), to.rows());
    for (int r = 0; r < rows; ++r) std::copy_n(from.row(r), from.row_words(), to.row(r));
}

/// sums += sign · rows, and the rows become sign · themselves.
void add_signed(linalg::Matrix<std::int32_t>& rows, int first, int end, std::int32_t sign,
                std::span<std::int32_t> sums) {
    for (int r = first; r < end; ++r) {
        std::int32_t* value = rows.row(r).data();
        std::int32_t* sum = sums.data();
#pragma omp simd
        for (std::size_t j = 0; j < sums.size(); ++j) {
            value[j] *= sign;
            sum[j] += value[j];
        }
    }
}

/// Units that are on among the first `end` rows of a transposed matrix of bits, and among the others.
std::array<std::int32_t, 2> counts(const std::uint64_t* bits, int end, int rows) {
    std::array<std::int32_t, 2> count{};
    for (int first = 0; first < rows; first += 64) {
        const std::uint64_t word = bits[first / 64];
        const int of_data = std::clamp(end - first, 0, 64);
        const std::uint64_t data = of_data == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << of_data) - 1;
        count[0] += std::popcount(word & data);
        count[1] += std::popcount(word & ~data);
    }
    return count;
}

} // namespace

ContrastiveDivergence::ContrastiveDivergence(const mpi::Communicator& comm, int visible, int hidden, int gibbs_steps,
                                             process::Timers& timers, int unit_parts)
    : gibbs_steps_(gibbs_steps), timers_(timers), units_(comm, visible, hidden, unit_parts),
      shares_(units_.peers(), static_cast<std::size_t>(visible)), machine_(units_), of_hidden_(2, hidden),
      gradient_(visible, hidden) {
    core::ensure(gibbs_steps >= 1 && gibbs_steps <= 10000, "contrastive divergence takes 1 to 10000 steps");
    const auto columns = static_cast<std::size_t>(whole_tiles(units_.hidden().count()));
    make_parts();
    bias_sums_.resize(2 * static_cast<std::size_t>(visible) + 2 * columns);
    data_means_ = {std::vector<float>(static_cast<std::size_t>(visible)),
                   std::vector<float>(static_cast<std::size_t>(hidden))};
    means_.values = linalg::Matrix<std::int32_t>(0, static_cast<int>(columns));
}

ContrastiveDivergence::~ContrastiveDivergence() = default;

/// Whole chunks of columns each; one part where no sums travel.
void ContrastiveDivergence::make_parts() {
    constexpr int most_parts = 4;
    const int columns = whole_tiles(units_.hidden().count()), chunks = (columns + chunk_columns - 1) / chunk_columns;
    const bool travel = units_.peers().size() > 1;
    const int count = travel ? std::min(most_parts, chunks) : 1;
    for (int part = 0; part < count; ++part) {
        const int first = chunks * part / count * chunk_columns;
        const int end = std::min(chunks * (part + 1) / count * chunk_columns, columns);
        const linalg::Matrix<std::int32_t> sums(machine_.visible(), end - first);
        parts_.push_back({first, sums, travel ? sums : linalg::Matrix<std::int32_t>()});
    }
}

int ContrastiveDivergence::data_rows() const noexcept { return grey_ ? grey_->rows() : data_.rows(); }

RowRange ContrastiveDivergence::chains_of_group(const Dataset& data, std::int64_t rows) const noexcept {
    return rows_of_rank(rows, units_.peers(), data.are_means() ? grey_shard_rows : 1);
}

/// The means of its own hidden units given the data, and, unless nullptr, draws of all of them.
void ContrastiveDivergence::start_from_data(const Dataset& data, std::span<const std::int64_t> rows, const Draws& draws,
                                            BitRows* hidden) {
    if (grey_) {
        grey_->take(data, rows);
        grey_->hidden_means(machine_, draws, means_, hidden);
    } else {
        data.unpack(rows, data_);
        machine_.hidden_means(data_, draws, means_, 0, hidden);
    }
    if (hidden != nullptr) units_.complete_hidden(*hidden);
}

void PersistentChains::prepare(const RowRange& rows, int hidden_units) {
    const BitRows none(count_of(rows), hidden_units);
    range = rows;
    hidden = none;
    tempered.assign(inverse_temperatures.size(), none);
    ends.assign(static_cast<std::size_t>(rows.count()) * (tempered.size() + 1), 0);
    started = true;
}

void ContrastiveDivergence::run_chains(const Rbm<float>& part, const Dataset& data, std::span<const std::int64_t> rows,
                                       const Draws& draws, PersistentChains* chains) {
    const auto in_all = static_cast<std::int64_t>(rows.size());
    if (data.are_means() != (grey_ != nullptr)) grey_ = data.are_means() ? std::make_unique<GreyRows>() : nullptr;
    const RowRange of_data = chains_of_group(data, in_all);
    const bool starts = chains != nullptr && !chains->started;
    if (starts) chains->prepare(of_data, machine_.hidden());
    RowRange of_model = chains != nullptr ? chains->range : of_data;
    of_model.end = std::clamp(in_all, of_model.first, of_model.end);
    reshape(data_, grey_ ? 0 : count_of(of_data), machine_.visible());
    reshape(model_, count_of(of_model), machine_.visible());
    reshape(hidden_, count_of(of_model), machine_.hidden());
    means_.bits = mean_bits(rows.size());
    const int both = count_of(of_data) + model_.rows();
    if (means_.values.rows() != both) means_.values = linalg::Matrix<std::int32_t>(both, means_.values.cols());

    Draws here = draws;
    here.first_row = of_data.first;
    start_from_data(data,
                    rows.subspan(static_cast<std::size_t>(of_data.first), static_cast<std::size_t>(of_data.count())),
                    here, chains == nullptr || starts ? &hidden_ : nullptr);
    if (chains != nullptr && !starts) copy_rows(chains->hidden, hidden_);
    if (starts) std::ranges::fill(chains->tempered, hidden_);
    here.first_row = of_model.first;
    machine_.take_others();
    for (int step = 1; step <= gibbs_steps_; ++step) {
        here.half_step = 2 * step - 1;
        machine_.draw_visible(hidden_, here, model_);
        units_.complete_visible(model_);
        here.half_step = 2 * step;
        if (step == gibbs_steps_) break;
        machine_.draw_hidden(model_, here, hidden_);
        units_.complete_hidden(hidden_);
    }
    machine_.hidden_means(model_, here, means_, data_rows(), chains != nullptr ? &hidden_ : nullptr);
    if (chains == nullptr) return;
    units_.complete_hidden(hidden_);
    if (!chains->tempered.empty()) {
        core::ensure(units_.parts() == 1, "tempered chains are for groups of one rank");
        temper(units_.peers(), part, gibbs_steps_, here, {machine_, model_, in_all}, hidden_, *chains);
    }
    copy_rows(hidden_, chains->hidden);
}

/// The bits of both phases by visible unit, and the sums that need no weights.
void ContrastiveDivergence::add_biases() {
    const int both = data_.rows() + model_.rows();
    by_unit_ = BitRows(machine_.visible(), both);
    transpose(data_, 0, by_unit_);
    transpose(model_, data_.rows(), by_unit_);
    std::ranges::fill(bias_sums_, 0);
    const auto visible = static_cast<std::size_t>(machine_.visible());
    const auto columns = static_cast<std::size_t>(means_.values.cols());
    for (std::size_t i = 0; i < visible; ++i) {
        const auto [of_data, of_model] = counts(by_unit_.row(static_cast<int>(i)), data_.rows(), both);
        bias_sums_[i] = of_data - of_model;
        bias_sums_[visible + 2 * columns + i] = of_data;
    }
    if (grey_) grey_->add_levels(std::span(bias_sums_).subspan(visible + 2 * columns));
    const std::span<std::int32_t> difference = std::span(bias_sums_).subspan(visible, columns);
    add_signed(means_.values, 0, data_rows(), 1, difference);
    std::ranges::copy(difference, bias_sums_.begin() + static_cast<std::ptrdiff_t>(visible + columns));
    add_signed(means_.values, data_rows(), means_.values.rows(), -1, difference);
}

/// Σ bit · mean over both phases for the columns of one part, a row for each visible unit.
void ContrastiveDivergence::add_weights(Part& part) {
    const int visible = machine_.visible(), tiles = part.sums.cols() / tile_columns;
    const RowPieces pieces(visible, tiles);
    const std::size_t skipped =
        grey_ ? static_cast<std::size_t>(grey_->rows()) * static_cast<std::size_t>(means_.values.cols()) : 0;
#pragma omp parallel for collapse(2) schedule(dynamic) if (pieces.count() * tiles > 1)
    for (int tile = 0; tile < tiles; ++tile) {
        for (int piece = 0; piece < pieces.count(); ++piece) {
            const int first = pieces.first(piece), rows = pieces.first(piece + 1) - first, column = tile * tile_columns;
            sum_selected({by_unit_.row(first), by_unit_.row_words(), rows, by_unit_.units()},
                         means_.values.data() + skipped + part.first_column + column,
                         static_cast<std::size_t>(means_.values.cols()), &part.sums(first, column),
                         static_cast<std::size_t>(part.sums.cols()),
                         std::min(tile_columns, units_.hidden().count() - part.first_column - column));
        }
    }
    if (grey_) grey_->add_products(means_, part.first_column, part.sums);
}

/// The sums over all ranks, of which each rank gets the rows of its own visible units. Those of one part travel while
/// the next is worked on.
void ContrastiveDivergence::add_statistics() {
    mpi::Requests biases;
    std::vector<mpi::ScatteredSum<std::int32_t>> under_way;
    const bool travel = units_.peers().size() > 1;
    if (travel) biases.all_reduce(units_.peers(), std::span(bias_sums_), mpi::Op::sum);
    for (Part& part : parts_) {
        {
            const auto timing = timers_.time("contrastive divergence");
            add_weights(part);
        }
        if (!travel) return;
        const auto timing = timers_.time("sum of gradients", process::Activity::communicate);
        under_way.emplace_back(shares_, part.sums.values(), static_cast<std::size_t>(part.sums.cols()),
                               part.arriving.values(), static_cast<int>(under_way.size()));
        for (auto& sum : under_way) sum.advance();
        biases.progress();
    }
    const auto timing = timers_.time("sum of gradients", process::Activity::communicate);
    for (auto& sum : under_way) sum.finish();
    biases.wait();
}

/// Σ v m = 2 Σ bit m − Σ m, and so on; of grey units, the bit is a probability. Of its own hidden units, or of all.
void ContrastiveDivergence::finish_biases(bool of_all) {
    const auto visible = static_cast<std::size_t>(machine_.visible());
    const auto columns = static_cast<std::size_t>(means_.values.cols());
    const std::int32_t* hidden_sums = bias_sums_.data() + visible;
    const std::span<float> derivatives = own_columns(of_hidden_.row(0)), means = own_columns(of_hidden_.row(1));
    for (std::size_t j = 0; j < means.size(); ++j) {
        derivatives[j] = static_cast<float>(hidden_sums[j]) * unit_;
        means[j] = static_cast<float>(hidden_sums[columns + j]) * unit_;
    }
    if (of_all) units_.complete_columns(of_hidden_);
    std::ranges::copy(of_hidden_.row(0), gradient_.hidden_bias.begin());
    std::ranges::copy(of_hidden_.row(1), data_means_.hidden.begin());
    for (std::size_t i = 0; i < visible; ++i) {
        const float on = static_cast<float>(hidden_sums[2 * columns + i]) / (grey_ ? 255.0F : 1.0F);
        gradient_.visible_bias[i] = 2.0F * (static_cast<float>(bias_sums_[i]) + (grey_ ? on : 0.0F)) / rows_;
        data_means_.visible[i] = 2.0F * on / rows_ - 1.0F;
    }
}

/// Of numbers for all hidden units, those of its own.
std::span<float> ContrastiveDivergence::own_columns(std::span<float> of_hidden) const {
    return of_hidden.subspan(static_cast<std::size_t>(units_.hidden().first),
                             static_cast<std::size_t>(units_.hidden().count()));
}

/// The derivatives by the weights of one visible unit of this rank's to its own hidden ones.
void ContrastiveDivergence::take_derivatives(int unit, std::span<float> derivatives) const {
    const std::int32_t* hidden_sums = bias_sums_.data() + machine_.visible();
    for (const Part& part : parts_) {
        const int end = std::min(part.sums.cols(), units_.hidden().count() - part.first_column);
        scale_sums(part.sums.row(unit).data(), hidden_sums + part.first_column, unit_, end,
                   derivatives.data() + part.first_column);
    }
    terms_.apply(unit, units_.hidden().first, derivatives);
}

/// This rank's share of the sums of derivatives as integers, of the visible units and then of the hidden ones, with
/// weights that are multiples of 2^-bits.
void ContrastiveDivergence::add_derivatives(const UnitWeights& weights, int bits, std::span<std::int64_t> sums) const {
    const auto rounded = [bits](float x) { return std::int64_t{std::llround(std::ldexp(x, bits))}; };
    std::vector<std::int64_t> of_own(static_cast<std::size_t>(means_.values.cols())), own_sums(of_own.size());
    const auto first = static_cast<std::size_t>(units_.hidden().first);
    const auto count = static_cast<std::size_t>(units_.hidden().count());
    for (std::size_t j = 0; j < count; ++j) of_own[j] = rounded(weights.hidden[first + j]);
    const std::int32_t* of_means = bias_sums_.data() + machine_.visible();
    for (std::size_t i = shares_.own().first; i < shares_.own().end; ++i) {
        for (const Part& part : parts_) {
            sums[i] += add_weighted(part.sums.row(static_cast<int>(i)).data(), of_means + part.first_column,
                                    of_own.data() + part.first_column, rounded(weights.visible[i]), part.sums.cols(),
                                    own_sums.data() + part.first_column);
        }
    }
    const auto visible = static_cast<std::size_t>(machine_.visible());
    std::copy_n(own_sums.begin(), count, sums.subspan(visible + first).begin());
}

/// As sums of integers, so that no layout changes a bit.
std::vector<WeightedSums> ContrastiveDivergence::sums_of_derivatives(std::span<const UnitWeights> weights) const {
    const auto visible = static_cast<std::size_t>(machine_.visible());
    const auto units = visible + static_cast<std::size_t>(machine_.hidden());
    const int bits = std::min(20, 31 - static_cast<int>(std::bit_width(units)));
    std::vector<std::int64_t> all(weights.size() * units);
    for (std::size_t k = 0; k < weights.size(); ++k)
        add_derivatives(weights[k], bits, std::span(all).subspan(k * units, units));
    mpi::all_reduce(units_.group(), std::span(all), mpi::Op::sum);
    mpi::all_reduce(units_.peers(), std::span(all), mpi::Op::sum);
    std::vector<double> sums;
    for (const std::int64_t sum : all) sums.push_back(static_cast<double>(sum) * std::ldexp(double{unit_}, -bits));
    std::vector<WeightedSums> result;
    for (auto of = sums.begin(); of != sums.end(); of += static_cast<std::ptrdiff_t>(units)) {
        const auto middle = of + static_cast<std::ptrdiff_t>(visible);
        result.push_back({{of, middle}, {middle, of + static_cast<std::ptrdiff_t>(units)}});
    }
    return result;
}

/// Chains, and the sums of both phases over all ranks; the derivatives by the biases, of all hidden units if the whole
/// gradient is needed.
void ContrastiveDivergence::estimate(const Rbm<float>& part, const Dataset& data, std::span<const std::int64_t> rows,
                                     const Draws& draws, PersistentChains* chains,
                                     const GradientChange& change_of_gradient, bool whole) {
    core::ensure(!rows.empty(), "contrastive divergence of a minibatch");
    {
        const auto timing = timers_.time("contrastive divergence");
        machine_.assign(part, data.are_means());
        run_chains(part, data, rows, draws, chains);
        add_biases();
    }
    add_statistics();
    rows_ = static_cast<float>(rows.size());
    unit_ = static_cast<float>(std::ldexp(1.0, -means_.bits) / static_cast<double>(rows.size()));
    finish_biases(whole || !change_of_gradient.is_none());
    terms_ = {};
    if (change_of_gradient.is_none()) return;
    const auto timing = timers_.time("update of parameters");
    terms_ = GradientTerms(change_of_gradient, data_means_, gradient_,
                           [&](std::span<const UnitWeights> weights) { return sums_of_derivatives(weights); });
}

Gradient<float>& ContrastiveDivergence::gradient(const Rbm<float>& rbm, const Dataset& data,
                                                 std::span<const std::int64_t> rows, const Draws& draws,
                                                 PersistentChains* chains, const GradientChange& change_of_gradient) {
    const bool is_shared = units_.parts() > 1;
    Gradient<float> part;
    if (is_shared) part = part_of(rbm);
    estimate(is_shared ? part : rbm, data, rows, draws, chains, change_of_gradient, true);
    linalg::Matrix<float>& derivatives = is_shared ? part.weights : gradient_.weights;
    {
        const auto timing = timers_.time("contrastive divergence");
        const mpi::Rows own = shares_.own();
#pragma omp parallel for schedule(static)
        for (std::size_t i = own.first; i < own.end; ++i) {
            const int unit = static_cast<int>(i);
            take_derivatives(unit, derivatives.row(unit));
        }
    }
    gather_rows(derivatives);
    if (is_shared) join_columns(derivatives, gradient_.weights);
    return gradient_;
}

void ContrastiveDivergence::update(const LearningRule& rule, const Dataset& data, std::span<const std::int64_t> rows,
                                   const Draws& draws, PersistentChains* chains, Rbm<float>& change, Rbm<float>& part,
                                   const GradientChange& change_of_gradient) {
    core::ensure(rule.max_norm == 0, "an update of some rows, which norms of columns cannot be taken of");
    estimate(part, data, rows, draws, chains, change_of_gradient, false);
    {
        const auto timing = timers_.time("update of parameters");
        const mpi::Rows own = shares_.own();
#pragma omp parallel
        {
            std::vector<float> derivatives(static_cast<std::size_t>(units_.hidden().count())); // of this thread
#pragma omp for schedule(static)
            for (std::size_t i = own.first; i < own.end; ++i) {
                const int unit = static_cast<int>(i);
                take_derivatives(unit, derivatives);
                update_weights<float>(rule, derivatives, change.weights.row(unit), part.weights.row(unit));
            }
        }
        update_biases<float>(rule, gradient_.visible_bias, change.visible_bias, part.visible_bias);
        update_biases<float>(rule, own_columns(gradient_.hidden_bias), change.hidden_bias, part.hidden_bias);
    }
    gather_rows(part.weights);
}

/// Of its own columns, the rows of its peers.
void ContrastiveDivergence::gather_rows(linalg::Matrix<float>& weights) const {
    if (units_.peers().size() == 1) return;
    const auto timing = timers_.time("parameters of all ranks", process::Activity::communicate);
    mpi::gather_rows(shares_, weights.values(), static_cast<std::size_t>(weights.cols()));
}

/// All columns, from those of each rank of the group.
void ContrastiveDivergence::join_columns(const linalg::Matrix<float>& own, linalg::Matrix<float>& all) const {
    const auto timing = timers_.time("parameters of all ranks", process::Activity::communicate);
    for (int i = 0; i < own.rows(); ++i) std::ranges::copy(own.row(i), own_columns(all.row(i)).begin());
    units_.complete_columns(all);
}

Rbm<float> ContrastiveDivergence::part_of(const Rbm<float>& whole) const {
    const UnitRange& own = units_.hidden();
    Rbm<float> part(whole.visible(), own.count());
    part.visible_bias = whole.visible_bias;
    std::copy_n(whole.hidden_bias.begin() + own.first, own.count(), part.hidden_bias.begin());
    for (int i = 0; i < whole.visible(); ++i)
        std::copy_n(whole.weights.row(i).begin() + own.first, own.count(), part.weights.row(i).begin());
    return part;
}

void ContrastiveDivergence::gather(const Rbm<float>& part, Rbm<float>& whole) const {
    linalg::Matrix<float> weights = part.weights, hidden_bias(1, whole.hidden());
    gather_rows(weights);
    join_columns(weights, whole.weights);
    std::ranges::copy(part.hidden_bias, own_columns(hidden_bias.row(0)).begin());
    units_.complete_columns(hidden_bias);
    std::ranges::copy(hidden_bias.values(), whole.hidden_bias.begin());
    whole.visible_bias = part.visible_bias;
}

/// By way of sums over halves of tiles, which no layout cuts.
double ContrastiveDivergence::root_mean_square() const {
    const UnitRange& hidden = units_.hidden();
    linalg::Matrix<double> squares(machine_.visible(), whole_tiles(machine_.hidden()) / half_columns);
    std::vector<float> derivatives(static_cast<std::size_t>(hidden.count()));
    for (std::size_t i = shares_.own().first; i < shares_.own().end; ++i) {
        const int unit = static_cast<int>(i);
        take_derivatives(unit, derivatives);
        for (int j = 0; j < hidden.count(); ++j) {
            const double x = derivatives[static_cast<std::size_t>(j)];
            squares(unit, (hidden.first + j) / half_columns) += x * x;
        }
    }
    const std::span<double> all = squares.values(); // 0 where others have something
    mpi::all_reduce(units_.group(), all, mpi::Op::max);
    mpi::all_reduce(units_.peers(), all, mpi::Op::max);
    const double sum = std::accumulate(all.begin(), all.end(), 0.0);
    return std::sqrt(sum / (static_cast<double>(machine_.visible()) * machine_.hidden()));
}

} // namespace blockspin::net
