#pragma once

#include <cmath>
#include <numbers>
#include <span>

#include <blockspin/flow/formula.hpp>

namespace blockspin::flow {

/// What both truncations share: every other spin of the square lattice summed over, b = √2.
struct SquareSublattice {
    static double scale_factor() noexcept { return std::numbers::sqrt2; }
    static double spatial_dimension() noexcept { return 2.0; }
};

/// Maris and Kadanoff: of the couplings that the sum brings, the next-nearest one is added to the nearest, the
/// four-spin one dropped: K' = ⅜ ln cosh 4K (H. J. Maris, L. P. Kadanoff, Am. J. Phys. 46 (1978) 652, eq. 26).
struct MarisKadanoffFormula : SquareSublattice {
    static constexpr std::size_t size = 1;
    static std::span<const Coupling> couplings(); ///< "nn"

    template <class T> static Transformed<T, 1> image(const std::array<T, 1>& k) {
        const auto log_cosh = [](const T& x) { return log_add_exp(x, -1.0 * x) + -std::numbers::ln2; };
        const T twice = log_cosh(2.0 * k[0]), fourfold = log_cosh(4.0 * k[0]);
        return {{0.375 * fourfold}, std::numbers::ln2 + 0.5 * twice + 0.125 * fourfold};
    }
};

/// Wilson's first example: nearest (K) and next-nearest (L) neighbours to second order in K and first in L, K' = 2K² +
/// L, L' = K² (K. G. Wilson, Rev. Mod. Phys. 47 (1975) 773, sect. IV).
struct WilsonDecimationFormula : SquareSublattice {
    static constexpr std::size_t size = 2;
    static std::span<const Coupling> couplings(); ///< "nn", "nnn"

    template <class T> static Transformed<T, 2> image(const std::array<T, 2>& k) {
        const T square = k[0] * k[0];
        return {{2.0 * square + k[1], square}, std::numbers::ln2 + 2.0 * square};
    }
};

using MarisKadanoff = FormulaMap<MarisKadanoffFormula>;
using WilsonDecimation = FormulaMap<WilsonDecimationFormula>;

static_assert(Map<MarisKadanoff> && Map<WilsonDecimation>);

} // namespace blockspin::flow
