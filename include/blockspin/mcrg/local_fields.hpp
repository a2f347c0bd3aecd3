#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/lattice/geometry.hpp>
#include <blockspin/model/operator.hpp>
#include <blockspin/model/terms.hpp>

namespace blockspin::mcrg {

/// The fields that several operators exert on every spin of a periodic lattice: model::local_field, for whole
/// configurations. Flipping spin l changes S_a by −2 σ_l F_a(l).
class LocalFields {
  public:
    /// InputError if an operator belongs to another lattice, if a boundary is open, and on the honeycomb.
    LocalFields(const lattice::Geometry& geometry, const std::vector<model::Operator>& operators);

    /// Number of operators.
    std::size_t size() const noexcept { return stencils_.size(); }
    /// F_a(l) as [operator][site].
    void evaluate(model::Spins spins, std::span<std::int16_t> fields) const;

  private:
    /// Where the other spins of a term are, from the spin that feels it, in the array with margins.
    using Others = std::vector<std::ptrdiff_t>;

    lattice::Geometry geometry_;
    std::vector<std::vector<Others>> stencils_; ///< of each operator
    lattice::Coordinates margin_{};             ///< on either side
    lattice::Coordinates extents_{};            ///< with both margins
    std::vector<std::size_t> source_;           ///< the site whose spin belongs to a place of the array
    std::vector<std::size_t> rows_;             ///< where the rows of the lattice begin in the array
};

} // namespace blockspin::mcrg
