#pragma once

#include <cstdint>
#include <vector>

#include <blockspin/lattice/geometry.hpp>
#include <blockspin/sampling/couplings.hpp>

namespace blockspin::sampling {

/// How an update chooses the new value of one spin, given the sum of its neighbours.
///
/// The local field K Σ neighbours + h favours one value. With probability `reluctance` the spin takes the other one;
/// but a Metropolis spin that is not at the favoured value goes there without a draw. Where both values are favoured
/// alike, the one that the spin does not have counts as the favoured one.
struct SpinRule {
    /// What the sum of the neighbours says about a spin.
    struct Case {
        bool is_tie = false;          ///< neither value is favoured
        bool favours_up = false;      ///< unless it is a tie
        std::uint64_t reluctance = 0; ///< times 2^64
    };

    bool is_metropolis = false;
    NearestNeighbourCouplings couplings;
    std::vector<Case> cases; ///< by the sum of the neighbours, from −(coordination number) to +(coordination number)

    /// The probability times 2^64 that a spin which is up or down now is up afterwards.
    std::uint64_t probability_up(bool is_up, const Case& here) const noexcept;
};

/// Rule makers: of one replica's couplings on a lattice with this coordination number.
using MakeRule = SpinRule(const NearestNeighbourCouplings& couplings, int neighbours);

/// Metropolis et al., J. Chem. Phys. 21 (1953) 1087: flipped with probability min(1, exp(−ΔE/kT)).
MakeRule metropolis_rule;

/// Heat bath: up with probability 1 / (1 + exp(−2 (K Σ neighbours + h))). Creutz, Phys. Rev. D 21 (1980) 2308.
MakeRule heat_bath_rule;

/// The rules of all replicas.
std::vector<SpinRule> rules(const lattice::Geometry& geometry, const std::vector<NearestNeighbourCouplings>& couplings,
                            MakeRule& make);

} // namespace blockspin::sampling
