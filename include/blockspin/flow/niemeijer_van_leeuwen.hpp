#pragma once

#include <array>
#include <cmath>
#include <numbers>
#include <span>

#include <blockspin/flow/formula.hpp>

namespace blockspin::flow {

namespace detail {

/// How the bonds of the triangular lattice lie between blocks of three spins. Classes: 0 nearest, 1 next-nearest,
/// 2 third neighbours, of spins and of blocks alike.
struct TriangularBlocks {
    std::array<std::array<int, 3>, 3> bonds{}; ///< [spins][blocks]: number between two blocks of this class
    /// Pairs of nearest-neighbour bonds from two blocks of this class to a third block, that meet there in the same
    /// spin or in different ones.
    std::array<int, 3> same{}, different{};
    /// Ordered pairs of nearest-neighbour bonds between two neighbouring blocks, by the number of shared ends.
    std::array<int, 3> shared{};
};
const TriangularBlocks& triangular_blocks();

/// Averages in a block of three spins whose sum is positive.
template <class T> struct ThreeSpins {
    T spin;      ///< ⟨σ⟩ = (e^{3K} + e^{−K}) / (e^{3K} + 3e^{−K})
    T product;   ///< ⟨σσ'⟩
    T log_total; ///< ln (e^{3K} + 3e^{−K})

    explicit ThreeSpins(const T& K) : spin(K), product(K), log_total(K) {
        using std::exp, std::log;
        if (value_of(K) >= 0) {
            const T x = exp(-4.0 * K), total = 1.0 + 3.0 * x;
            spin = (1.0 + x) / total;
            product = (1.0 - x) / total;
            log_total = 3.0 * K + log(total);
        } else {
            const T x = exp(4.0 * K), total = x + 3.0;
            spin = (x + 1.0) / total;
            product = (x - 1.0) / total;
            log_total = -1.0 * K + log(total);
        }
    }
};

struct TriangularMajority {
    static double scale_factor() noexcept { return std::numbers::sqrt3; }
    static double spatial_dimension() noexcept { return 2.0; }
};

} // namespace detail

/// The majority rule on blocks of three spins of the triangular lattice, by the first cumulant of the interaction
/// between blocks: K' = 2K⟨σ⟩², h' = 3h⟨σ⟩ (Th. Niemeijer, J. M. J. van Leeuwen, Phys. Rev. Lett. 31 (1973) 1411). The
/// field is kept to first order.
struct FirstCumulantFormula : detail::TriangularMajority {
    static constexpr std::size_t size = 2;
    static std::span<const Coupling> couplings(); ///< "nn", "field"

    template <class T> static Transformed<T, 2> image(const std::array<T, 2>& k) {
        const detail::ThreeSpins<T> block(k[0]);
        return {{2.0 * (k[0] * block.spin * block.spin), 3.0 * (k[1] * block.spin)}, block.log_total};
    }
};

/// By the first two cumulants, with next-nearest and third neighbours, which are of second order (Th. Niemeijer, J. M.
/// J. van Leeuwen, Physica 71 (1974) 17). The field is kept to first order, times the couplings to first order.
struct SecondCumulantFormula : detail::TriangularMajority {
    static constexpr std::size_t size = 4;
    static std::span<const Coupling> couplings(); ///< "nn", "nnn", "3nn", "field"

    template <class T> static Transformed<T, 4> image(const std::array<T, 4>& k) {
        const detail::TriangularBlocks& count = detail::triangular_blocks();
        const detail::ThreeSpins<T> block(k[0]);
        const T square = block.spin * block.spin, second = k[0] * k[0];
        const T same = 1.0 - square, different = block.product - square;
        Transformed<T, 4> result{k, block.log_total};
        for (std::size_t c = 0; c < 3; ++c) {
            T sum = second * (count.same[c] * same + count.different[c] * different);
            for (std::size_t a = 0; a < 3; ++a) sum = sum + count.bonds[a][c] * k[a];
            result.couplings[c] = square * sum;
        }
        // Each of the 12 bonds to other blocks ties a spin there to the field on that block.
        result.couplings[3] = k[3] * block.spin * (3.0 + 12.0 * (k[0] * (same + 2.0 * different)));
        // Three neighbours per block; a pair of bonds between the same two blocks gives no coupling, but a constant.
        const T fourth = square * square;
        result.constant +=
            1.5 * (second * (count.shared[2] * (1.0 - fourth) + count.shared[1] * (block.product - fourth) +
                             count.shared[0] * (block.product * block.product - fourth)));
        return result;
    }
};

using FirstCumulant = FormulaMap<FirstCumulantFormula>;
using SecondCumulant = FormulaMap<SecondCumulantFormula>;

static_assert(Map<FirstCumulant> && Map<SecondCumulant>);

} // namespace blockspin::flow
