#pragma once

#include <complex>
#include <cstddef>
#include <vector>

#include <blockspin/linalg/matrix.hpp>
#include <blockspin/stats/estimate.hpp>

namespace blockspin::mcrg {

/// Connected correlators of operators S before and S' after one step of blocking.
struct Correlators {
    linalg::Matrix<double> coarse; ///< (a, c): <S'_a S'_c> - <S'_a><S'_c> = ∂<S'_a>/∂K'_c
    linalg::Matrix<double> cross;  ///< (a, b): <S'_a S_b> - <S'_a><S_b> = ∂<S'_a>/∂K_b
};

/// T_cb = ∂K'_c/∂K_b among the first `operators` of them, from Σ_c coarse_ac T_cb = cross_ab. Swendsen, Phys. Rev.
/// Lett. 42 (1979) 859. linalg::NumericalError if the block spins do not tell the operators apart.
linalg::Matrix<double> linearised_flow(const Correlators& correlators, int operators);

/// All eigenvalues, the largest modulus first.
std::vector<std::complex<double>> eigenvalues(const linalg::Matrix<double>& matrix);

/// Means of the operators: estimated, or 0 because flipping all spins is a symmetry and changes their signs.
enum class Means { estimated, zero };

/// Operators of one parity along Markov chains of equal length, on the finest lattice and after every step.
struct SectorSeries {
    std::vector<std::vector<std::vector<double>>> sums{}; ///< S_a [level][operator][measurement], chain after chain
    Means means = Means::estimated;
    std::size_t eigenvalues = 1; ///< how many of every T are wanted, the largest first
};

/// Sectors that were measured together.
struct FlowSeries {
    std::size_t chains = 1;
    std::vector<SectorSeries> sectors{};
};

/// y = ln |λ| / ln b of one eigenvalue λ of one T.
struct Exponent {
    std::size_t sector = 0;
    std::size_t step = 1;       ///< from level step − 1 to level step
    std::size_t operators = 1;  ///< T is that of the first so many
    std::size_t rank = 0;       ///< 0: the eigenvalue of largest modulus; 1: the next
    stats::Estimate estimate{}; ///< error by the jackknife; tau_int that of the slowest square of a coarse operator
    bool is_real = true;        ///< is λ real and positive?
};

/// All exponents of a flow, by sector, step, number of operators and rank, with the covariance of their values.
struct Exponents {
    std::vector<Exponent> all;
    std::vector<double> covariance; ///< row-major, all.size() squared
};

/// Exponents of all T from the first operator, the first two, … of each sector. Measurements are joined to some 2000
/// bins before the jackknife, which adds what autocorrelation is left. InputError if T vanishes; errors as
/// linearised_flow and stats::jackknife too.
Exponents exponents(const FlowSeries& series, int scale_factor);

} // namespace blockspin::mcrg
