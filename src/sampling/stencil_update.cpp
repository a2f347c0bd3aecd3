#include <blockspin/sampling/stencil_update.hpp>

#include "coloured_rows.hpp"
#include "product_sums.hpp"

#include <blockspin/core/check.hpp>
#include <blockspin/rng/fill.hpp>
#include <blockspin/sampling/couplings.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace blockspin::sampling {

namespace {

constexpr std::int64_t largest_table = std::numeric_limits<std::int16_t>::max();

std::ptrdiff_t distance(const lattice::Coordinates& offset, const lattice::Field<Spin>& field) {
    std::ptrdiff_t distance = 0;
    for (int d = 0; d < lattice::max_dimension; ++d) distance += offset[d] * field.stride(d);
    return distance;
}

} // namespace

std::uint64_t threshold_up(Dynamics dynamics, double local_field, bool is_up) {
    if (dynamics == Dynamics::heat_bath) return probability_threshold(1.0 / (1.0 + std::exp(-2.0 * local_field)));
    const double flips = std::min(1.0, std::exp(is_up ? -2.0 * local_field : 2.0 * local_field));
    return probability_threshold(is_up ? 1.0 - flips : flips);
}

StencilUpdate::StencilUpdate(const Replicas& replicas, const model::OperatorBasis& basis,
                             std::vector<std::vector<double>> couplings, Dynamics dynamics, const rng::Key& key)
    : key_(key), dynamics_(dynamics), model_(replicas.geometry(), basis),
      colouring_(replicas.geometry(), model_.reach()), couplings_(std::move(couplings)) {
    core::ensure(replicas.ghosts() >= halo_width(basis), "ghosts are as wide as the stencil");
    const lattice::Field<Spin> field(lattice::layout(replicas.decomposition(), replicas.ghosts()));
    for (int kind = 0; kind < replicas.geometry().sublattices(); ++kind) {
        for (const auto& products : model_.around(kind).of_operator) {
            auto& list = distances_.at(kind).of_operator.emplace_back();
            for (const LocalProducts::Product& product : products) {
                auto& far = list.emplace_back();
                for (const lattice::Coordinates& offset : product) far.push_back(distance(offset, field));
            }
        }
    }
    tabulate();
}

void StencilUpdate::tabulate() {
    std::int64_t size = 1;
    for (std::size_t op = 0; op < model_.operators(); ++op) {
        weights_.push_back(static_cast<std::int16_t>(size));
        size *= 2 * model_.most_products(op) + 1;
        if (size > largest_table) return;
    }
    for (const std::vector<double>& couplings : couplings_) {
        std::vector<std::uint64_t>& table = tables_.emplace_back();
        for (const bool is_up : {false, true}) {
            for (std::int64_t index = 0; index < size; ++index) {
                double field = 0.0;
                std::int64_t rest = index;
                for (std::size_t op = 0; op < couplings.size(); ++op) {
                    const int most = model_.most_products(op), values = 2 * most + 1;
                    field += couplings[op] * static_cast<double>(rest % values - most);
                    rest /= values;
                }
                table.push_back(threshold_up(dynamics_, field, is_up));
            }
        }
    }
}

void StencilUpdate::sweep(Replicas& replicas, std::int64_t step, process::Timers& timers) const {
    const rng::Purpose purpose = dynamics_ == Dynamics::heat_bath ? rng::Purpose::heat_bath : rng::Purpose::metropolis;
    sweep_colours(replicas, colouring_, timers, "stencil update", [&](const lattice::Box& box, int colour) {
        for_each_coloured_row(replicas, colouring_, box, colour, step, purpose,
                              [&](const ColouredRow& row) { update_row(row); });
    });
}

void StencilUpdate::update_row(const ColouredRow& row) const {
    thread_local Sums sums;
    thread_local std::vector<std::uint64_t> words;
    sums.resize(model_.operators());
    const auto& of_operator = distances_.at(row.sublattice).of_operator;
    for (std::size_t op = 0; op < sums.size(); ++op) {
        sums[op].resize(static_cast<std::size_t>((row.count - 1) * row.stride + 1));
        sum_products(row.updated, of_operator[op], sums[op]);
    }
    words.resize(static_cast<std::size_t>(row.count));
    rng::fill_words(key_, row.address, words, row.first_number);
    if (tables_.empty())
        draw_from_field(row, sums, words);
    else
        draw_from_table(row, sums, words);
}

void StencilUpdate::draw_from_table(const ColouredRow& row, const Sums& sums,
                                    std::span<const std::uint64_t> words) const {
    thread_local std::vector<std::int16_t> index;
    thread_local std::vector<WeightedSums> operators;
    operators.clear();
    for (std::size_t op = 0; op < sums.size(); ++op) {
        operators.push_back({.sums = sums[op].data(), .weight = weights_[op]});
    }
    index.resize(sums.front().size());
    weigh(operators, index);
    draw(row.updated, row.stride, index.data(), words, tables_[static_cast<std::size_t>(row.slot)]);
}

void StencilUpdate::draw_from_field(const ColouredRow& row, const Sums& sums,
                                    std::span<const std::uint64_t> words) const {
    const std::vector<double>& couplings = couplings_[static_cast<std::size_t>(row.slot)];
    for (std::size_t k = 0; k < words.size(); ++k) {
        const std::size_t x = k * static_cast<std::size_t>(row.stride);
        double field = 0.0;
        for (std::size_t op = 0; op < sums.size(); ++op) field += couplings[op] * sums[op][x];
        Spin& spin = row.updated[x];
        spin = words[k] < threshold_up(dynamics_, field, spin > 0) ? Spin{1} : Spin{-1};
    }
}

} // namespace blockspin::sampling
