#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/lattice/box.hpp>
#include <blockspin/lattice/geometry.hpp>
#include <blockspin/mcrg/bundle.hpp>
#include <blockspin/model/operator.hpp>

namespace blockspin::mcrg {

/// The sums S_a of several operators (model::sum) of up to 64 configurations of one lattice at once. The words of a
/// bundle are copied into an array with a margin that holds their periodic images, so that an image of an operator is
/// an exclusive or of rows at fixed distances, and its sum a count of bits.
class OperatorSums {
  public:
    /// InputError if an operator belongs to another lattice, and on the honeycomb.
    OperatorSums(const lattice::Geometry& geometry, const std::vector<model::Operator>& operators);

    /// Number of operators.
    std::size_t size() const noexcept { return images_.size(); }
    /// S_a of every operator [configuration][operator], for as many configurations as `sums` has room for; `words` of
    /// the whole lattice.
    void evaluate(std::span<const Word> words, std::span<std::int64_t> sums) const;

  private:
    /// One image of an operator on this lattice.
    struct Image {
        std::vector<lattice::Coordinates> offsets;
        lattice::Box places;                   ///< where its first spin may sit: all others are inside then
        std::vector<std::ptrdiff_t> distances; ///< the offsets, in the array with margins
    };

    void add(const model::Operator& op);
    void lay_out();
    std::ptrdiff_t distance(const lattice::Coordinates& offset) const noexcept;

    lattice::Geometry geometry_;
    std::vector<std::vector<Image>> images_; ///< of each operator
    lattice::Coordinates margin_{};          ///< on either side
    lattice::Coordinates extents_{};         ///< with both margins
    std::vector<std::int64_t> source_;       ///< the site whose word belongs to a place of the array; -1: none
};

} // namespace blockspin::mcrg
