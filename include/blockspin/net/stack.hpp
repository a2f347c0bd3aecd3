#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <blockspin/linalg/matrix.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/net/dataset.hpp>
#include <blockspin/net/gibbs.hpp>
#include <blockspin/net/rbm.hpp>

namespace blockspin::net {

/// Machines one above the other: the hidden units of each are the visible ones of the next. As a generative model, a
/// deep belief network: the top machine is in equilibrium, the units below follow layer by layer (Hinton, Osindero,
/// Teh, Neural Comput. 18 (2006) 1527).
using Stack = std::vector<Rbm<float>>;

/// A machine before training: normal weights of the given width, addressed by training and layer; no biases.
Rbm<float> initial_rbm(int visible, int hidden, double width, const rng::Key& key, std::int32_t training,
                       std::int64_t layer);

/// The data that the machine above learns from: the hidden units drawn once for each row. Collective.
Dataset hidden_dataset(const mpi::Communicator& comm, const Rbm<float>& rbm, const Dataset& data, const Draws& draws);

/// The units at the bottom drawn given the visible ones of the top machine. Half-steps count from draws.half_step on.
linalg::Matrix<float> sample_downwards(const Stack& stack, linalg::MatrixView<const float> top, const Draws& draws);

/// W_1 W_2 … W_layers: what each unit of the last of these layers sees of the bottom; bottom × units. For one layer the
/// weights themselves. InternalError for fewer than 1 or more layers than there are.
linalg::Matrix<float> receptive_fields(const Stack& stack, std::size_t layers);

} // namespace blockspin::net
