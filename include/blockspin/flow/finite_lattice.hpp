#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include <blockspin/coarsen/rule_table.hpp>
#include <blockspin/flow/block_sum.hpp>
#include <blockspin/flow/map.hpp>
#include <blockspin/lattice/geometry.hpp>
#include <blockspin/model/operator_basis.hpp>
#include <blockspin/model/torus_operators.hpp>

namespace blockspin::flow {

/// A block rule as it acts on a small periodic lattice, taken for the map of the couplings of the infinite one: K' are
/// the couplings of ln Σ_σ P(μ|σ) e^{−H(σ)} on the lattice of the block spins, summed exactly (M. Nauenberg, B.
/// Nienhuis, Phys. Rev. Lett. 33 (1974) 944). Couplings that are not kept are dropped, as their mean is where the rule
/// has less symmetry than the lattice. If those kept are all that the block spins can have, the map keeps Z of the
/// small lattice.
class FiniteLattice {
  public:
    /// `kept`: the operators whose couplings are kept. InputError as for block_sum and model::TorusOperators of the
    /// block spins, if an operator coincides with another or with a constant on their lattice, or if the rule does not
    /// treat up and down alike.
    FiniteLattice(lattice::Geometry geometry, coarsen::RuleTable rule, model::OperatorBasis kept);

    /// In the order of the basis.
    std::span<const Coupling> couplings() const noexcept { return couplings_; }
    double scale_factor() const noexcept { return rule_.scale_factor(); }
    double spatial_dimension() const noexcept { return geometry_.dimension(); }
    Image apply(std::span<const double> point) const;
    /// From the averages of the operators in the presence of every configuration of the block spins.
    Derivative jacobian(std::span<const double> point) const;

    /// Are all couplings kept that the block spins can have?
    bool is_complete() const noexcept { return kept_.size() == classes_.size(); }

  private:
    BlockSum sum(std::span<const double> point, Slopes slopes) const;
    /// Of any function of the block spins: the constant per block, and the couplings that are kept.
    Image kept(std::span<const double> function) const;

    lattice::Geometry geometry_;
    coarsen::RuleTable rule_;
    model::OperatorBasis kept_;
    model::TorusOperators classes_;
    std::vector<std::size_t> places_; ///< of the operators among the classes
    std::vector<Coupling> couplings_;
    lattice::Geometry blocks_;
    std::shared_ptr<const SpinLevels> levels_; ///< where they are few enough
};

static_assert(Map<FiniteLattice>);

} // namespace blockspin::flow
