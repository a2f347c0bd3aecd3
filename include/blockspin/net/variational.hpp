#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/mpi/communicator.hpp>
#include <blockspin/net/dataset.hpp>
#include <blockspin/net/gibbs.hpp>
#include <blockspin/net/stack.hpp>

namespace blockspin::net {

/// For each of the given rows v, on every rank, what is left of ln p(v) without −ln Z of the top machine of a stack,
/// itself for one machine, else a lower bound. With h_0 = v and h_l drawn upwards from h_{l−1},
///   −F_1(v) + ⟨Σ_l F̃_l(h_l) − F_{l+1}(h_l)⟩,
/// F_l and F̃_l the free energies of visible and hidden units of machine l: for p(h_{l−1}|h_l) / q(h_l|h_{l−1}) =
/// p(h_{l−1}) / p(h_l) in machine l, this is the variational bound of Hinton, Osindero, Teh, Neural Comput. 18 (2006)
/// 1527, eq. 3 (Salakhutdinov and Murray, ICML 2008, section 4), averaged over `samples` draws. Those of a row are
/// addressed by its number; half-steps from 0 on. The same bits on any number of ranks. Collective.
std::vector<double> unnormalised_log_probabilities(const mpi::Communicator& comm, const Stack& stack,
                                                   const Dataset& data, std::span<const std::int64_t> rows, int samples,
                                                   const Draws& draws);

} // namespace blockspin::net
