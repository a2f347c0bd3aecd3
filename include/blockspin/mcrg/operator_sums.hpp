#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/lattice/geometry.hpp>
#include <blockspin/model/operator.hpp>
#include <blockspin/model/terms.hpp>

namespace blockspin::mcrg {

/// The sums S_a of several operators (model::sum), made ready for many configurations of one lattice: spins are copied
/// into an array with a margin that holds their periodic images, or 0 beyond an open boundary, so that every image of
/// an operator is a product of rows at fixed distances.
class OperatorSums {
  public:
    /// InputError if an operator belongs to another lattice.
    OperatorSums(const lattice::Geometry& geometry, const std::vector<model::Operator>& operators);

    /// Number of operators.
    std::size_t size() const noexcept { return images_.size(); }
    /// S_a of every operator; `spins` of the whole lattice, `sums` one per operator.
    void evaluate(model::Spins spins, std::span<std::int64_t> sums) const;

  private:
    /// One image of an operator between the margins of this lattice.
    struct Image {
        int sublattice; ///< of its first spin
        std::vector<lattice::Coordinates> offsets;
        std::vector<std::ptrdiff_t> distances; ///< the same, in the array with margins
    };
    struct Row {
        int sublattice;          ///< of its first spin
        std::ptrdiff_t position; ///< of that spin in the array with margins
    };

    void add(const model::Operator& op);
    void lay_out();
    std::ptrdiff_t distance(const lattice::Coordinates& offset) const noexcept;
    std::int64_t sum(const Image& image, const std::int8_t* padded) const;

    lattice::Geometry geometry_;
    std::vector<std::vector<Image>> images_; ///< of each operator
    lattice::Coordinates margin_{};          ///< on either side
    lattice::Coordinates extents_{};         ///< with both margins
    std::vector<std::int64_t> source_;       ///< the site whose spin belongs to a place of the array; -1: none
    std::vector<Row> rows_;
};

} // namespace blockspin::mcrg
