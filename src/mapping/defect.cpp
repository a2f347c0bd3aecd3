#include <blockspin/mapping/defect.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/model/terms.hpp>
#include <blockspin/net/exact.hpp>
#include <blockspin/net/ising_rbm.hpp>

#include <fmt/format.h>

#include <cmath>

namespace blockspin::mapping {

std::vector<double> log_boltzmann_table(std::span<const double> energies) {
    std::vector<double> table;
    for (const double energy : energies) table.push_back(-energy);
    const double ln_z = net::log_sum_exp(table);
    for (double& x : table) x -= ln_z;
    return table;
}

Defect defect(const net::Rbm<double>& rbm, std::span<const double> energies) {
    const std::vector<double> free_energies = net::free_energy_table(rbm);
    core::ensure(free_energies.size() == energies.size(), "a machine with one visible unit per spin");
    const std::vector<double> log_probability = log_boltzmann_table(energies);
    std::vector<double> exponents;
    double mean_log = 0; // ⟨ln Tr_h e^T⟩_P
    for (std::size_t c = 0; c < energies.size(); ++c) {
        const double log_trace = energies[c] - free_energies[c];
        mean_log += std::exp(log_probability[c]) * log_trace;
        exponents.push_back(log_probability[c] + log_trace);
    }
    const double log_mean = net::log_sum_exp(exponents); // ln⟨Tr_h e^T⟩_P
    return {.per_site = (log_mean - mean_log) / rbm.visible(), .gauge = log_mean / rbm.visible()};
}

net::Rbm<double> exact_machine(const model::Hamiltonian& hamiltonian, const lattice::Geometry& geometry) {
    std::vector<double> fields(static_cast<std::size_t>(geometry.sites()));
    std::vector<net::Bond> bonds;
    for (std::size_t a = 0; a < hamiltonian.basis().size(); ++a) {
        const model::Operator& op = hamiltonian.basis()[a];
        const double coupling = hamiltonian.couplings()[a];
        if (op.spins() > 2) {
            throw core::InputError(fmt::format("no exact network is known for the coupling {}: it multiplies {} spins",
                                               op.name(), op.spins()));
        }
        const model::Terms terms = model::terms(op, geometry);
        for (std::size_t t = 0; t < terms.size(); ++t) {
            if (op.spins() == 1) {
                fields[static_cast<std::size_t>(terms[t][0])] += coupling;
            } else {
                bonds.push_back({terms[t][0], terms[t][1], coupling});
            }
        }
    }
    return net::ising_rbm(fields, bonds);
}

} // namespace blockspin::mapping
