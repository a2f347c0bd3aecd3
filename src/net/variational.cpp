#include <blockspin/net/variational.hpp>

#include <blockspin/mpi/collectives.hpp>
#include <blockspin/net/shards.hpp>

#include "for_each_shard.hpp"

#include <algorithm>
#include <utility>

namespace blockspin::net {

namespace {

/// Σ_l F̃_l(h_l) − F_{l+1}(h_l) of one draw of the hidden units of all machines but the top one, row by row.
std::vector<double> terms_above(const Stack& stack, std::span<const Rbm<float>> mirrors,
                                linalg::MatrixView<const float> bottom, Draws draws) {
    std::vector<double> sums(static_cast<std::size_t>(bottom.rows()));
    linalg::Matrix<float> units(bottom);
    for (std::size_t layer = 0; layer + 1 < stack.size(); ++layer, ++draws.half_step) {
        linalg::Matrix<float> above(units.rows(), stack[layer].hidden());
        hidden_fields(stack[layer], units, above);
        draw_units(stack[layer].hidden_bias, rng::Purpose::variational, draws, above);
        const auto as_hidden = free_energies<float>(mirrors[layer], above);
        const auto as_visible = free_energies<float>(stack[layer + 1], above);
        for (std::size_t r = 0; r < sums.size(); ++r) sums[r] += as_hidden[r] - as_visible[r];
        units = std::move(above);
    }
    return sums;
}

} // namespace

std::vector<double> unnormalised_log_probabilities(const mpi::Communicator& comm, const Stack& stack,
                                                   const Dataset& data, std::span<const std::int64_t> rows, int samples,
                                                   const Draws& draws) {
    const RowRange range = rows_of_rank(static_cast<std::int64_t>(rows.size()), comm);
    std::vector<Rbm<float>> mirrors;
    for (std::size_t layer = 0; layer + 1 < stack.size(); ++layer) mirrors.push_back(mirrored(stack[layer]));
    std::vector<double> mine(static_cast<std::size_t>(range.count()));
    for_each_shard(range, [&](std::int64_t first, std::int64_t count) {
        linalg::Matrix<float> bottom(static_cast<int>(count), data.units());
        data.unpack(rows.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)), bottom);
        std::vector<double> values = free_energies<float>(stack.front(), bottom);
        for (double& value : values) value = -value;
        Draws here = draws;
        here.first_row = first;
        for (int sample = 0; sample < samples && stack.size() > 1; ++sample, ++here.step) {
            const auto terms = terms_above(stack, mirrors, bottom, here);
            for (std::size_t r = 0; r < values.size(); ++r) values[r] += terms[r] / samples;
        }
        std::ranges::copy(values, mine.begin() + static_cast<std::ptrdiff_t>(first - range.first));
    });
    return mpi::all_gather_joined<double>(comm, mine);
}

} // namespace blockspin::net
