#include <blockspin/net/annealed_units.hpp>

#include <blockspin/core/check.hpp>

#include "activation.hpp"
#include "for_each_shard.hpp"
#include "lookup_kernels.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>

namespace blockspin::net {

namespace {

/// first + share · difference, element by element.
std::vector<float> mixed(std::span<const float> first, float share, std::span<const float> difference) {
    std::vector<float> result(first.begin(), first.end());
    for (std::size_t i = 0; i < result.size(); ++i) result[i] += share * difference[i];
    return result;
}

/// One row of ±1 as bits.
void pack(std::span<const float> units, int row, BitRows& bits) {
    std::uint64_t* words = bits.row(row);
    for (std::size_t first = 0; first < units.size(); first += 64) {
        std::uint64_t word = 0;
        for (std::size_t i = first; i < std::min(first + 64, units.size()); ++i) {
            word |= std::uint64_t{units[i] > 0.0F ? 1U : 0U} << (i - first);
        }
        words[first / 64] = word;
    }
}

/// Σ_j ln [cosh(to x_j) / cosh(from x_j)].
double ln_cosh_ratio(std::span<const float> fields, float from, float to) {
    constexpr float minus_two_by_ln_two = -2.88539008177793F;
    constexpr std::size_t piece = 512; // products of so many ratios within ½ … 2 do not overflow
    double moduli = 0, logarithm = 0;
    for (std::size_t first = 0; first < fields.size(); first += piece) {
        double ratio = 1;
        for (std::size_t j = first; j < std::min(first + piece, fields.size()); ++j) {
            const float x = std::abs(fields[j]);
            moduli += static_cast<double>(x);
            ratio *= static_cast<double>((1.0F + exp2_bounded(minus_two_by_ln_two * to * x)) /
                                         (1.0F + exp2_bounded(minus_two_by_ln_two * from * x)));
        }
        logarithm += std::log(ratio);
    }
    return (static_cast<double>(to) - static_cast<double>(from)) * moduli + logarithm;
}

} // namespace

AnnealedBits::AnnealedBits(const Rbm<float>& rbm, const BaseUnits& base, int chains)
    : machine_(rbm.visible(), rbm.hidden()), base_(base.bias), units_(chains, rbm.visible()),
      hidden_(chains, rbm.hidden()), ln_cosh_ratios_(static_cast<std::size_t>(chains)) {
    core::ensure(base_.size() == rbm.visible_bias.size() && base.variance.empty(), "one base bias per visible unit");
    machine_.assign(rbm);
    std::ranges::transform(rbm.visible_bias, base_, std::back_inserter(tilt_), std::minus());
    for (const double t : tilt_) sum_of_tilt_ += t;
    tilt_.resize(static_cast<std::size_t>(whole_tiles(rbm.visible())));
}

void AnnealedBits::draw_base(const RowRange& range, const Draws& draws) {
    for_each_shard(range, [&](std::int64_t first, std::int64_t count) {
        Draws here = draws;
        here.first_row = first;
        linalg::Matrix<float> units(static_cast<int>(count), units_.units());
        draw_units(base_, rng::Purpose::annealing, here, units);
        for (int row = 0; row < units.rows(); ++row) {
            pack(units.row(row), static_cast<int>(first - range.first) + row, units_);
        }
    });
}

void AnnealedBits::anneal(float from, float to, const RowRange& range, const Draws& draws,
                          std::span<double> log_weights) {
    const double step = static_cast<double>(to) - static_cast<double>(from);
    Draws here = draws;
    here.first_row = range.first;
    machine_.anneal_hidden(units_, from, to, here, hidden_, ln_cosh_ratios_);
#pragma omp parallel for schedule(static) if (units_.rows() > 64)
    for (int chain = 0; chain < units_.rows(); ++chain) {
        const auto c = static_cast<std::size_t>(chain);
        const double chosen = sum_of_chosen(units_.row(chain), tilt_.data(), static_cast<int>(tilt_.size()));
        log_weights[c] += step * (2 * chosen - sum_of_tilt_) + ln_cosh_ratios_[c];
    }
    ++here.half_step;
    machine_.anneal_visible(hidden_, to, mixed(base_, to, tilt_), here, units_);
}

AnnealedReals::AnnealedReals(const Rbm<float>& rbm, const BaseUnits& base, int chains)
    : rbm_(rbm), base_(base), units_(chains, rbm.visible()) {
    core::ensure(rbm.visible_kind == UnitKind::gaussian && rbm.hidden_kind == UnitKind::binary,
                 "Gaussian visible and binary hidden units");
    core::ensure(base_.bias.size() == rbm.visible_bias.size() && base_.variance.size() == base_.bias.size() &&
                     std::ranges::all_of(base_.variance, [](float s) { return s > 0.0F; }),
                 "a mean and a variance per visible unit");
}

void AnnealedReals::draw_base(const RowRange& range, const Draws& draws) {
    std::ranges::fill(units_.values(), 0.0F);
    const std::vector<float> no_bias(base_.bias.size());
    for_each_shard(range, [&](std::int64_t first, std::int64_t count) {
        Draws here = draws;
        here.first_row = first;
        const auto units = units_.view().row_block(static_cast<int>(first - range.first), static_cast<int>(count));
        draw_units(UnitKind::gaussian, no_bias, rng::Purpose::annealing, here, units);
        for (int row = 0; row < units.rows(); ++row) {
            for (std::size_t i = 0; i < no_bias.size(); ++i) {
                float& unit = units.row(row)[i];
                unit = base_.bias[i] + std::sqrt(base_.variance[i]) * unit;
            }
        }
    });
}

/// Σ_i (v_i − m_i)²/2 s_i² − (v_i − a_i)²/2: d/dβ of the logarithm of what does not depend on weights.
double AnnealedReals::ln_ratio_of_visible(std::span<const float> visible) const {
    double sum = 0;
    for (std::size_t i = 0; i < visible.size(); ++i) {
        const double v = visible[i], from_mean = v - base_.bias[i], from_bias = v - rbm_.visible_bias[i];
        sum += (from_mean * from_mean / static_cast<double>(base_.variance[i]) - from_bias * from_bias) / 2;
    }
    return sum;
}

void AnnealedReals::anneal(float from, float to, const RowRange& range, const Draws& draws,
                           std::span<double> log_weights) {
    const double step = static_cast<double>(to) - static_cast<double>(from);
    std::vector<float> slope(base_.bias), width(base_.bias.size());
    for (std::size_t i = 0; i < slope.size(); ++i) {
        const float share = (1.0F - to) / base_.variance[i];
        slope[i] = share * base_.bias[i] + to * rbm_.visible_bias[i];
        width[i] = 1.0F / std::sqrt(share + to);
    }
    const std::vector<float> no_visible_bias(slope.size()), no_hidden_bias(rbm_.hidden_bias.size());
    for_each_shard(range, [&](std::int64_t first, std::int64_t count) {
        const auto begin = static_cast<int>(first - range.first);
        const linalg::MatrixView<float> visible = units_.view().row_block(begin, static_cast<int>(count));
        linalg::Matrix<float> hidden(visible.rows(), rbm_.hidden());
        hidden_fields(rbm_, visible, hidden);
        for (int row = 0; row < hidden.rows(); ++row) {
            const std::span<float> field = hidden.row(row);
            std::ranges::transform(field, rbm_.hidden_bias, field.begin(), std::plus());
            log_weights[static_cast<std::size_t>(begin + row)] +=
                step * ln_ratio_of_visible(visible.row(row)) + ln_cosh_ratio(field, from, to);
            for (float& x : field) x *= to;
        }
        Draws here = draws;
        here.first_row = first;
        draw_units(no_hidden_bias, rng::Purpose::annealing, here, hidden);
        visible_fields(rbm_, hidden, visible);
        for (int row = 0; row < visible.rows(); ++row) {
            for (std::size_t i = 0; i < slope.size(); ++i) {
                float& unit = visible.row(row)[i];
                unit = (slope[i] + to * unit) * width[i];
            }
        }
        ++here.half_step;
        draw_units(UnitKind::gaussian, no_visible_bias, rng::Purpose::annealing, here, visible);
        for (int row = 0; row < visible.rows(); ++row) {
            std::ranges::transform(visible.row(row), width, visible.row(row).begin(), std::multiplies());
        }
    });
}

} // namespace blockspin::net
