#include <blockspin/net/real_divergence.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/linalg/product.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/net/shards.hpp>

#include <algorithm>
#include <cmath>
#include <functional>

namespace blockspin::net {

namespace {

constexpr double scale = 1 << 20;
/// Far above any useful sum; so many shards of it fit an integer.
constexpr double largest_sum = 1e9;

linalg::Matrix<float> column_sums(const linalg::Matrix<float>& rows) {
    linalg::Matrix<float> sums(1, rows.cols());
    for (int r = 0; r < rows.rows(); ++r) {
        for (int c = 0; c < rows.cols(); ++c) sums(0, c) += rows(r, c);
    }
    return sums;
}

linalg::Matrix<float> less(linalg::Matrix<float> a, const linalg::Matrix<float>& b) {
    std::ranges::transform(a.values(), b.values(), a.values().begin(), std::minus());
    return a;
}

} // namespace

void RealChains::prepare(const mpi::Communicator& comm, std::int64_t chains, int hidden_units) {
    count = chains;
    range = rows_of_rank(chains, comm, real_shard_rows);
    hidden = linalg::Matrix<float>(static_cast<int>(range.count()), hidden_units);
}

RealDivergence::RealDivergence(const mpi::Communicator& comm, int visible, int hidden, int gibbs_steps,
                               process::Timers& timers)
    : comm_(comm), gibbs_steps_(gibbs_steps), timers_(timers), gradient_(visible, hidden) {
    core::ensure(gibbs_steps >= 1 && gibbs_steps <= 10000, "contrastive divergence takes 1 to 10000 steps");
    data_means_ = {gradient_.visible_bias, gradient_.hidden_bias};
    sums_.resize(gradient_.size() + data_means_.visible.size() + data_means_.hidden.size());
}

void RealDivergence::add(std::size_t first, const linalg::Matrix<float>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double value = values.values()[i];
        if (std::abs(value) < largest_sum) {
            sums_[first + i] += static_cast<std::int64_t>(value * scale + std::copysign(0.5, value));
        } else { // also a NaN
            overflows_ = 1;
        }
    }
}

/// Chains from `hidden`, or from the rows of one shard, and both averages. Where they go on, leaves their ends in
/// `hidden`.
void RealDivergence::add_shard(const Rbm<float>& rbm, linalg::MatrixView<const float> data, const Draws& draws,
                               bool from_data, bool goes_on, linalg::MatrixView<float> hidden) {
    linalg::Matrix<float> visible(data.rows(), rbm.visible());
    const linalg::Matrix<float> of_data = hidden_means<float>(rbm, data);
    Draws here = draws;
    here.half_step = 0;
    if (from_data) sample_hidden(rbm, data, here, hidden);
    for (int step = 1; step <= gibbs_steps_; ++step) {
        here.half_step = 2 * step - 1;
        sample_visible(rbm, hidden, here, visible);
        here.half_step = 2 * step;
        if (step < gibbs_steps_ || goes_on) sample_hidden(rbm, visible, here, hidden);
    }
    const linalg::Matrix<float> of_model = hidden_means<float>(rbm, visible), rows(data);
    linalg::Matrix<float> products(rbm.visible(), rbm.hidden());
    linalg::gemm(linalg::Op::transpose, linalg::Op::none, 1.0F, rows, of_data, 0.0F, products);
    linalg::gemm(linalg::Op::transpose, linalg::Op::none, -1.0F, visible, of_model, 1.0F, products);
    const linalg::Matrix<float> data_visible = column_sums(rows), data_hidden = column_sums(of_data);
    const std::size_t v = data_visible.size(), h = data_hidden.size(), weights = products.size();
    const linalg::Matrix<float> visible_bias = less(data_visible, column_sums(visible));
    const linalg::Matrix<float> hidden_bias = less(data_hidden, column_sums(of_model));
#pragma omp critical(blockspin_real_divergence)
    {
        add(0, products);
        add(weights, visible_bias);
        add(weights + v, hidden_bias);
        add(weights + v + h, data_visible);
        add(weights + 2 * v + h, data_hidden);
    }
}

void RealDivergence::finish(std::size_t rows) {
    auto sum = sums_.begin();
    const auto take = [&](std::span<float> values) {
        for (float& x : values) x = static_cast<float>(static_cast<double>(*sum++) / scale / static_cast<double>(rows));
    };
    for (const auto part : gradient_.parts()) take(part);
    take(data_means_.visible);
    take(data_means_.hidden);
}

Gradient<float>& RealDivergence::gradient(const Rbm<float>& rbm, const Dataset& data,
                                          std::span<const std::int64_t> rows, const Draws& draws, RealChains* chains) {
    core::ensure(rbm.visible() == gradient_.visible() && rbm.hidden() == gradient_.hidden() && !rows.empty(),
                 "contrastive divergence of a machine of the given shape and a minibatch");
    const auto timing = timers_.time("contrastive divergence");
    const auto in_all = static_cast<std::int64_t>(rows.size());
    RowRange range = rows_of_rank(in_all, comm_, real_shard_rows);
    const bool from_data = chains == nullptr || chains->count == 0;
    if (chains != nullptr) { // a rank works on as many rows of data as it moves chains
        if (from_data) chains->prepare(comm_, in_all, rbm.hidden());
        core::ensure(chains->count >= in_all, "a chain for every row");
        range = {std::min(chains->range.first, in_all), std::min(chains->range.end, in_all)};
    }
    std::ranges::fill(sums_, 0);
    overflows_ = 0;
#pragma omp parallel for schedule(dynamic) if (range.count() > real_shard_rows)
    for (std::int64_t first = range.first; first < range.end; first += real_shard_rows) {
        const auto count = static_cast<int>(std::min(real_shard_rows, range.end - first));
        linalg::Matrix<float> units(count, rbm.visible());
        data.unpack(rows.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)), units);
        linalg::Matrix<float> own(chains != nullptr ? 0 : count, rbm.hidden());
        const auto hidden =
            chains != nullptr ? chains->hidden.view().row_block(static_cast<int>(first - range.first), count) : own;
        Draws here = draws;
        here.first_row = first;
        add_shard(rbm, units, here, from_data, chains != nullptr, hidden);
    }
    mpi::all_reduce(comm_, std::span(sums_), mpi::Op::sum);
    if (mpi::all_reduce(comm_, overflows_, mpi::Op::max) != 0) {
        throw core::InputError("[network] learning_rate: too large, the parameters have grown beyond all bounds");
    }
    finish(rows.size());
    return gradient_;
}

} // namespace blockspin::net
