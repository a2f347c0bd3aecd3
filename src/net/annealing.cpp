#include <blockspin/net/annealing.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/mpi/tree_sum.hpp>
#include <blockspin/stats/log_mean.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace blockspin::net {

namespace {

constexpr std::int64_t pilot_chains = 64, pilot_temperatures = 200;
/// Share of an adaptive ladder's temperatures that are spread evenly, for where the pilot run was wrong.
constexpr double even_share = 0.25;

/// Standard deviations over the pilot chains of d ln f_β / dβ between its temperatures.
std::vector<double> pilot_deviations(const mpi::Communicator& comm, AnnealedChains& chains,
                                     std::span<const float> ladder, Draws draws) {
    const std::size_t intervals = ladder.size() - 1;
    std::vector<double> slopes(static_cast<std::size_t>(chains.range().count()) * intervals);
    chains.start_from_base(draws);
    for (std::size_t k = 0; k < intervals; ++k) {
        ++draws.step;
        const std::vector<double> before = chains.log_weights();
        chains.anneal(ladder[k], ladder[k + 1], draws);
        const double width = static_cast<double>(ladder[k + 1]) - static_cast<double>(ladder[k]);
        for (std::size_t c = 0; c < before.size(); ++c) {
            slopes[c * intervals + k] = (chains.log_weights()[c] - before[c]) / width;
        }
    }
    std::vector<double> means = mpi::tree_sum(comm, chains.range().first, slopes, intervals);
    for (double& mean : means) mean /= pilot_chains;
    for (std::size_t i = 0; i < slopes.size(); ++i) slopes[i] = std::pow(slopes[i] - means[i % intervals], 2);
    std::vector<double> deviations = mpi::tree_sum(comm, chains.range().first, slopes, intervals);
    for (double& d : deviations) d = std::sqrt(d / (pilot_chains - 1));
    return deviations;
}

/// Values of β that cut the integral of a density, constant between the values of `ladder`, into equal parts.
std::vector<float> equal_parts(std::span<const float> ladder, std::span<const double> density,
                               std::int64_t temperatures) {
    std::vector<double> integral{0.0};
    for (std::size_t k = 0; k < density.size(); ++k) {
        integral.push_back(integral.back() + density[k] * (ladder[k + 1] - ladder[k]));
    }
    std::vector<float> result;
    std::size_t k = 0;
    for (std::int64_t i = 0; i < temperatures; ++i) {
        const double target = integral.back() * static_cast<double>(i) / static_cast<double>(temperatures);
        while (integral[k + 1] < target) ++k;
        result.push_back(static_cast<float>(ladder[k] + (target - integral[k]) / density[k]));
    }
    result.push_back(1.0F);
    return result;
}

} // namespace

std::vector<float> base_biases(const Dataset& data, std::span<const std::int64_t> rows) {
    std::vector<double> sums(static_cast<std::size_t>(data.units())); // Σ v_i, exact
    linalg::Matrix<float> units(1, data.units());
    for (std::size_t r = 0; r < rows.size(); ++r) {
        data.unpack(rows.subspan(r, 1), units);
        std::ranges::transform(sums, units.row(0), sums.begin(), [](double s, float v) { return s + v; });
    }
    std::vector<float> biases;
    const auto count = static_cast<double>(rows.size());
    for (const double s : sums) biases.push_back(static_cast<float>(std::log((count + s + 2) / (count - s + 2)) / 2));
    return biases;
}

BaseUnits base_units(const Dataset& data, std::span<const std::int64_t> rows) {
    if (!data.are_real()) return {.bias = base_biases(data, rows)};
    std::vector<double> sums(static_cast<std::size_t>(data.units())), squares(sums.size());
    linalg::Matrix<float> units(1, data.units());
    const auto for_each_row = [&](const auto& work) {
        for (std::size_t r = 0; r < rows.size(); ++r) {
            data.unpack(rows.subspan(r, 1), units);
            for (std::size_t i = 0; i < sums.size(); ++i) work(i, static_cast<double>(units.row(0)[i]));
        }
    };
    const auto count = static_cast<double>(rows.size());
    for_each_row([&](std::size_t i, double v) { sums[i] += v; });
    for_each_row([&](std::size_t i, double v) { squares[i] += std::pow(v - sums[i] / count, 2); });
    BaseUnits base;
    for (std::size_t i = 0; i < sums.size(); ++i) {
        base.bias.push_back(static_cast<float>(sums[i] / count));
        base.variance.push_back(static_cast<float>(std::max(1.0, squares[i] / count)));
    }
    return base;
}

