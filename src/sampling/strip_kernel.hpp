#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "packed_kernel.hpp"

namespace blockspin::sampling {

/// The products of spins around the sites of one colour, operator by operator: how far in storage the words of the
/// other spins are.
struct StripStencil {
    struct Operator {
        std::size_t products;
        std::size_t spins; ///< other spins in each product, at least one
    };
    std::vector<Operator> operators{};
    std::vector<std::ptrdiff_t> distances{}; ///< [operator][product][spin]
};

/// What the products around a spin say about its new value, for one set of couplings.
///
/// A case is the number of products with an odd number of set bits in every operator, last operator fastest. Random
/// bits x_0, x_1, … decide as in PackedRule: the spin is up if and only if bit J of the probability of its case is set,
/// x_J being the first that is set. Bits are taken in rounds, and those of a round in parts of four.
struct StripRule {
    static constexpr std::size_t parts = 3; ///< of a round
    static constexpr int bits_of_part = 4;
    static constexpr int bits_of_round = 12; ///< after which one spin in 4096 is undecided
    static constexpr std::size_t rounds = 6; ///< until 64 bits are used up
    static constexpr std::size_t values_of_part = 16;

    /// Most cases, and most numbers that the counts of all operators together can be.
    static constexpr std::size_t most_cases = 2048, most_counts = 128;

    /// Of the 64-bit words below which a random one makes a spin up: by case, if it is down now and if it is up. They
    /// may be the same.
    StripRule(std::span<const std::uint64_t> of_down, std::span<const std::uint64_t> of_up);

    bool looks_at_spin; ///< do the two differ?
    /// [round][case][down, up if the rule looks at it][part]: the bits of the part plus 16 times its number.
    std::vector<std::uint8_t> entries;
};

/// What one call of the kernel updates: words `first` … `last` − 1 of a run; `first` is even.
struct StripWords {
    Word* run; ///< word 0
    std::int32_t first, last;
    Word in_use;         ///< the bits that stand for sites
    std::uint64_t place; ///< of the random bits of words 0 and 1
};

/// Updates words by the fastest instructions of this processor; the same bits by any.
void update_strips(const StripWords& words, const StripStencil& stencil, const StripRule& rule,
                   const PackedRandom& random);

} // namespace blockspin::sampling
