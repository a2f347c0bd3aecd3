#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <blockspin/flow/cell.hpp>

namespace blockspin::flow {

/// Classes of the 2^n configurations of n = 2^d Ising spins. A configuration is a mask: bit v is set where the spin on
/// vertex v is down, and the binary digits of v are its coordinates. A mask also names the subset of its vertices and
/// with it the product of those spins, so the classes are at once the couplings:
/// u(σ) = constant + Σ_a K_a Σ_{A ∈ class a} Π_{v ∈ A} σ_v. T(μ|σ) ∝ exp(p Σ_i μ_i σ_i), with one parameter p.
class SpinClasses : public CellClasses {
  public:
    /// All permutations of the vertices: a class for each number of spins, n + 1 in all. InputError unless 1 ≤ d ≤ 5.
    static SpinClasses totally_symmetric(int d);
    /// The symmetry group of the hypercube: 3, 6, 22, 402 classes for d = 1 … 4. InputError unless 1 ≤ d ≤ 4.
    static SpinClasses hypercubic(int d);

    /// The class of a configuration.
    int of(std::uint32_t mask) const { return labels_.empty() ? std::popcount(mask) : labels_[mask]; }
    /// The smallest mask of a class.
    std::uint32_t representative(int c) const { return representatives_[c]; }
    /// Number of spins that are down in class c, also the number of spins in its coupling.
    int bits(int c) const { return std::popcount(representative(c)); }
    /// Σσ.
    int magnetization(int c) const { return spins() - 2 * bits(c); }
    /// u per class of a function of masks. InputError unless it is the same on every member of a class, to 1e-12, and
    /// in five dimensions, where the 2^32 members are too many to ask.
    std::vector<double> per_class(const std::function<double(std::uint32_t)>& u) const;

  private:
    explicit SpinClasses(int d);
    void count_masks();
    void count_combinations();
    void name_couplings(const std::function<std::string(std::uint32_t)>& name);

    std::vector<int> labels_; ///< empty: the number of bits
    std::vector<std::uint32_t> representatives_;
};

} // namespace blockspin::flow
