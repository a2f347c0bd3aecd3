#pragma once

#include <cstdint>
#include <string_view>

namespace blockspin::rng {

/// What a random word is drawn for. Part of every address, so two uses never share a word. The values belong to the
/// definition of the random streams: append, never renumber.
enum class Purpose : std::uint8_t {
    test = 0,               ///< the test-suite
    hot_start = 1,          ///< spins of a random initial configuration
    metropolis = 2,         ///< acceptance of a Metropolis update
    heat_bath = 3,          ///< the new value of a heat-bath update
    swendsen_wang_bond = 4, ///< is this bond of like spins occupied
    swendsen_wang_coin = 5, ///< the new sign of a Swendsen–Wang cluster
    wolff = 6,              ///< seed site and bonds of a Wolff cluster
    tempering_swap = 7,     ///< acceptance of a replica exchange
    block_tie = 8,          ///< the sign of a block whose majority is tied
    block_draw = 9,         ///< a block spin drawn from P(μ|σ)
    shuffle = 10,           ///< the order of the samples in an epoch
    binarise = 11,          ///< grey values of a data set made binary
    rbm_initial = 12,       ///< weights and chains of a network before training
    rbm_hidden = 13,        ///< hidden units given the visible ones
    rbm_visible = 14,       ///< visible units given the hidden ones
    annealing = 15,         ///< chains of annealed importance sampling
    bootstrap = 16,         ///< resampling for error bars
    cluster_state = 17,     ///< the new state of a Swendsen–Wang cluster of Potts spins
    lane_metropolis = 18,   ///< acceptance of a Metropolis update of 128 replicas at once
    lane_heat_bath = 19,    ///< the new values of a heat-bath update of 128 replicas at once
    dropout = 25,           ///< hidden units left out of an update
    pseudo_likelihood = 26, ///< the units of a row whose conditional probability is looked at
    variational = 30,       ///< hidden units of a deep belief network in the bound on its log-probability
    bond_parent = 36,       ///< the bonds of a population that a new one is made of
    random_bond = 37,       ///< a bond of a disordered sample
    krylov_start = 38,      ///< start vectors of Krylov spaces
};

/// The enumerator's name; "unknown" for a value that is none. That the values differ is proved by its compiling.
constexpr std::string_view name(Purpose purpose) noexcept {
    switch (purpose) {
    case Purpose::test:
        return "test";
    case Purpose::hot_start:
        return "hot_start";
    case Purpose::metropolis:
        return "metropolis";
    case Purpose::heat_bath:
        return "heat_bath";
    case Purpose::swendsen_wang_bond:
        return "swendsen_wang_bond";
    case Purpose::swendsen_wang_coin:
        return "swendsen_wang_coin";
    case Purpose::wolff:
        return "wolff";
    case Purpose::tempering_swap:
        return "tempering_swap";
    case Purpose::block_tie:
        return "block_tie";
    case Purpose::block_draw:
        return "block_draw";
    case Purpose::shuffle:
        return "shuffle";
    case Purpose::binarise:
        return "binarise";
    case Purpose::rbm_initial:
        return "rbm_initial";
    case Purpose::rbm_hidden:
        return "rbm_hidden";
    case Purpose::rbm_visible:
        return "rbm_visible";
    case Purpose::annealing:
        return "annealing";
    case Purpose::bootstrap:
        return "bootstrap";
    case Purpose::cluster_state:
        return "cluster_state";
    case Purpose::lane_metropolis:
        return "lane_metropolis";
    case Purpose::lane_heat_bath:
        return "lane_heat_bath";
    case Purpose::dropout:
        return "dropout";
    case Purpose::pseudo_likelihood:
        return "pseudo_likelihood";
    case Purpose::variational:
        return "variational";
    case Purpose::bond_parent:
        return "bond_parent";
    case Purpose::random_bond:
        return "random_bond";
    case Purpose::krylov_start:
        return "krylov_start";
    }
    return "unknown";
}

} // namespace blockspin::rng
