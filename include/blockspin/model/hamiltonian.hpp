#pragma once

#include <map>
#include <string>
#include <vector>

#include <blockspin/model/operator_basis.hpp>
#include <blockspin/model/terms.hpp>

namespace blockspin::model {

/// -H/kT = Σ_a K_a S_a, the couplings K dimensionless.
class Hamiltonian {
  public:
    /// InputError unless there is one finite coupling per operator.
    Hamiltonian(OperatorBasis basis, std::vector<double> couplings);
    /// From couplings by operator name. InputError as OperatorBasis::from_names.
    Hamiltonian(lattice::Lattice lattice, const std::map<std::string, double>& couplings);

    const OperatorBasis& basis() const noexcept { return basis_; }
    /// In the order of the basis.
    const std::vector<double>& couplings() const noexcept { return couplings_; }
    /// The coupling of a named operator; 0 where the basis has none. InputError if the name means nothing.
    double coupling(std::string_view name) const;

    /// H/kT = -Σ_a K_a S_a of one configuration.
    double energy(const lattice::Geometry& geometry, Spins spins) const;
    /// Increase of H/kT on flipping one spin: 2 spin Σ_a K_a local_field_a.
    double energy_of_flip(const lattice::Geometry& geometry, Spins spins, std::int64_t site) const;

  private:
    OperatorBasis basis_;
    std::vector<double> couplings_;
};

} // namespace blockspin::model
