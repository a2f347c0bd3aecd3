#pragma once

#include <optional>

#include <blockspin/flow/spectrum.hpp>

namespace blockspin::flow {

/// Critical exponents by the scaling relations (Kadanoff 1966): ν = 1/y_T, α = 2 − d/y_T, β = (d − y_H)/y_T,
/// γ = (2 y_H − d)/y_T, δ = y_H/(d − y_H), η = d + 2 − 2 y_H.
struct Exponents {
    double y_T = 0.0;
    double y_H = 0.0;
    double dimension = 0.0;
    std::optional<double> omega{}; ///< correction to scaling: −y of the leading irrelevant even mode, if there is one

    double nu() const noexcept { return 1 / y_T; }
    double alpha() const noexcept { return 2 - dimension / y_T; }
    double beta() const noexcept { return (dimension - y_H) / y_T; }
    double gamma() const noexcept { return (2 * y_H - dimension) / y_T; }
    double delta() const noexcept { return y_H / (dimension - y_H); }
    double eta() const noexcept { return dimension + 2 - 2 * y_H; }
};

/// y_T from the leading even mode and y_H from the leading odd mode, not a number where no odd couplings are kept.
/// InputError unless both are relevant.
Exponents exponents(const Spectrum& spectrum);

/// The same for approximations without a wave-function renormalization, of which η = 0 is a part: y_H = (d + 2)/2.
Exponents exponents_without_eta(const Spectrum& spectrum);

} // namespace blockspin::flow
