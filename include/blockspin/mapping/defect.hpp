#pragma once

#include <span>
#include <vector>

#include <blockspin/lattice/geometry.hpp>
#include <blockspin/model/hamiltonian.hpp>
#include <blockspin/net/rbm.hpp>

namespace blockspin::mapping {

// A machine read as a renormalization step, e^{T(v, h)} = e^{−E(v, h) + H(v)} (Mehta and Schwab, arXiv:1410.3831). The
// step is exact if Tr_h e^T = 1 for every v; that both partition functions are equal does not imply it. A factor that
// does not depend on v is a gauge: it moves the zero of the free energy and nothing else.

/// ln P of all configurations of the Boltzmann distribution P = e^{−H} / Z, from their energies (model::energy_table).
std::vector<double> log_boltzmann_table(std::span<const double> energies);

/// How far Tr_h e^T = (Z_RBM / Z) p_RBM(v) / P(v) is from constant, P being the Boltzmann distribution of H.
struct Defect {
    double per_site = 0; ///< [ln⟨Tr_h e^T⟩_P − ⟨ln Tr_h e^T⟩_P] / N = KL(P‖p_RBM) / N; 0 if and only if constant
    double gauge = 0; ///< ln⟨Tr_h e^T⟩_P / N = (ln Z_RBM − ln Z) / N
};

/// By enumeration. InternalError unless the table is over the visible units.
Defect defect(const net::Rbm<double>& rbm, std::span<const double> energies);

/// The machine of which the visible units have exactly the distribution of the spins (net::ising_rbm). InputError if
/// an operator multiplies more than two spins.
net::Rbm<double> exact_machine(const model::Hamiltonian& hamiltonian, const lattice::Geometry& geometry);

} // namespace blockspin::mapping
