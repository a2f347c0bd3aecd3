#include <blockspin/net/stack.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/linalg/product.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/net/shards.hpp>
#include <blockspin/rng/draws.hpp>

#include <algorithm>
#include <numeric>
#include <span>

namespace blockspin::net {

Rbm<float> initial_rbm(int visible, int hidden, double width, const rng::Key& key, std::int32_t training,
                       std::int64_t layer) {
    Rbm<float> rbm(visible, hidden);
    const std::span<float> weights = rbm.weights.values();
    rng::Address address{.purpose = rng::Purpose::rbm_initial, .chain = training, .step = layer};
    for (std::size_t i = 0; i < weights.size(); i += 2, ++address.place) {
        const auto pair = rng::normal(key, address);
        for (std::size_t k = i; k < std::min(i + 2, weights.size()); ++k) {
            weights[k] = static_cast<float>(width * pair[k - i]);
        }
    }
    return rbm;
}

Dataset hidden_dataset(const mpi::Communicator& comm, const Rbm<float>& rbm, const Dataset& data, const Draws& draws) {
    const RowRange range = rows_of_rank(data.rows(), comm);
    std::vector<std::uint8_t> bits;
    for (std::int64_t first = range.first; first < range.end; first += shard_rows) {
        std::vector<std::int64_t> rows(static_cast<std::size_t>(std::min(shard_rows, range.end - first)));
        std::iota(rows.begin(), rows.end(), first);
        linalg::Matrix<float> visible(static_cast<int>(rows.size()), rbm.visible());
        linalg::Matrix<float> hidden(static_cast<int>(rows.size()), rbm.hidden());
        data.unpack(rows, visible);
        Draws here = draws;
        here.first_row = first;
        sample_hidden(rbm, visible, here, hidden);
        append_packed(hidden, bits);
    }
    return {rbm.hidden(), mpi::all_gather_joined<std::uint8_t>(comm, bits), data.chains()};
}

linalg::Matrix<float> sample_downwards(const Stack& stack, linalg::MatrixView<const float> top, const Draws& draws) {
    linalg::Matrix<float> units(top);
    Draws here = draws;
    for (std::size_t layer = stack.size() - 1; layer-- > 0; ++here.half_step) {
        linalg::Matrix<float> below(top.rows(), stack[layer].visible());
        sample_visible(stack[layer], units, here, below);
        units = std::move(below);
    }
    return units;
}

linalg::Matrix<float> receptive_fields(const Stack& stack, std::size_t layers) {
    core::ensure(layers >= 1 && layers <= stack.size(), "receptive fields of layers that are there");
    linalg::Matrix<float> fields = stack.front().weights;
    for (std::size_t layer = 1; layer < layers; ++layer) {
        linalg::Matrix<float> next(fields.rows(), stack[layer].hidden());
        linalg::gemm(linalg::Op::none, linalg::Op::none, 1.0F, fields, stack[layer].weights, 0.0F, next);
        fields = std::move(next);
    }
    return fields;
}

} // namespace blockspin::net
