#include <blockspin/net/diagnostics.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/net/shards.hpp>
#include <blockspin/rng/draws.hpp>
#include <blockspin/stats/gamma_method.hpp>

#include "activation.hpp"
#include "for_each_shard.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>

namespace blockspin::net {

namespace {

/// Means are added as multiples of 2^-20: integers, so that their order does not matter.
constexpr double mean_scale = 1 << 20;

linalg::Matrix<float> unpacked(const Dataset& data, std::span<const std::int64_t> rows, std::int64_t first,
                               std::int64_t count) {
    linalg::Matrix<float> visible(static_cast<int>(count), data.units());
    data.unpack(rows.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)), visible);
    return visible;
}

double reconstruction_error(std::span<const float> visible, std::span<const float> again) {
    double sum = 0;
    for (std::size_t i = 0; i < visible.size(); ++i) {
        const double half = (static_cast<double>(visible[i]) - static_cast<double>(again[i])) / 2;
        sum += half * half;
    }
    return sum / static_cast<double>(visible.size());
}

/// Of Gaussian units no halves.
double factor_of(UnitKind visible) { return visible == UnitKind::gaussian ? 4 : 1; }

void add_means(const linalg::Matrix<float>& means, std::span<std::int64_t> sums) {
    for (int row = 0; row < means.rows(); ++row) {
        for (std::size_t j = 0; j < sums.size(); ++j) {
            sums[j] += std::llround(mean_scale * static_cast<double>(means(row, static_cast<int>(j))));
        }
    }
}

/// F(v with unit i turned over) − F(v), from the fields b_j + (v W)_j: Σ_j ln cosh x_j / cosh (x_j − 2 v_i W_ij) + 2
/// a_i v_i.
double turning_cost(const Rbm<float>& rbm, std::span<const float> fields, int unit, float value) {
    constexpr std::size_t lanes = 8, piece = 512 * lanes; // products of 512 ratios within ½ … 2 do not overflow
    const float *field = fields.data(), *weight = rbm.weights.row(unit).data();
    std::array<double, lanes> of_lane{};
    double logarithm = 0;
    for (std::size_t first = 0; first < fields.size(); first += piece) {
        std::array<double, lanes> ratios;
        ratios.fill(1.0);
        const std::size_t end = std::min(first + piece, fields.size());
        for (std::size_t j = first; j < end; j += lanes) {
            const std::size_t count = std::min(lanes, end - j);
#pragma omp simd
            for (std::size_t k = 0; k < count; ++k) {
                const float before = std::abs(field[j + k]),
                            after = std::abs(field[j + k] - 2.0F * value * weight[j + k]);
                of_lane[k] += static_cast<double>(before - after);
                ratios[k] *= static_cast<double>((1.0F + exp2_bounded(-2.88539008177793F * before)) /
                                                 (1.0F + exp2_bounded(-2.88539008177793F * after)));
            }
        }
        for (const double ratio : ratios) logarithm += std::log(ratio);
    }
    const double moduli = std::accumulate(of_lane.begin(), of_lane.end(), 0.0);
    return moduli + logarithm + 2.0 * static_cast<double>(rbm.visible_bias[static_cast<std::size_t>(unit)] * value);
}

/// Of one row v with the given fields; the units are those from `start` on.
double log_pseudo_likelihood(const Rbm<float>& rbm, std::span<const float> visible, std::span<const float> fields,
                             int start) {
    const int count = std::min(rbm.visible(), pseudo_units);
    double sum = 0;
    for (int k = 0; k < count; ++k) {
        const auto apart = static_cast<int>(std::int64_t{k} * rbm.visible() / count);
        const int unit = (start + apart) % rbm.visible();
        sum -= std::log1p(std::exp(-turning_cost(rbm, fields, unit, visible[static_cast<std::size_t>(unit)])));
    }
    return sum * rbm.visible() / count;
}

} // namespace

