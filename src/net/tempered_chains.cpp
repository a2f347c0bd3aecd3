#include "tempered_chains.hpp"

#include <blockspin/core/check.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/rng/draws.hpp>
#include <blockspin/tempering/exchange.hpp>

#include <algorithm>

namespace blockspin::net {

namespace {

/// The same machine at inverse temperature β.
Rbm<float> scaled(Rbm<float> rbm, float beta) {
    for (const auto part : rbm.parts()) {
        for (float& x : part) x *= beta;
    }
    return rbm;
}

/// E(v, h) of each row.
std::vector<double> energies(const Rbm<float>& rbm, const LookupRbm& machine, const BitRows& visible,
                             const BitRows& hidden) {
    linalg::Matrix<float> fields(visible.rows(), rbm.hidden());
    machine.hidden_fields(visible, fields);
    std::vector<double> result;
    for (int r = 0; r < visible.rows(); ++r) {
        double energy = 0;
        for (int i = 0; i < rbm.visible(); ++i) {
            const double bias = rbm.visible_bias[static_cast<std::size_t>(i)];
            energy -= visible(r, i) ? bias : -bias;
        }
        for (int j = 0; j < rbm.hidden(); ++j) {
            const double field = static_cast<double>(fields(r, j)) + rbm.hidden_bias[static_cast<std::size_t>(j)];
            energy -= hidden(r, j) ? field : -field;
        }
        result.push_back(energy);
    }
    return result;
}

/// The state of row `row` on each rung becomes that which stood on another one.
void permute(int row, std::span<const std::int64_t> from, std::span<BitRows* const> rungs) {
    std::vector<std::vector<std::uint64_t>> before;
    for (const BitRows* bits : rungs) before.emplace_back(bits->row(row), bits->row(row) + bits->row_words());
    for (std::size_t rung = 0; rung < rungs.size(); ++rung) {
        std::ranges::copy(before[static_cast<std::size_t>(from[rung])], rungs[rung]->row(row));
    }
}

/// Ends of a ladder.
enum End : std::uint8_t { none, highest, lowest };

/// Where what stands on the rungs has been last, once it stands there: a round trip ends at inverse temperature 1,
/// after the lowest one, which came after 1.
void note_ends(std::span<std::uint8_t> ends, std::span<const std::int64_t> from, ExchangeRecord& record) {
    const std::vector<std::uint8_t> before(ends.begin(), ends.end());
    for (std::size_t rung = 0; rung < ends.size(); ++rung) ends[rung] = before[static_cast<std::size_t>(from[rung])];
    if (ends.front() == lowest) ++record.round_trips;
    ends.front() = highest;
    if (ends.back() == highest) ends.back() = lowest;
}

/// Lets the rows of this rank change places between rungs, whose energies are all_energies[rung][row of all ranks].
void exchange(const Draws& draws, std::span<const std::vector<double>> all_energies, std::span<const double> betas,
              std::span<BitRows* const> rungs, PersistentChains& chains) {
    const auto rows = static_cast<std::int64_t>(all_energies.front().size());
    // One Exchange for each update: nothing of it lasts but where configurations are. Addressed apart from [sample].
    const rng::Key own(
        rng::word64(draws.key, {.purpose = rng::Purpose::tempering_swap, .chain = draws.training, .draw = 1}));
    tempering::Exchange ladders(rows, static_cast<std::int64_t>(rungs.size()), own);
    ladders.attempt(draws.step, [&](std::int64_t row, std::int64_t rung) {
        const auto at = static_cast<std::size_t>(rung), r = static_cast<std::size_t>(row);
        return (betas[at] - betas[at + 1]) * (all_energies[at][r] - all_energies[at + 1][r]);
    });
    const std::vector<double> acceptance = ladders.acceptance();
    for (std::size_t pair = 0; pair < acceptance.size(); ++pair) {
        const bool attempted = ladders.attempts(static_cast<std::int64_t>(pair)) > 0;
        chains.exchanges.acceptance.push_back(attempted ? acceptance[pair] : -1.0);
    }
    std::vector<std::int64_t> from(rungs.size());
    for (int row = 0; row < rungs.front()->rows(); ++row) {
        for (std::size_t rung = 0; rung < from.size(); ++rung) {
            from[rung] = ladders.walker(draws.first_row + row, static_cast<std::int64_t>(rung));
        }
        if (!std::ranges::is_sorted(from)) permute(row, from, rungs);
        note_ends(std::span(chains.ends).subspan(static_cast<std::size_t>(row) * from.size(), from.size()), from,
                  chains.exchanges);
    }
}

} // namespace

void temper(const mpi::Communicator& comm, const Rbm<float>& rbm, int gibbs_steps, const Draws& draws,
            const ModelRows& model, BitRows& hidden, PersistentChains& chains) {
    std::vector<double> betas{1.0};
    std::vector<std::vector<double>> all_energies{
        mpi::all_gather_joined<double>(comm, energies(rbm, model.machine, model.visible, hidden))};
    std::vector<BitRows> moved(chains.tempered.size(), BitRows(hidden.rows(), hidden.units()));
    std::vector<BitRows*> rungs{&hidden};
    LookupRbm machine(rbm.visible(), rbm.hidden());
    BitRows visible(hidden.rows(), rbm.visible());
    Draws here = draws;
    for (std::size_t rung = 0; rung < moved.size(); ++rung) {
        BitRows& units = moved[rung];
        for (int r = 0; r < units.rows(); ++r)
            std::copy_n(chains.tempered[rung].row(r), units.row_words(), units.row(r));
        machine.assign(scaled(rbm, chains.inverse_temperatures[rung]));
        here.first_row += model.rows;
        for (int step = 1; step <= gibbs_steps; ++step) {
            here.half_step = 2 * step - 1;
            machine.draw_visible(units, here, visible);
            here.half_step = 2 * step;
            machine.draw_hidden(visible, here, units);
        }
        betas.push_back(chains.inverse_temperatures[rung]);
        all_energies.push_back(mpi::all_gather_joined<double>(comm, energies(rbm, model.machine, visible, units)));
        rungs.push_back(&units);
    }
    exchange(draws, all_energies, betas, rungs, chains);
    for (std::size_t rung = 0; rung < moved.size(); ++rung) {
        for (int r = 0; r < hidden.rows(); ++r)
            std::copy_n(moved[rung].row(r), hidden.row_words(), chains.tempered[rung].row(r));
    }
}

} // namespace blockspin::net
