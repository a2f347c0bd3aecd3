#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <blockspin/lattice/geometry.hpp>
#include <blockspin/mcrg/bundle.hpp>

namespace blockspin::mcrg {

/// Words that lie in a box of an array.
struct WordBox {
    const Word* first;
    lattice::Coordinates extent;
    std::array<std::ptrdiff_t, lattice::max_dimension> strides; ///< along x: 1
};

/// Counts, for each of the 64 configurations of a bundle, how often a bit is set: in binary digits that are words
/// themselves, so that an addition is a handful of logical operations on 64 configurations, or on several times as many
/// in the vectors of the processor (Harley and Seal's method, by Muła, Kurz and Lemire, Comput. J. 61 (2018) 111). The
/// same numbers on every instruction set.
class BitCounter {
  public:
    static constexpr int lanes = 8;   ///< words of the widest vector
    static constexpr int digits = 48; ///< counts up to lanes * 2^48

    /// Adds, for every word w of the box, the exclusive or of the words at w + distances.
    void add(const WordBox& box, std::span<const std::ptrdiff_t> distances);
    /// The count of each configuration.
    std::array<std::int64_t, bundle_size> counts() const;

  private:
    alignas(64) std::array<Word, static_cast<std::size_t>(digits) * lanes> digits_{}; ///< [digit][lane]
};

} // namespace blockspin::mcrg
