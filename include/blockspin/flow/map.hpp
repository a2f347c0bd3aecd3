#pragma once

#include <cmath>
#include <concepts>
#include <span>
#include <string>
#include <vector>

#include <blockspin/linalg/matrix.hpp>

namespace blockspin::flow {

/// How a coupling changes when every spin is reversed.
enum class Parity { even, odd };

/// One axis of a space of couplings.
struct Coupling {
    std::string name;
    Parity parity = Parity::even;
};

/// Where a map sends a Hamiltonian, and the constant that it splits off: ln Z per block that is no longer in K'.
struct Image {
    std::vector<double> couplings;
    double constant = 0.0;
};

/// Derivatives of an image: couplings(a, b) = ∂K'_a/∂K_b and constant[b] = ∂constant/∂K_b.
struct Derivative {
    linalg::Matrix<double> couplings;
    std::vector<double> constant;
};

/// A discrete, smooth renormalization of couplings, K → K', by a length factor b > 1 in d dimensions.
///
/// Couplings are dimensionless, −H/kT = Σ_a K_a S_a. With f = ln Z per site, f(K) = b^{-d} (constant(K) + f(K')).
/// `jacobian` is exact, not a finite difference. A point without odd couplings has an image without any.
template <class M>
concept Map = requires(const M& map, std::span<const double> couplings) {
    { map.couplings() } -> std::convertible_to<std::span<const Coupling>>;
    { map.scale_factor() } -> std::same_as<double>;
    { map.spatial_dimension() } -> std::same_as<double>;
    { map.apply(couplings) } -> std::same_as<Image>;
    { map.jacobian(couplings) } -> std::same_as<Derivative>;
};

/// Number of couplings.
template <Map M> int dimension(const M& map) { return static_cast<int>(std::span(map.couplings()).size()); }

/// b^d, the number of sites that become one.
template <Map M> double volume_factor(const M& map) { return std::pow(map.scale_factor(), map.spatial_dimension()); }

/// Names of the couplings in their order.
std::vector<std::string> names(std::span<const Coupling> couplings);

/// InputError, naming what was expected, unless `point` has one finite number for each of `couplings`.
void check_point(std::span<const Coupling> couplings, std::span<const double> point);

/// Are all odd couplings of `point` exactly zero?
bool is_even(std::span<const Coupling> couplings, std::span<const double> point);

/// At an even point symmetry forbids elements that couple even to odd couplings: sets what rounding left there to 0.
void separate_parities(std::span<const Coupling> couplings, std::span<const double> point,
                       linalg::Matrix<double>& jacobian);

/// ∂K'_a/∂K_b at `point`, with the sectors exactly separate where they are so by symmetry.
template <Map M> linalg::Matrix<double> linearised(const M& map, std::span<const double> point) {
    linalg::Matrix<double> jacobian = map.jacobian(point).couplings;
    separate_parities(map.couplings(), point, jacobian);
    return jacobian;
}

} // namespace blockspin::flow
