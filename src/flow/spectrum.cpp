#include <blockspin/flow/exponents.hpp>
#include <blockspin/flow/spectrum.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/linalg/lapack.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include <fmt/format.h>

namespace blockspin::flow {

namespace {

std::vector<int> indices(std::span<const Coupling> couplings, Parity parity) {
    std::vector<int> result;
    for (int a = 0; a < static_cast<int>(couplings.size()); ++a)
        if (couplings[a].parity == parity) result.push_back(a);
    return result;
}

linalg::Matrix<double> block(linalg::MatrixView<const double> matrix, std::span<const int> rows,
                             std::span<const int> cols) {
    linalg::Matrix<double> result(static_cast<int>(rows.size()), static_cast<int>(cols.size()));
    for (int i = 0; i < result.rows(); ++i)
        for (int j = 0; j < result.cols(); ++j) result(i, j) = matrix(rows[i], cols[j]);
    return result;
}

bool is_zero(const linalg::Matrix<double>& matrix) {
    return std::ranges::all_of(matrix.values(), [](double x) { return x == 0.0; });
}

/// Column k of the vectors, on the axes `axes` of the whole space.
std::vector<std::complex<double>> embedded(const linalg::Matrix<std::complex<double>>& vectors, int k,
                                           std::span<const int> axes, std::size_t dimension) {
    std::vector<std::complex<double>> result(dimension);
    for (int i = 0; i < vectors.rows(); ++i) result[axes[i]] = vectors(i, k);
    return result;
}

/// Makes Σ left_a right_a = 1 of u^H and v.
void normalise(Mode& mode) {
    std::complex<double> product = 0.0;
    for (std::complex<double>& x : mode.left) x = std::conj(x);
    for (std::size_t a = 0; a < mode.left.size(); ++a) product += mode.left[a] * mode.right[a];
    if (std::abs(product) < 1e-14) return;
    for (std::complex<double>& x : mode.left) x /= product;
}

void add_modes(Spectrum& spectrum, linalg::MatrixView<const double> jacobian, std::span<const int> axes,
               std::optional<Parity> sector, const std::function<double(std::complex<double>)>& exponent) {
    if (axes.empty()) return;
    const linalg::GeneralEigen eigen = linalg::eigen_general(block(jacobian, axes, axes));
    const auto dimension = static_cast<std::size_t>(jacobian.rows());
    for (int k = 0; k < static_cast<int>(axes.size()); ++k) {
        Mode mode{eigen.values[k], exponent(eigen.values[k]), sector, embedded(eigen.right, k, axes, dimension),
                  embedded(eigen.left, k, axes, dimension)};
        normalise(mode);
        spectrum.modes.push_back(std::move(mode));
    }
    const auto first = spectrum.modes.end() - static_cast<std::ptrdiff_t>(axes.size());
    std::stable_sort(first, spectrum.modes.end(), [](const Mode& a, const Mode& b) { return a.exponent > b.exponent; });
}

/// Diagonalises each sector by itself where no element couples them.
Spectrum by_sectors(linalg::MatrixView<const double> jacobian, std::span<const Coupling> couplings,
                    double spatial_dimension, const std::function<double(std::complex<double>)>& exponent) {
    core::ensure(jacobian.rows() == static_cast<int>(couplings.size()) && jacobian.cols() == jacobian.rows(),
                 "a Jacobian has a row and a column per coupling");
    const std::vector<int> even = indices(couplings, Parity::even), odd = indices(couplings, Parity::odd);
    Spectrum spectrum{{}, spatial_dimension};
    if (is_zero(block(jacobian, even, odd)) && is_zero(block(jacobian, odd, even))) {
        add_modes(spectrum, jacobian, even, Parity::even, exponent);
        add_modes(spectrum, jacobian, odd, Parity::odd, exponent);
    } else {
        std::vector<int> all(couplings.size());
        std::iota(all.begin(), all.end(), 0);
        add_modes(spectrum, jacobian, all, std::nullopt, exponent);
    }
    return spectrum;
}

std::string_view name(Parity sector) { return sector == Parity::even ? "even" : "odd"; }

} // namespace

Relevance Mode::relevance(double tolerance) const {
    if (std::abs(exponent) <= tolerance) return Relevance::marginal;
    return exponent > 0 ? Relevance::relevant : Relevance::irrelevant;
}

const Mode& Spectrum::leading(Parity sector) const {
    const auto mode = std::ranges::find(modes, std::optional(sector), &Mode::sector);
    if (mode == modes.end()) throw core::InputError(fmt::format("the map has no {} mode", name(sector)));
    return *mode;
}

int Spectrum::relevant(Parity sector) const {
    return static_cast<int>(std::ranges::count_if(
        modes, [&](const Mode& mode) { return mode.sector == sector && mode.relevance() == Relevance::relevant; }));
}

Spectrum diagonalise(linalg::MatrixView<const double> jacobian, std::span<const Coupling> couplings,
                     double scale_factor, double spatial_dimension) {
    return by_sectors(jacobian, couplings, spatial_dimension, [scale_factor](std::complex<double> eigenvalue) {
        return std::log(std::abs(eigenvalue)) / std::log(scale_factor);
    });
}

Spectrum diagonalise_generator(linalg::MatrixView<const double> jacobian, std::span<const Coupling> couplings,
                               double spatial_dimension) {
    return by_sectors(jacobian, couplings, spatial_dimension,
                      [](std::complex<double> eigenvalue) { return eigenvalue.real(); });
}

Exponents exponents(const Spectrum& spectrum) {
    const auto relevant = [&](Parity sector) {
        const Mode& mode = spectrum.leading(sector);
        if (mode.relevance() != Relevance::relevant)
            throw core::InputError(fmt::format("no relevant {} mode, so no critical exponents: the leading one has y = "
                                               "{:.6g}",
                                               name(sector), mode.exponent));
        return mode.exponent;
    };
    const double d = spectrum.spatial_dimension;
    const bool has_odd =
        std::ranges::any_of(spectrum.modes, [](const Mode& mode) { return mode.sector == Parity::odd; });
    const double y_H = has_odd ? relevant(Parity::odd) : std::numeric_limits<double>::quiet_NaN();
    Exponents result{relevant(Parity::even), y_H, d, std::nullopt};
    const auto irrelevant = std::ranges::find_if(spectrum.modes, [](const Mode& mode) {
        return mode.sector == Parity::even && mode.relevance() == Relevance::irrelevant;
    });
    if (irrelevant != spectrum.modes.end() && std::isfinite(irrelevant->exponent)) result.omega = -irrelevant->exponent;
    return result;
}

Exponents exponents_without_eta(const Spectrum& spectrum) {
    Exponents result = exponents(spectrum);
    result.y_H = (spectrum.spatial_dimension + 2) / 2;
    return result;
}

} // namespace blockspin::flow
