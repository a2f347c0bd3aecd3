#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/lattice/geometry.hpp>
#include <blockspin/model/operator_basis.hpp>

namespace blockspin::model {

/// Spins of a whole lattice, +1 or -1, x fastest.
using Spins = std::span<const std::int8_t>;

/// The images of one operator on a finite lattice, each as the sites of its spins.
struct Terms {
    std::size_t spins = 0;           ///< sites per term
    std::vector<std::int64_t> sites; ///< term by term

    std::size_t size() const noexcept { return spins == 0 ? 0 : sites.size() / spins; }
    std::span<const std::int64_t> operator[](std::size_t term) const {
        return std::span(sites).subspan(term * spins, spins);
    }
};

/// All terms, with their multiplicity, image by image and in the order of the first site. InputError if the operator
/// belongs to another lattice, here and below.
Terms terms(const Operator& op, const lattice::Geometry& geometry);

/// The spins that each term multiplies, as bits: site i is among them if bit i is 1, and a spin met twice drops out.
/// InputError too for more than 32 sites.
std::vector<std::uint32_t> term_masks(const Operator& op, const lattice::Geometry& geometry);

/// The sum of the products of spins over all terms, in the configuration where spin i is up if bit i of `up` is 1.
std::int64_t sum_of_masks(std::span<const std::uint32_t> masks, std::uint32_t up) noexcept;

/// S: the sum of the products of spins over all terms.
std::int64_t sum(const Operator& op, const lattice::Geometry& geometry, Spins spins);

/// S_a for every operator of the basis.
std::vector<std::int64_t> sums(const OperatorBasis& basis, const lattice::Geometry& geometry, Spins spins);

/// Sum, over the terms that hold the spin at `site` an odd number of times, of the product of all others: flipping the
/// spin changes S by -2 spin * local_field. Does not depend on that spin.
std::int64_t local_field(const Operator& op, const lattice::Geometry& geometry, Spins spins, std::int64_t site);

} // namespace blockspin::model
