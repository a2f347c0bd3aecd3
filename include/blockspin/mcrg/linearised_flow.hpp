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

/// The eigenvalue of largest modulus.
std::complex<double> leading_eigenvalue(const linalg::Matrix<double>& matrix);

/// Means of the operators: estimated, or 0 because flipping all spins is a symmetry and changes their signs.
enum class Means { estimated, zero };

/// Operators of one parity along Markov chains of equal length, before and after one step.
struct StepSeries {
    std::size_t chains = 1;
    std::vector<std::vector<double>> fine;   ///< S_a, chain after chain, of each operator
    std::vector<std::vector<double>> coarse; ///< S'_a
    Means means = Means::estimated;
};

/// y = ln |λ| / ln b, λ the leading eigenvalue of T.
struct Exponent {
    stats::Estimate estimate; ///< of y; its error by the jackknife, tau_int that of the slowest correlator
    bool is_real = true;      ///< is λ real and positive?
};

/// The exponent from the first operator, the first two, … all. InputError if T vanishes; errors as linearised_flow and
/// stats::jackknife too.
std::vector<Exponent> exponents(const StepSeries& series, int scale_factor);

} // namespace blockspin::mcrg
