#include <blockspin/net/contrastive_divergence.hpp>

#include <blockspin/linalg/product.hpp>
#include <blockspin/mpi/collectives.hpp>

#include "activation.hpp"
#include "for_each_shard.hpp"

#include <omp.h>

#include <algorithm>
#include <utility>

namespace blockspin::net {

namespace {

/// Means are rounded to multiples of 1/scale; a difference of two sums over `exact_rows` rows is then exact in single
/// precision, whose integers end at 2^24.
constexpr std::int32_t scale = 1 << 16;
constexpr int exact_rows = 128;
static_assert(2LL * exact_rows * scale <= 1LL << 24);

/// Replaces fields by the means tanh(field + bias), rounded.
void rounded_means(std::span<const float> biases, linalg::MatrixView<float> units) {
    const float* bias = biases.data();
    for (int row = 0; row < units.rows(); ++row) {
        float* x = units.row(row).data();
#pragma omp simd
        for (std::size_t j = 0; j < biases.size(); ++j) {
            const float above_minus_one = 2.0F * probability_up(x[j] + bias[j]);
            const std::int32_t rounded = static_cast<std::int32_t>(above_minus_one * scale + 0.5F) - scale;
            x[j] = static_cast<float>(rounded) * (1.0F / scale);
        }
    }
}

/// sums += sign · values, in units of 1/scale; sign is +1 or −1.
void add_rounded(std::span<const float> values, int sign, std::int64_t* sums) {
    const float* value = values.data();
    const float unit = static_cast<float>(sign * scale);
#pragma omp simd
    for (std::size_t i = 0; i < values.size(); ++i) sums[i] += static_cast<std::int32_t>(value[i] * unit);
}

void add_column_sums(linalg::MatrixView<const float> plus, linalg::MatrixView<const float> minus,
                     std::span<std::int64_t> sums) {
    for (int row = 0; row < plus.rows(); ++row) {
        add_rounded(plus.row(row), 1, sums.data());
        add_rounded(minus.row(row), -1, sums.data());
    }
}

} // namespace

ContrastiveDivergence::ContrastiveDivergence(const mpi::Communicator& comm, int visible, int hidden, int gibbs_steps,
                                             process::Timers& timers)
    : comm_(comm), gibbs_steps_(gibbs_steps), timers_(timers), gradient_(visible, hidden) {
    core::ensure(gibbs_steps >= 1 && gibbs_steps <= 10000, "contrastive divergence takes 1 to 10000 steps");
    sums_.resize(gradient_.size());
}

void ContrastiveDivergence::run_chains(const Rbm<float>& rbm, const Dataset& data, std::span<const std::int64_t> rows,
                                       const Draws& draws, const RowRange& range) {
    for (Phase* phase : {&data_, &model_}) {
        if (phase->visible.rows() == range.count()) continue;
        phase->visible = linalg::Matrix<float>(static_cast<int>(range.count()), rbm.visible());
        phase->hidden = linalg::Matrix<float>(static_cast<int>(range.count()), rbm.hidden());
    }
    for_each_shard(range, [&](std::int64_t first, std::int64_t count) {
        const auto mine = [&](linalg::Matrix<float>& of_rank) {
            return of_rank.view().row_block(static_cast<int>(first - range.first), static_cast<int>(count));
        };
        const auto data_visible = mine(data_.visible), data_hidden = mine(data_.hidden);
        const auto visible = mine(model_.visible), hidden = mine(model_.hidden);
        Draws here = draws;
        here.first_row = first;
        data.unpack(rows.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)), data_visible);
        hidden_fields(rbm, data_visible, data_hidden);
        std::ranges::copy(data_hidden.values(), hidden.values().begin());
        draw_units(rbm.hidden_bias, rng::Purpose::rbm_hidden, here, hidden);
        rounded_means(rbm.hidden_bias, data_hidden);
        for (int step = 1; step <= gibbs_steps_; ++step) {
            here.half_step = 2 * step - 1;
            sample_visible(rbm, hidden, here, visible);
            here.half_step = 2 * step;
            if (step < gibbs_steps_) sample_hidden(rbm, visible, here, hidden);
        }
        hidden_fields(rbm, visible, hidden);
        rounded_means(rbm.hidden_bias, hidden);
    });
}

void ContrastiveDivergence::add_statistics(int first, int count, std::span<std::int64_t> sums) const {
    const auto rows = [&](const linalg::Matrix<float>& all) { return all.view().row_block(first, count); };
    const auto visible_units = static_cast<std::size_t>(gradient_.visible()), weights = gradient_.weights.size();
    linalg::Matrix<float> product(gradient_.visible(), gradient_.hidden());
    linalg::gemm(linalg::Op::transpose, linalg::Op::none, 1.0F, rows(data_.visible), rows(data_.hidden), 0.0F, product);
    linalg::gemm(linalg::Op::transpose, linalg::Op::none, -1.0F, rows(model_.visible), rows(model_.hidden), 1.0F,
                 product);
    add_rounded(product.values(), 1, sums.data());
    add_column_sums(rows(data_.visible), rows(model_.visible), sums.subspan(weights, visible_units));
    add_column_sums(rows(data_.hidden), rows(model_.hidden), sums.subspan(weights + visible_units));
}

void ContrastiveDivergence::add_statistics(const RowRange& range) {
    std::ranges::fill(sums_, 0);
    const int rows = static_cast<int>(range.count());
    const int piece = std::clamp((rows + omp_get_max_threads() - 1) / omp_get_max_threads(), 1, exact_rows);
    if (rows <= piece) {
        if (rows > 0) add_statistics(0, rows, sums_);
        return;
    }
#pragma omp parallel
    {
        std::vector<std::int64_t> of_thread(sums_.size());
#pragma omp for schedule(static)
        for (int first = 0; first < rows; first += piece) {
            add_statistics(first, std::min(piece, rows - first), of_thread);
        }
#pragma omp critical(blockspin_net_statistics)
        for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += of_thread[i];
    }
}

const Gradient<float>& ContrastiveDivergence::gradient(const Rbm<float>& rbm, const Dataset& data,
                                                       std::span<const std::int64_t> rows, const Draws& draws) {
    core::ensure(rbm.visible() == gradient_.visible() && rbm.hidden() == gradient_.hidden() && !rows.empty(),
                 "contrastive divergence of a machine of the given shape and a minibatch");
    const RowRange range = rows_of_rank(static_cast<std::int64_t>(rows.size()), comm_);
    {
        const auto timing = timers_.time("contrastive divergence");
        run_chains(rbm, data, rows, draws, range);
        add_statistics(range);
    }
    {
        const auto timing = timers_.time("sum of gradients", process::Activity::communicate);
        mpi::all_reduce(comm_, std::span(sums_), mpi::Op::sum);
    }
    const double unit = 1.0 / (static_cast<double>(scale) * static_cast<double>(rows.size()));
    const std::int64_t* sum = sums_.data();
    for (const std::span<float> part : gradient_.parts()) {
        float* derivative = part.data();
#pragma omp simd
        for (std::size_t i = 0; i < part.size(); ++i)
            derivative[i] = static_cast<float>(static_cast<double>(sum[i]) * unit);
        sum += part.size();
    }
    return gradient_;
}

} // namespace blockspin::net
