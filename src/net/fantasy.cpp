#include <blockspin/net/fantasy.hpp>

#include <blockspin/core/check.hpp>

#include "for_each_shard.hpp"

#include <algorithm>

namespace blockspin::net {

namespace {

linalg::MatrixView<float> rows_of(linalg::Matrix<float>& units, const RowRange& range, std::int64_t first,
                                  std::int64_t count) {
    return units.view().row_block(static_cast<int>(first - range.first), static_cast<int>(count));
}

Draws from_row(Draws draws, std::int64_t first) {
    draws.first_row = first;
    return draws;
}

} // namespace

FantasyChains::FantasyChains(const mpi::Communicator& group, std::int64_t chains, int units)
    : chains_(chains), range_(rows_of_rank(chains, group)), units_(static_cast<int>(range_.count()), units, -1.0F) {
    core::ensure(chains > 0 && units > 0, "there are chains of units");
}

void FantasyChains::start_random(const Draws& draws) {
    std::ranges::fill(units_.values(), 0.0F);
    const std::vector<float> no_bias(static_cast<std::size_t>(units_.cols()));
    for_each_shard(range_, [&](std::int64_t first, std::int64_t count) {
        draw_units(no_bias, rng::Purpose::rbm_initial, from_row(draws, first), rows_of(units_, range_, first, count));
    });
}

void FantasyChains::start_from(const Dataset& data, std::span<const std::int64_t> rows) {
    std::vector<std::int64_t> chosen;
    for (std::int64_t chain = range_.first; chain < range_.end; ++chain) {
        chosen.push_back(rows[static_cast<std::size_t>(chain * static_cast<std::int64_t>(rows.size()) / chains_)]);
    }
    data.unpack(chosen, units_);
}

void FantasyChains::sweep(const Rbm<float>& top, const Draws& draws) {
    for_each_shard(range_, [&](std::int64_t first, std::int64_t count) {
        linalg::Matrix<float> hidden(static_cast<int>(count), top.hidden());
        const auto visible = rows_of(units_, range_, first, count);
        Draws here = from_row(draws, first);
        here.half_step = 0;
        sample_hidden(top, visible, here, hidden);
        here.half_step = 1;
        sample_visible(top, hidden, here, visible);
    });
}

std::vector<double> FantasyChains::measure(const Stack& stack, std::span<const Observable> observables,
                                           const Draws& draws) const {
    std::vector<double> values(static_cast<std::size_t>(range_.count()) * observables.size());
    for_each_shard(range_, [&](std::int64_t first, std::int64_t count) {
        Draws here = from_row(draws, first);
        here.half_step = 2;
        const int begin = static_cast<int>(first - range_.first);
        const auto bottom = sample_downwards(stack, units_.view().row_block(begin, static_cast<int>(count)), here);
        auto value = values.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(begin) * observables.size());
        std::vector<std::int8_t> spins(static_cast<std::size_t>(bottom.cols()));
        for (int row = 0; row < bottom.rows(); ++row) {
            std::ranges::transform(bottom.row(row), spins.begin(), [](float x) { return static_cast<std::int8_t>(x); });
            for (const Observable& observable : observables) *value++ = observable.of(spins);
        }
    });
    return values;
}

} // namespace blockspin::net
