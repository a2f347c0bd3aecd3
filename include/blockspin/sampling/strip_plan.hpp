#pragma once

#include <cstdint>
#include <optional>

#include <blockspin/lattice/geometry.hpp>

namespace blockspin::sampling {

/// How a lattice is held as strips, for couplings of any range: a function of lattice and couplings alone.
///
/// Every direction but the last is cut into equal strips; bit k of a word is a site of strip k, and all bits of a word
/// are at the same place of their strips. So the neighbours of a word's sites are words again, at the same bits, by
/// whatever offset: only across the ends of strips do bits move, from each strip to the next one. Sites have a colour,
/// that of their coordinates modulo `period`; since strips are as long as some periods, all bits of a word have one
/// colour. Domains are cut along the last direction only.
struct StripPlan {
    lattice::Coordinates reach{};            ///< how far apart two sites of one product may be
    lattice::Coordinates period{1, 1, 1, 1}; ///< larger than reach, so that sites of one colour are in no product
    lattice::Coordinates strips{1, 1, 1, 1}; ///< number of strips; 1 along the last direction
    lattice::Coordinates length{1, 1, 1, 1}; ///< of a strip; the whole lattice along the last direction
    int along = 0;                           ///< the last direction

    /// Bits in use in a word.
    int lanes() const noexcept { return strips[0] * strips[1] * strips[2] * strips[3]; }
    int colours() const noexcept { return period[0] * period[1] * period[2] * period[3]; }
    /// The coordinates modulo `period` of the sites of a colour.
    lattice::Coordinates residues(int colour) const noexcept;
    /// Domains are cut at multiples of so many sites.
    lattice::Coordinates granularity() const noexcept;

    friend bool operator==(const StripPlan&, const StripPlan&) = default;
};

/// The plan with the shortest periods and as many strips as a word has bits for. None for open boundaries, and where a
/// side is no multiple of a suitable period.
std::optional<StripPlan> strip_plan(const lattice::Geometry& geometry, const lattice::Coordinates& reach);

/// Does a plan use enough bits of its words to be faster than bytes, and leave enough places to cut the lattice?
bool is_worthwhile(const StripPlan& plan) noexcept;

} // namespace blockspin::sampling
