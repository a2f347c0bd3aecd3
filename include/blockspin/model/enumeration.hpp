#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/lattice/geometry.hpp>
#include <blockspin/model/operator_basis.hpp>

namespace blockspin::model {

/// All configurations with the same values of every S_a and of the magnetisation.
struct Level {
    std::vector<std::int64_t> sums; ///< S_a in the order of the basis
    std::int64_t magnetisation = 0; ///< sum of all spins
    std::int64_t count = 0;         ///< number of configurations
};

/// The joint density of states of a small lattice: enough for every average at any couplings.
struct DensityOfStates {
    std::int64_t sites = 0;
    std::vector<Level> levels; ///< in ascending order of (sums, magnetisation)
};

/// Counts all 2^sites configurations, in the order of a Gray code. InputError for more than 26 sites, or so many
/// operators that their values cannot be told apart in 63 bits.
DensityOfStates enumerate(const OperatorBasis& basis, const lattice::Geometry& geometry);

/// Exact averages of a small system; m is the magnetisation per site.
struct ExactAverages {
    double ln_z = 0;
    std::vector<double> sums;       ///< <S_a>
    std::vector<double> covariance; ///< <S_a S_b> - <S_a><S_b>, row-major
    double abs_m = 0;               ///< <|m|>
    double m2 = 0;                  ///< <m^2>
    double m4 = 0;                  ///< <m^4>

    /// U4 = 1 - <m^4> / 3 <m^2>^2.
    double binder() const noexcept { return 1 - m4 / (3 * m2 * m2); }
};

/// At one coupling per operator. InputError unless there is one, all finite.
ExactAverages averages(const DensityOfStates& density, std::span<const double> couplings);

} // namespace blockspin::model
