#include <blockspin/model/hamiltonian.hpp>

#include <blockspin/core/error.hpp>

#include <algorithm>
#include <cmath>

namespace blockspin::model {

namespace {

OperatorBasis basis_of(lattice::Lattice lattice, const std::map<std::string, double>& couplings) {
    std::vector<std::string> names;
    for (const auto& entry : couplings) names.push_back(entry.first);
    return OperatorBasis::from_names(lattice, names);
}

} // namespace

Hamiltonian::Hamiltonian(OperatorBasis basis, std::vector<double> couplings)
    : basis_(std::move(basis)), couplings_(std::move(couplings)) {
    const bool finite = std::ranges::all_of(couplings_, [](double k) { return std::isfinite(k); });
    if (couplings_.size() != basis_.size() || !finite) {
        throw core::InputError("a Hamiltonian needs one finite coupling per operator");
    }
}

Hamiltonian::Hamiltonian(lattice::Lattice lattice, const std::map<std::string, double>& couplings)
    : Hamiltonian(basis_of(lattice, couplings), std::vector<double>(couplings.size(), 0.0)) {
    for (const auto& [name, value] : couplings) {
        if (!std::isfinite(value)) throw core::InputError("the coupling of " + name + " is not a finite number");
        couplings_[basis_.find(name).value()] = value;
    }
}

double Hamiltonian::coupling(std::string_view name) const {
    const auto place = basis_.find(name);
    return place ? couplings_[*place] : 0.0;
}

double Hamiltonian::energy(const lattice::Geometry& geometry, Spins spins) const {
    double energy = 0;
    for (std::size_t a = 0; a < basis_.size(); ++a) {
        energy -= couplings_[a] * static_cast<double>(sum(basis_[a], geometry, spins));
    }
    return energy;
}

double Hamiltonian::energy_of_flip(const lattice::Geometry& geometry, Spins spins, std::int64_t site) const {
    double field = 0;
    for (std::size_t a = 0; a < basis_.size(); ++a) {
        field += couplings_[a] * static_cast<double>(local_field(basis_[a], geometry, spins, site));
    }
    return 2 * field * spins[static_cast<std::size_t>(site)];
}

} // namespace blockspin::model