double ln_base_partition_function(const BaseUnits& base, int hidden) {
    double sum = hidden * std::numbers::ln2;
    for (const double variance : base.variance) sum += std::log(2 * std::numbers::pi * variance) / 2;
    if (!base.variance.empty()) return sum;
    for (const double a : base.bias) sum += std::abs(a) + std::log1p(std::exp(-2 * std::abs(a)));
    return sum;
}

AnnealedChains::Units AnnealedChains::units_of(const Rbm<float>& rbm, const BaseUnits& base, int chains) {
    if (rbm.is_binary()) return Units(std::in_place_type<AnnealedBits>, rbm, base, chains);
    return Units(std::in_place_type<AnnealedReals>, rbm, base, chains);
}

AnnealedChains::AnnealedChains(const Rbm<float>& rbm, const BaseUnits& base, const RowRange& range)
    : units_(units_of(rbm, base, static_cast<int>(range.count()))), range_(range),
      log_weights_(static_cast<std::size_t>(range.count())) {}

void AnnealedChains::start_from_base(const Draws& draws) {
    std::ranges::fill(log_weights_, 0.0);
    std::visit([&](auto& units) { units.draw_base(range_, draws); }, units_);
}

void AnnealedChains::start_from(const Dataset& data, std::span<const std::int64_t> rows, std::int64_t chains_per_row) {
    std::ranges::fill(log_weights_, 0.0);
    std::vector<std::int64_t> chosen;
    for (std::int64_t chain = range_.first; chain < range_.end; ++chain) {
        chosen.push_back(rows[static_cast<std::size_t>(chain / chains_per_row)]);
    }
    std::visit([&](auto& units) { units.take(data, chosen); }, units_);
}

void AnnealedChains::anneal(float from, float to, const Draws& draws) {
    std::visit([&](auto& units) { units.anneal(from, to, range_, draws, log_weights_); }, units_);
}

std::vector<float> uniform_ladder(std::int64_t temperatures) {
    if (temperatures < 1) throw core::InputError("annealing needs at least one temperature");
    std::vector<float> ladder;
    for (std::int64_t k = 0; k <= temperatures; ++k) {
        ladder.push_back(static_cast<float>(static_cast<double>(k) / static_cast<double>(temperatures)));
    }
    return ladder;
}

std::vector<float> adaptive_ladder(const mpi::Communicator& comm, const Rbm<float>& rbm, const BaseUnits& base,
                                   std::int64_t temperatures, const Draws& draws) {
    AnnealedChains chains(rbm, base, rows_of_rank(pilot_chains, comm));
    const std::vector<float> pilot = uniform_ladder(pilot_temperatures);
    std::vector<double> density = pilot_deviations(comm, chains, pilot, draws);
    double mean = 0;
    for (const double d : density) mean += d / static_cast<double>(density.size());
    if (!(mean > 0)) return uniform_ladder(temperatures);
    for (double& d : density) d = (1 - even_share) * d / mean + even_share;
    return equal_parts(pilot, density, temperatures);
}

stats::Estimate annealed_ln_partition_function(const mpi::Communicator& comm, const Rbm<float>& rbm,
                                               const BaseUnits& base, std::int64_t chains, std::int64_t temperatures,
                                               const Draws& draws) {
    Draws here = draws;
    here.half_step += 2;
    const std::vector<float> ladder = adaptive_ladder(comm, rbm, base, temperatures, here);
    here.half_step = draws.half_step;
    AnnealedChains annealed(rbm, base, rows_of_rank(chains, comm));
    annealed.start_from_base(here);
    for (std::size_t k = 0; k + 1 < ladder.size(); ++k) {
        ++here.step;
        annealed.anneal(ladder[k], ladder[k + 1], here);
    }
    stats::Estimate ln_z = stats::log_mean_exp(mpi::all_gather_joined<double>(comm, annealed.log_weights()));
    ln_z.mean += ln_base_partition_function(base, rbm.hidden());
    return ln_z;
}

} // namespace blockspin::net
