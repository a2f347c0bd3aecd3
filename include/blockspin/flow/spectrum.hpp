#pragma once

#include <complex>
#include <optional>
#include <span>
#include <vector>

#include <blockspin/flow/generator.hpp>
#include <blockspin/flow/map.hpp>

namespace blockspin::flow {

enum class Relevance { relevant, marginal, irrelevant };

/// One eigenvalue of a linearised map or generator.
struct Mode {
    std::complex<double> eigenvalue;
    double exponent = 0.0;        ///< y = ln|λ| / ln b, −∞ for λ = 0, of a map; y = Re λ of a generator
    std::optional<Parity> sector; ///< empty where the map mixes even and odd couplings
    std::vector<std::complex<double>> right;
    std::vector<std::complex<double>> left; ///< Σ_a left_a right_a = 1 (norm 1 if they are orthogonal: defective)

    /// Marginal if y = 0 to `tolerance`.
    Relevance relevance(double tolerance = 1e-9) const;
};

/// All modes of a linearised flow, y falling within a sector, the even sector first.
struct Spectrum {
    std::vector<Mode> modes;
    double spatial_dimension = 0.0;

    /// The leading mode of a sector; InputError if there is none.
    const Mode& leading(Parity sector) const;
    /// Number of relevant modes of a sector.
    int relevant(Parity sector) const;
};

/// Diagonalises a linearised map: `jacobian`(a, b) = ∂K'_a/∂K_b at a fixed point, of a map by length factor b.
/// Where no element couples the sectors, each is diagonalised by itself, so that y_T and y_H cannot be confused.
Spectrum diagonalise(linalg::MatrixView<const double> jacobian, std::span<const Coupling> couplings,
                     double scale_factor, double spatial_dimension);

/// The same for a generator: `jacobian`(a, b) = ∂(dK_a/dl)/∂K_b.
Spectrum diagonalise_generator(linalg::MatrixView<const double> jacobian, std::span<const Coupling> couplings,
                               double spatial_dimension);

/// The modes of `map` at the fixed point `couplings`.
template <Map M> Spectrum spectrum(const M& map, std::span<const double> couplings) {
    return diagonalise(linearised(map, couplings), map.couplings(), map.scale_factor(), map.spatial_dimension());
}
template <Generator G> Spectrum spectrum(const G& generator, std::span<const double> couplings) {
    return diagonalise_generator(linearised(generator, couplings), generator.couplings(),
                                 generator.spatial_dimension());
}

} // namespace blockspin::flow
