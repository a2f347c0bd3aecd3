#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <blockspin/lattice/geometry.hpp>
#include <blockspin/model/operator.hpp>

namespace blockspin::model {

/// Products of spins of a small periodic lattice that its translations and point group turn into each other.
struct TorusClass {
    Operator op;                        ///< the first operator, in the canonical order, with these images
    std::vector<std::uint32_t> subsets; ///< of sites: site i is in it if bit i is 1
    int multiplicity = 1;               ///< how often S of `op` holds each of them
};

/// The coordinates of any function of the spins of a small lattice, F(σ) = constant + Σ_a K_a S_a(σ) + the rest.
struct Expansion {
    double constant = 0;
    std::vector<double> couplings; ///< K_a of every class: the mean over its subsets
    double asymmetry = 0; ///< largest difference, times the multiplicity, of one subset from that mean; 0 if F has the
                          ///< symmetry of the lattice
};

/// All products of spins that a small periodic lattice tells apart, in classes: with the constant they are a complete
/// basis of its functions with the symmetry of the lattice. On a torus of extent L, spins L apart are the same, so a
/// class stands for all operators whose images coincide there.
class TorusOperators {
  public:
    /// InputError unless the lattice is periodic with equal extents, has at most 16 sites, and is not a honeycomb.
    explicit TorusOperators(const lattice::Geometry& geometry);

    std::size_t size() const noexcept { return classes_.size(); }
    /// In the canonical order of their operators.
    const TorusClass& operator[](std::size_t a) const { return classes_.at(a); }
    auto begin() const noexcept { return classes_.begin(); }
    auto end() const noexcept { return classes_.end(); }
    /// The class that `op` is the operator of; none if its images coincide with those of an earlier one.
    std::optional<std::size_t> find(const Operator& op) const;

    /// By a Walsh–Hadamard transform of F over all configurations: in the one with index c, spin i is up where bit i of
    /// c is 1. InternalError unless there are 2^sites values.
    Expansion expand(std::span<const double> function) const;

  private:
    std::size_t sites_;
    std::vector<TorusClass> classes_;
};

} // namespace blockspin::model
