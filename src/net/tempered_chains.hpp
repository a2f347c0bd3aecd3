#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/mpi/communicator.hpp>
#include <blockspin/net/bit_rows.hpp>
#include <blockspin/net/contrastive_divergence.hpp>
#include <blockspin/net/gibbs.hpp>
#include <blockspin/net/lookup_rbm.hpp>
#include <blockspin/net/rbm.hpp>

namespace blockspin::net {

/// What beside its hidden units belongs to the state of a row of persistent chains at inverse temperature 1, and where
/// the row is.
struct ModelRows {
    const LookupRbm& machine; ///< at inverse temperature 1
    const BitRows& visible;   ///< that the hidden units were drawn from
    std::int64_t rows;        ///< of all ranks
};

/// Moves the chains at the inverse temperatures β < 1 of PersistentChains by `gibbs_steps` steps of their
/// distributions, ∝ e^{−β E(v, h)}, and lets neighbours change places with probability min(1, e^{(β − β') (E − E')}):
/// parallel tempering (Desjardins, Courville, Bengio, Vincent, Delalleau, AISTATS 2010). `hidden` are the hidden units
/// at 1, with a row for each of the rows of this rank, of which `draws.first_row` is the first. Rung r draws as rows r
/// · rows, … would; exchanges of a step take the pairs that begin at even or odd rungs as its number is. Collective.
void temper(const mpi::Communicator& comm, const Rbm<float>& rbm, int gibbs_steps, const Draws& draws,
            const ModelRows& model, BitRows& hidden, PersistentChains& chains);

} // namespace blockspin::net
