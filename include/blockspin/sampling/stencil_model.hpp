#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/lattice/geometry.hpp>
#include <blockspin/model/operator_basis.hpp>

namespace blockspin::sampling {

/// Products of spins around one site that multiply it in an operator: −H/kT = s Σ_a K_a Σ_products Π spins + …
struct LocalProducts {
    /// Offsets of the other spins; none for the spin itself in a field.
    using Product = std::vector<lattice::Coordinates>;

    std::vector<std::vector<Product>> of_operator; ///< [operator of the basis]
};

/// An Ising model with any translation-invariant couplings, as seen from one spin.
class StencilModel {
  public:
    /// InputError if a periodic side is so short that an operator meets one of its sites twice, or if an operator has
    /// more than 127 products with one spin.
    StencilModel(const lattice::Geometry& geometry, const model::OperatorBasis& basis);

    /// The products around a site of this kind (lattice::Geometry::sublattice).
    const LocalProducts& around(int sublattice) const { return products_.at(sublattice); }
    std::size_t operators() const noexcept { return products_[0].of_operator.size(); }
    /// Largest number of products of an operator with one spin.
    int most_products(std::size_t op) const;
    /// How far in each direction two spins of one product may be apart.
    const lattice::Coordinates& reach() const noexcept { return reach_; }

  private:
    std::array<LocalProducts, 2> products_;
    lattice::Coordinates reach_{};
};

/// How wide the ghosts of domains must be for these operators: at least 1.
std::int32_t halo_width(const model::OperatorBasis& basis);

/// Colours of the sites, such that no two of one colour are in one product: the product of classes along every
/// direction, x mod b for b = reach + 1, and further classes for the L mod b sites that a periodic side has left over.
/// Rows through sites of one colour are not in one product either. On the honeycomb, b is even along x, so that the
/// sites of one colour in a row are of one kind.
class StencilColouring {
  public:
    StencilColouring(const lattice::Geometry& geometry, const lattice::Coordinates& reach);

    int colours() const noexcept;
    /// Sites first, first + stride, … below `end` of a row.
    struct Progression {
        std::int32_t first, stride, end;
    };
    /// The sites of one colour in the row through these coordinates; nothing where it has none.
    Progression row(int colour, const lattice::Coordinates& at) const;

  private:
    /// Classes of one direction.
    struct Classes {
        std::int32_t period = 1, bulk = 1, count = 1;
        std::int32_t of(std::int32_t x) const noexcept { return x < bulk ? x % period : period + x - bulk; }
    };
    std::array<Classes, lattice::max_dimension> classes_{};
    std::int32_t length_;
};

} // namespace blockspin::sampling
