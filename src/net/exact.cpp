#include <blockspin/net/exact.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/linalg/product.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>

namespace blockspin::net {

namespace {

/// Configurations are worked on in blocks of at most this many: one matrix product each.
constexpr std::int64_t block_rows = 1024;

void require_at_most(int units, int most) {
    if (units > most) {
        throw core::InputError(fmt::format("{} units are too many to enumerate: at most {}", units, most));
    }
}

/// The configurations of one block, a row each.
linalg::Matrix<double> configurations(int units, std::int64_t first, std::int64_t count) {
    linalg::Matrix<double> rows(static_cast<int>(count), units);
    for (int row = 0; row < rows.rows(); ++row) {
        for (int i = 0; i < units; ++i) rows(row, i) = ((first + row) >> i & 1) != 0 ? 1.0 : -1.0;
    }
    return rows;
}

/// Calls work(block, first configuration, number of configurations) for all blocks, on all threads.
template <class Work> void for_each_block(int units, const Work& work) {
    const std::int64_t total = std::int64_t{1} << units, count = std::min(total, block_rows);
#pragma omp parallel for schedule(static) if (total > block_rows)
    for (std::int64_t block = 0; block < total / count; ++block) work(block, block * count, count);
}

std::size_t blocks(int units) {
    return static_cast<std::size_t>(std::max<std::int64_t>(1, (std::int64_t{1} << units) / block_rows));
}

/// Σ_v weight(v) (v m(v)^T, v, m(v)) over the configurations from `first` on, m being the hidden means.
Gradient<double> statistics(const Rbm<double>& rbm, std::int64_t first, std::span<const double> weights) {
    Gradient<double> sums(rbm.visible(), rbm.hidden());
    const auto visible = configurations(rbm.visible(), first, static_cast<std::int64_t>(weights.size()));
    linalg::Matrix<double> means = hidden_means<double>(rbm, visible);
    linalg::gemv(linalg::Op::transpose, 1.0, visible, weights, 0.0, sums.visible_bias);
    linalg::gemv(linalg::Op::transpose, 1.0, means, weights, 0.0, sums.hidden_bias);
    for (int row = 0; row < means.rows(); ++row) {
        for (double& mean : means.row(row)) mean *= weights[static_cast<std::size_t>(row)];
    }
    linalg::gemm(linalg::Op::transpose, linalg::Op::none, 1.0, visible, means, 0.0, sums.weights);
    return sums;
}

void add(const Gradient<double>& from, Gradient<double>& to) {
    for (std::size_t part = 0; part < from.parts().size(); ++part) {
        std::ranges::transform(from.parts()[part], to.parts()[part], to.parts()[part].begin(), std::plus());
    }
}

} // namespace

double log_sum_exp(std::span<const double> exponents) {
    const double top = std::ranges::max(exponents);
    double sum = 0;
    for (const double x : exponents) sum += std::exp(x - top);
    return top + std::log(sum);
}

std::vector<double> free_energy_table(const Rbm<double>& rbm) {
    require_at_most(rbm.visible(), most_tabulated_units);
    std::vector<double> table(std::size_t{1} << rbm.visible());
    for_each_block(rbm.visible(), [&](std::int64_t, std::int64_t first, std::int64_t count) {
        std::ranges::copy(free_energies<double>(rbm, configurations(rbm.visible(), first, count)),
                          table.begin() + first);
    });
    return table;
}

std::vector<double> log_probability_table(const Rbm<double>& rbm) {
    std::vector<double> table = free_energy_table(rbm);
    for (double& x : table) x = -x;
    const double ln_z = log_sum_exp(table);
    for (double& x : table) x -= ln_z;
    return table;
}

double kl_divergence(std::span<const double> log_target, std::span<const double> log_model) {
    core::ensure(log_target.size() == log_model.size(), "both distributions are over the same configurations");
    double sum = 0;
    for (std::size_t c = 0; c < log_target.size(); ++c) sum += std::exp(log_target[c]) * (log_target[c] - log_model[c]);
    return sum;
}

Gradient<double> log_likelihood_gradient(const Rbm<double>& rbm, std::span<const double> target) {
    std::vector<double> excess = log_probability_table(rbm); // P − p
    core::ensure(target.size() == excess.size(), "the target distribution is over the visible configurations");
    for (std::size_t c = 0; c < excess.size(); ++c) excess[c] = target[c] - std::exp(excess[c]);
    std::vector<Gradient<double>> of_blocks(blocks(rbm.visible()));
    for_each_block(rbm.visible(), [&](std::int64_t block, std::int64_t first, std::int64_t count) {
        of_blocks[static_cast<std::size_t>(block)] = statistics(
            rbm, first, std::span(excess).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)));
    });
    for (std::size_t block = 1; block < of_blocks.size(); ++block) add(of_blocks[block], of_blocks.front());
    return of_blocks.front();
}

} // namespace blockspin::net