RowDiagnostics diagnose(const mpi::Communicator& comm, const Rbm<float>& rbm, const Dataset& data,
                        std::span<const std::int64_t> rows) {
    const RowRange range = rows_of_rank(static_cast<std::int64_t>(rows.size()), comm);
    const Rbm<float> downwards = mirrored(rbm);
    std::vector<double> errors(static_cast<std::size_t>(range.count())), energies(errors.size());
    std::vector<std::int64_t> sums(rbm.hidden_bias.size());
    for_each_shard(range, [&](std::int64_t first, std::int64_t count) {
        const linalg::Matrix<float> visible = unpacked(data, rows, first, count);
        const linalg::Matrix<float> means = hidden_means<float>(rbm, visible);
        const linalg::Matrix<float> again = hidden_means<float>(downwards, means);
        const auto here = static_cast<std::size_t>(first - range.first);
        std::ranges::copy(free_energies<float>(rbm, visible), energies.begin() + static_cast<std::ptrdiff_t>(here));
        for (int r = 0; r < visible.rows(); ++r) {
            errors[here + static_cast<std::size_t>(r)] =
                factor_of(rbm.visible_kind) * reconstruction_error(visible.row(r), again.row(r));
        }
#pragma omp critical(blockspin_hidden_means)
        add_means(means, sums);
    });
    mpi::all_reduce(comm, std::span(sums), mpi::Op::sum);
    RowDiagnostics result{
        mpi::all_gather_joined<double>(comm, errors), mpi::all_gather_joined<double>(comm, energies), {}};
    for (const std::int64_t sum : sums) {
        result.hidden_means.push_back(static_cast<double>(sum) / mean_scale / static_cast<double>(rows.size()));
    }
    return result;
}

std::vector<double> log_pseudo_likelihoods(const mpi::Communicator& comm, const Rbm<float>& rbm, const Dataset& data,
                                           std::span<const std::int64_t> rows, const Draws& draws) {
    const RowRange range = rows_of_rank(static_cast<std::int64_t>(rows.size()), comm);
    std::vector<double> values(static_cast<std::size_t>(range.count()));
    for_each_shard(range, [&](std::int64_t first, std::int64_t count) {
        const linalg::Matrix<float> visible = unpacked(data, rows, first, count);
        linalg::Matrix<float> fields(visible.rows(), rbm.hidden());
        hidden_fields(rbm, visible, fields);
        for (int r = 0; r < visible.rows(); ++r) {
            std::ranges::transform(fields.row(r), rbm.hidden_bias, fields.row(r).begin(), std::plus());
            const double random = rng::uniform(draws.key, {.purpose = rng::Purpose::pseudo_likelihood,
                                                           .chain = draws.training,
                                                           .step = draws.step,
                                                           .place = draws.first_row + first + r,
                                                           .draw = draws.half_step});
            const int start = static_cast<int>(random * rbm.visible());
            values[static_cast<std::size_t>(first - range.first + r)] =
                log_pseudo_likelihood(rbm, visible.row(r), fields.row(r), start);
        }
    });
    return mpi::all_gather_joined<double>(comm, values);
}

std::vector<std::int64_t> evenly_spread(std::span<const std::int64_t> rows, std::size_t most) {
    const std::size_t count = std::min(rows.size(), most);
    std::vector<std::int64_t> chosen;
    for (std::size_t i = 0; i < count; ++i) chosen.push_back(rows[i * rows.size() / count]);
    return chosen;
}

stats::Estimate mean_over_rows(const Dataset& data, std::span<const std::int64_t> rows,
                               std::span<const double> values) {
    core::ensure(rows.size() == values.size() && !rows.empty(), "one value per row");
    if (rows.size() == 1) return {.mean = values.front(), .n_eff = 1};
    stats::Record chains;
    std::int64_t end = 0;
    std::size_t first = 0;
    for (const std::int64_t length : data.chains()) {
        end += length;
        const auto last = static_cast<std::size_t>(std::ranges::lower_bound(rows, end) - rows.begin());
        if (last > first) chains.push_back(values.subspan(first, last - first));
        first = last;
    }
    return stats::gamma_method(chains);
}

} // namespace blockspin::net
