#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <blockspin/flow/map.hpp>
#include <blockspin/linalg/matrix.hpp>

namespace blockspin::flow {

/// The 2^n configurations of the n = 2^d spins on a hypercube, sorted into the classes that a symmetry group makes
/// of them. A configuration is a mask: bit v is set where the spin on vertex v is down, and the binary digits of v
/// are its coordinates. A mask also names the subset of its vertices and with it the product of those spins, so the
/// classes are at once the couplings: u(σ) = Σ_a K_a Σ_{A ∈ class a} Π_{v ∈ A} σ_v. Class 0 is the constant.
class SpinClasses {
  public:
    /// All permutations of the vertices: a class for each number of spins, n + 1 in all. InputError unless 1 ≤ d ≤ 4.
    static SpinClasses totally_symmetric(int d);
    /// The symmetry group of the hypercube: 3, 6, 22, 402 classes for d = 1 … 4. InputError unless 1 ≤ d ≤ 4.
    static SpinClasses hypercubic(int d);

    int spatial_dimension() const noexcept { return spatial_dimension_; }
    int spins() const noexcept { return 1 << spatial_dimension_; }
    int count() const noexcept { return static_cast<int>(members_.size()); }
    /// The class of a configuration.
    int of(std::uint32_t mask) const { return labels_[mask]; }
    /// The smallest mask of a class.
    std::uint32_t representative(int c) const { return members_[c].front(); }
    /// Number of spins that are down in class c, also the number of spins in its coupling.
    int bits(int c) const;
    /// Σσ.
    int magnetization(int c) const { return spins() - 2 * bits(c); }
    double size(int c) const { return static_cast<double>(members_[c].size()); }
    /// Number of configurations of class s at each Hamming distance 0 … n from the representative of class r.
    std::span<const std::int32_t> at_distance(int r, int s) const;
    /// Names of classes 1 …, such as "2-spin" or "{0,1}", the vertices of a representative, with their parities.
    std::span<const Coupling> couplings() const noexcept { return couplings_; }

    /// u per class from the couplings of classes 1 ….
    std::vector<double> values(std::span<const double> couplings) const;
    /// All couplings from u per class, the constant first.
    std::vector<double> expansion(std::span<const double> values) const;
    /// Σ over the products of spins of class a, in class s: ∂u_s/∂K_a.
    double product_sum(int a, int s) const { return product_sums_(a, s); }
    /// u per class of a function of masks. InputError unless it is the same on every member of a class, to 1e-12.
    std::vector<double> per_class(const std::function<double(std::uint32_t)>& u) const;

  private:
    SpinClasses(int d, std::vector<int> labels, const std::function<std::string(std::uint32_t)>& name);
    void tabulate();

    int spatial_dimension_;
    std::vector<int> labels_;
    std::vector<std::vector<std::uint32_t>> members_;
    std::vector<Coupling> couplings_;
    std::vector<std::int32_t> distances_;
    linalg::Matrix<double> product_sums_;
};

} // namespace blockspin::flow
