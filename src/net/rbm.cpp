#include <blockspin/net/rbm.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/product.hpp>

#include <algorithm>
#include <cmath>

namespace blockspin::net {

namespace {

/// ln 2 cosh x without overflow.
double ln_two_cosh(double x) { return std::abs(x) + std::log1p(std::exp(-2 * std::abs(x))); }

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

/// Σ_i ln (1 + e^{x + ½ − i}) over i = 1, 2, …
double ln_sum_of_copies(double x) {
    constexpr double large = 40; // e^{−40} is lost beside 1
    const double linear = std::max(0.0, std::floor(x + 0.5 - large));
    double sum = linear * (x + 0.5) - linear * (linear + 1) / 2;
    for (double y = x - 0.5 - linear; y > -large; --y) sum += std::log1p(std::exp(y));
    return sum;
}

/// Its derivative, ln(1 + e^x) and two terms of Euler and Maclaurin.
double mean_of_copies(double x) {
    const double s = logistic(x), first = s * (1 - s), third = first * (1 - 6 * first);
    return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))) - first / 24 + 7 * third / 5760;
}

/// ln of the sum of the weights of a hidden unit in the field x.
double ln_sum_of_unit(UnitKind kind, double x, double bias) {
    constexpr double half_ln_two_pi = 0.91893853320467274178;
    if (kind == UnitKind::gaussian) return (x * x - bias * bias) / 2 + half_ln_two_pi;
    return kind == UnitKind::rectified ? ln_sum_of_copies(x) : ln_two_cosh(x);
}

/// a v, or what stands for it.
double minus_energy_of_unit(UnitKind kind, double v, double bias) {
    if (kind == UnitKind::rectified) throw core::InputError("rectified units have no energy");
    return kind == UnitKind::gaussian ? -(v - bias) * (v - bias) / 2 : bias * v;
}

/// b_j + (v W)_j for each row v.
template <class Real> linalg::Matrix<Real> hidden_fields(const Rbm<Real>& rbm, linalg::MatrixView<const Real> visible) {
    linalg::Matrix<Real> fields(visible.rows(), rbm.hidden());
    for (int row = 0; row < fields.rows(); ++row) std::ranges::copy(rbm.hidden_bias, fields.row(row).begin());
    linalg::gemm(linalg::Op::none, linalg::Op::none, Real{1}, visible, rbm.weights, Real{1}, fields);
    return fields;
}

template <class To, class From> Rbm<To> converted(const Rbm<From>& rbm) {
    Rbm<To> result(rbm.visible(), rbm.hidden());
    const auto to = result.parts();
    for (std::size_t part = 0; part < to.size(); ++part) {
        std::ranges::transform(rbm.parts()[part], to[part].begin(), [](From x) { return static_cast<To>(x); });
    }
    result.visible_kind = rbm.visible_kind;
    result.hidden_kind = rbm.hidden_kind;
    return result;
}

} // namespace

std::string_view to_text(UnitKind kind) noexcept {
    if (kind == UnitKind::binary) return "binary";
    return kind == UnitKind::gaussian ? "gaussian" : "rectified";
}

Rbm<double> to_double(const Rbm<float>& rbm) { return converted<double>(rbm); }
Rbm<float> to_float(const Rbm<double>& rbm) { return converted<float>(rbm); }

template <class Real> Rbm<Real> mirrored(const Rbm<Real>& rbm) {
    Rbm<Real> result;
    result.weights = linalg::transposed(rbm.weights);
    result.visible_bias = rbm.hidden_bias;
    result.hidden_bias = rbm.visible_bias;
    result.visible_kind = rbm.hidden_kind;
    result.hidden_kind = rbm.visible_kind;
    return result;
}

template <class Real> std::vector<double> free_energies(const Rbm<Real>& rbm, linalg::MatrixView<const Real> visible) {
    const linalg::Matrix<Real> fields = hidden_fields(rbm, visible);
    std::vector<double> energies(static_cast<std::size_t>(visible.rows()));
    for (int row = 0; row < visible.rows(); ++row) {
        double sum = 0;
        for (int i = 0; i < rbm.visible(); ++i) {
            sum +=
                minus_energy_of_unit(rbm.visible_kind, visible(row, i), rbm.visible_bias[static_cast<std::size_t>(i)]);
        }
        for (int j = 0; j < rbm.hidden(); ++j) {
            sum += ln_sum_of_unit(rbm.hidden_kind, fields(row, j), rbm.hidden_bias[static_cast<std::size_t>(j)]);
        }
        energies[static_cast<std::size_t>(row)] = -sum;
    }
    return energies;
}

template <class Real> linalg::Matrix<Real> hidden_means(const Rbm<Real>& rbm, linalg::MatrixView<const Real> visible) {
    linalg::Matrix<Real> means = hidden_fields(rbm, visible);
    if (rbm.hidden_kind == UnitKind::gaussian) return means;
    for (Real& mean : means.values()) {
        mean = rbm.hidden_kind == UnitKind::rectified ? static_cast<Real>(mean_of_copies(mean)) : std::tanh(mean);
    }
    return means;
}

template Rbm<float> mirrored(const Rbm<float>&);
template Rbm<double> mirrored(const Rbm<double>&);
template std::vector<double> free_energies(const Rbm<float>&, linalg::MatrixView<const float>);
template std::vector<double> free_energies(const Rbm<double>&, linalg::MatrixView<const double>);
template linalg::Matrix<float> hidden_means(const Rbm<float>&, linalg::MatrixView<const float>);
template linalg::Matrix<double> hidden_means(const Rbm<double>&, linalg::MatrixView<const double>);

} // namespace blockspin::net
