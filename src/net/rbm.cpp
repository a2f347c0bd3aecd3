#include <blockspin/net/rbm.hpp>

#include <blockspin/linalg/product.hpp>

#include <algorithm>
#include <cmath>

namespace blockspin::net {

namespace {

/// ln 2 cosh x without overflow.
double ln_two_cosh(double x) { return std::abs(x) + std::log1p(std::exp(-2 * std::abs(x))); }

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
    return result;
}

} // namespace

Rbm<double> to_double(const Rbm<float>& rbm) { return converted<double>(rbm); }
Rbm<float> to_float(const Rbm<double>& rbm) { return converted<float>(rbm); }

template <class Real> Rbm<Real> mirrored(const Rbm<Real>& rbm) {
    Rbm<Real> result;
    result.weights = linalg::transposed(rbm.weights);
    result.visible_bias = rbm.hidden_bias;
    result.hidden_bias = rbm.visible_bias;
    return result;
}

template <class Real> std::vector<double> free_energies(const Rbm<Real>& rbm, linalg::MatrixView<const Real> visible) {
    const linalg::Matrix<Real> fields = hidden_fields(rbm, visible);
    std::vector<double> energies(static_cast<std::size_t>(visible.rows()));
    for (int row = 0; row < visible.rows(); ++row) {
        double sum = 0;
        for (int i = 0; i < rbm.visible(); ++i) {
            sum += static_cast<double>(rbm.visible_bias[static_cast<std::size_t>(i)]) * visible(row, i);
        }
        for (const Real field : fields.row(row)) sum += ln_two_cosh(field);
        energies[static_cast<std::size_t>(row)] = -sum;
    }
    return energies;
}

template <class Real> linalg::Matrix<Real> hidden_means(const Rbm<Real>& rbm, linalg::MatrixView<const Real> visible) {
    linalg::Matrix<Real> means = hidden_fields(rbm, visible);
    for (Real& mean : means.values()) mean = std::tanh(mean);
    return means;
}

template Rbm<float> mirrored(const Rbm<float>&);
template Rbm<double> mirrored(const Rbm<double>&);
template std::vector<double> free_energies(const Rbm<float>&, linalg::MatrixView<const float>);
template std::vector<double> free_energies(const Rbm<double>&, linalg::MatrixView<const double>);
template linalg::Matrix<float> hidden_means(const Rbm<float>&, linalg::MatrixView<const float>);
template linalg::Matrix<double> hidden_means(const Rbm<double>&, linalg::MatrixView<const double>);

} // namespace blockspin::net
