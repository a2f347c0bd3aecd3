#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <blockspin/flow/map.hpp>
#include <blockspin/linalg/matrix.hpp>

namespace blockspin::flow {

/// How the pairs (μ, σ) of configurations of a cell are told apart by a block transformation
/// T(μ|σ) ∝ exp{Σ_k p_k Σ_i φ_k(μ_i, σ_i)}: by the sums F_k = Σ_i φ_k(μ_i, σ_i).
struct PairTable {
    /// So many configurations of a class have the sums in row `sums` of `values` with a given μ.
    struct Entry {
        int sums = 0;
        double count = 0.0;
    };

    linalg::Matrix<double> values;       ///< the different sums, row by row; a column per parameter
    std::vector<std::vector<Entry>> of;  ///< for (class r of μ, class s of σ) at r · count + s
    std::vector<std::vector<int>> equal; ///< per class s of σ: the sums with each μ whose spins are all equal
};

/// ln Σ_{σ ∈ s} T(μ|σ) for μ in class r at (r, s), T normalised by Σ_μ over the spins of one block, and its derivatives
/// by the parameters of T.
struct RuleKernel {
    linalg::Matrix<double> log;
    std::vector<linalg::Matrix<double>> slopes;
};

/// The functions u(σ) of the spins on the n = 2^d vertices of one hypercube that are constant on the classes into which
/// a symmetry group sorts the configurations, the couplings that are their coordinates, u = constant + Σ_a K_a f_a, and
/// the block transformations that respect the group.
class CellClasses {
  public:
    int spatial_dimension() const noexcept { return spatial_dimension_; }
    int spins() const noexcept { return 1 << spatial_dimension_; }
    int count() const noexcept { return static_cast<int>(sizes_.size()); }
    /// Number of configurations in class c.
    double size(int c) const { return sizes_[c]; }
    /// Of all configurations, of class c: which class of all permutations of the vertices it belongs to.
    int shell(int c) const { return shells_[c]; }
    /// Of the functions f_1 …; even are those that respect the symmetry of the model without a field.
    std::span<const Coupling> couplings() const noexcept { return couplings_; }
    /// Names of the parameters of T.
    std::span<const std::string> parameters() const noexcept { return parameters_; }
    /// Parameters near the best ones at a critical point, to start a search from.
    std::span<const double> typical_parameters() const noexcept { return typical_parameters_; }

    /// u per class from the couplings.
    std::vector<double> values(std::span<const double> couplings) const;
    /// The constant, then all couplings, from u per class.
    std::vector<double> expansion(std::span<const double> values) const;
    /// The same of each row.
    linalg::Matrix<double> expansions(const linalg::Matrix<double>& values) const;
    /// ∂F/∂u per class of F = constant + g(K), from ∂g/∂K.
    std::vector<double> slope_by_value(std::span<const double> slope_by_coupling) const;
    /// ∂F/∂K, the constant held, of any function F of the values, from ∂F/∂u.
    std::vector<double> slope_by_coupling(std::span<const double> slope_by_value) const;
    /// f_a on class s, f_0 = 1: ∂u_s/∂K_a.
    double function(int a, int s) const { return functions_(a, s); }
    /// T with these parameters. InputError unless there is one for each name, all finite.
    RuleKernel kernel(std::span<const double> parameters) const;

  protected:
    CellClasses() = default;

    int spatial_dimension_ = 0;
    std::vector<double> sizes_;
    std::vector<int> shells_;
    std::vector<Coupling> couplings_;
    std::vector<std::string> parameters_;
    std::vector<double> typical_parameters_;
    linalg::Matrix<double> functions_;  ///< (a, s)
    linalg::Matrix<double> projection_; ///< (a, s): coordinate a of the function that is 1 on class s, else 0
    PairTable pairs_;
};

/// Which permutations of the vertices leave a function as it is: those of the hypercube's group, or all.
enum class VertexSymmetry { hypercubic, total };

} // namespace blockspin::flow
