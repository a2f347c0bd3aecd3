#pragma once

#include <array>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include <blockspin/core/error.hpp>
#include <blockspin/flow/bond.hpp>
#include <blockspin/flow/formula.hpp>
#include <blockspin/flow/hierarchical_cell.hpp>
#include <blockspin/flow/potts_bond.hpp>

namespace blockspin::flow {

namespace detail {

/// ln Σ e^{bonds of the cell} over the states of all vertices but the terminals, for spins that have a state 0 of their
/// own and q − 1 others that are alike: those met so far have numbers 1, 2, …, the next new one stands for all the
/// rest. q may be any real number from 1 on.
template <template <class> class B, class T> class CellSum {
  public:
    /// `bonds`: one for each link of the cell.
    CellSum(const HierarchicalCell& cell, const std::vector<B<T>>& bonds)
        : cell_(cell), bonds_(bonds), states_(static_cast<std::size_t>(cell.vertices())) {}

    T operator()(int first, int second) {
        exponents_.clear();
        weights_.clear();
        states_[0] = first;
        states_[1] = second;
        add(2, std::max(first, second), 1.0);
        return log_sum<T>(exponents_, weights_);
    }

  private:
    void add(std::size_t vertex, int used, double weight) {
        if (vertex == states_.size()) {
            exponents_.push_back(exponent());
            weights_.push_back(weight);
            return;
        }
        for (int state = 0; state <= used + 1; ++state) {
            const double ways = state <= used ? 1.0 : bonds_.front().state_count() - 1 - used;
            if (ways == 0) continue;
            states_[vertex] = state;
            add(vertex + 1, std::max(used, state), weight * ways);
        }
    }
    T exponent() const {
        const std::span<const HierarchicalCell::Link> links = cell_.links();
        const auto of_link = [&](std::size_t i) {
            return bonds_[i].between(states_[static_cast<std::size_t>(links[i].from)],
                                     states_[static_cast<std::size_t>(links[i].to)]);
        };
        T sum = of_link(0);
        for (std::size_t i = 1; i < links.size(); ++i) sum = sum + of_link(i);
        return sum;
    }

    const HierarchicalCell& cell_;
    const std::vector<B<T>>& bonds_;
    std::vector<int> states_;
    std::vector<T> exponents_;
    std::vector<double> weights_;
};

} // namespace detail

/// The one bond that does what a cell of equal bonds does: all spins but those at its terminals summed over.
template <template <class> class B, class T> B<T> decimated(const HierarchicalCell& cell, const B<T>& bond) {
    std::vector<B<T>> bonds;
    for (const HierarchicalCell::Link& link : cell.links())
        bonds.push_back(in_parallel(in_series(bond, link.length), link.chains));
    return bonds.size() == 1 ? bonds.front() : B<T>::from_states(detail::CellSum<B, T>(cell, bonds), bond);
}

/// The spins of another kind without a field: with the first coupling alone.
template <class Spins> class WithoutField {
  public:
    static constexpr std::size_t size = 1;
    explicit WithoutField(Spins spins = Spins()) : spins_(spins) {}

    static std::span<const Coupling> couplings() { return Spins::couplings().first(1); }
    double states() const noexcept { return spins_.states(); }
    template <class T> auto bond(const std::array<T, 1>& k) const {
        std::array<T, Spins::size> all;
        all.fill(0.0 * k[0]);
        all[0] = k[0];
        return spins_.bond(all);
    }
    template <class B> auto split(const B& bond) const {
        const auto [couplings, constant] = spins_.split(bond);
        return Transformed<std::remove_cvref_t<decltype(constant)>, 1>{{couplings[0]}, constant};
    }

  private:
    Spins spins_;
};

/// The model on the hierarchical lattice that grows by putting a cell in the place of every bond: decimation is exact
/// there (Berker and Ostlund 1979). With the cell of b^{d−1} chains of b bonds, K' = b^{d−1} artanh tanh^b K for Ising
/// spins without field, which is also the Migdal–Kadanoff recursion with bonds moved last. The field belongs to the
/// bonds as there; f is per site of this lattice, in its limit.
template <class Spins> class HierarchicalFormula {
  public:
    static constexpr std::size_t size = Spins::size;
    /// InputError if the spins feel a field and the cell does not look the same from both ends: bonds would get a
    /// direction.
    explicit HierarchicalFormula(HierarchicalCell cell, Spins spins = Spins()) : cell_(std::move(cell)), spins_(spins) {
        if (size > 1 && !cell_.is_reversible())
            throw core::InputError(
                "in a field bonds get a direction if the cell does not look the same from both ends");
    }
    /// b^{d−1} chains of b bonds. Errors of HierarchicalCell::diamond.
    HierarchicalFormula(int b, double d, Spins spins = Spins())
        : HierarchicalFormula(HierarchicalCell::diamond(b, d), spins) {}

    static std::span<const Coupling> couplings() { return Spins::couplings(); }
    double scale_factor() const noexcept { return cell_.length(); }
    double spatial_dimension() const noexcept { return cell_.dimension(); }
    const HierarchicalCell& cell() const noexcept { return cell_; }

    template <class T, std::size_t N> Transformed<T, N> image(const std::array<T, N>& point) const {
        Transformed<T, N> moved = spins_.split(decimated(cell_, spins_.bond(point)));
        moved.constant = (1 / cell_.sites_per_bond()) * moved.constant;
        return moved;
    }

  private:
    HierarchicalCell cell_;
    Spins spins_;
};

using FieldlessHierarchicalLattice = FormulaMap<HierarchicalFormula<WithoutField<IsingSpins>>>;
using FieldlessPottsHierarchicalLattice = FormulaMap<HierarchicalFormula<WithoutField<PottsSpins>>>;

static_assert(Map<FieldlessHierarchicalLattice> && Map<FieldlessPottsHierarchicalLattice>);

} // namespace blockspin::flow
