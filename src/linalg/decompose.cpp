#include <blockspin/linalg/lapack.hpp>

#include "lapack_support.hpp"
#include "single_thread.hpp"

#include <lapacke.h>

#include <numeric>
#include <tuple>

namespace blockspin::linalg {

namespace {

using Complex = std::complex<double>;

bool is_symmetric(MatrixView<const double> a) {
    double largest = 0, difference = 0;
    for (int i = 0; i < a.rows(); ++i) {
        for (int j = 0; j < a.cols(); ++j) {
            largest = std::max(largest, std::abs(a(i, j)));
            difference = std::max(difference, std::abs(a(i, j) - a(j, i)));
        }
    }
    return difference <= 1e-10 * largest;
}

// Column `from` of LAPACK's packed eigenvectors, in column `to` with its largest component real and positive. A pair of
// conjugate eigenvalues shares two real columns: the real and the imaginary part of the vector of the first.
void unpack(const Matrix<double>& packed, const std::vector<double>& imaginary, int from, Matrix<Complex>& out,
            int to) {
    const double of_value = imaginary[static_cast<std::size_t>(from)];
    const int first = of_value < 0 ? from - 1 : from;
    for (int i = 0; i < packed.rows(); ++i) {
        const double second = of_value == 0 ? 0 : packed(i, first + 1);
        out(i, to) = {packed(i, first), of_value < 0 ? -second : second};
    }
    const Complex pivot = out(largest_component(out, to), to);
    for (int i = 0; i < out.rows(); ++i) out(i, to) *= std::conj(pivot) / std::abs(pivot);
}

// Positions of the eigenvalues by falling modulus, real part, imaginary part.
std::vector<int> order_of(const std::vector<double>& real, const std::vector<double>& imaginary) {
    std::vector<int> order(real.size());
    std::iota(order.begin(), order.end(), 0);
    const auto key = [&](int k) {
        const double re = real[static_cast<std::size_t>(k)], im = imaginary[static_cast<std::size_t>(k)];
        return std::tuple(-std::hypot(re, im), -re, -im);
    };
    std::ranges::stable_sort(order, {}, key);
    return order;
}

} // namespace

SymmetricEigen eigen_symmetric(MatrixView<const double> a) {
    core::ensure(a.rows() == a.cols(), "a matrix with eigenvalues is square");
    check_finite("dsyevd", a.values());
    core::ensure(is_symmetric(a), "the matrix of a symmetric eigenproblem is symmetric");
    SymmetricEigen result{std::vector<double>(static_cast<std::size_t>(a.rows())), Matrix<double>(a)};
    if (a.size() == 0) return result;
    Matrix<double>& vectors = result.vectors;
    const SingleThread one;
    const lapack_int info =
        LAPACKE_dsyevd(LAPACK_ROW_MAJOR, 'V', 'L', a.rows(), vectors.data(), stride(vectors), result.values.data());
    check_info("dsyevd", info, "the eigenvalues did not converge");
    for (int k = 0; k < vectors.cols(); ++k) {
        if (vectors(largest_component(vectors, k), k) > 0) continue;
        for (int i = 0; i < vectors.rows(); ++i) vectors(i, k) = -vectors(i, k);
    }
    return result;
}

GeneralEigen eigen_general(MatrixView<const double> a) {
    core::ensure(a.rows() == a.cols(), "a matrix with eigenvalues is square");
    check_finite("dgeev", a.values());
    const int n = a.rows();
    GeneralEigen result{{}, Matrix<Complex>(n, n), Matrix<Complex>(n, n)};
    if (n == 0) return result;
    Matrix<double> system(a), left(n, n), right(n, n);
    std::vector<double> real(static_cast<std::size_t>(n)), imaginary(static_cast<std::size_t>(n));
    const SingleThread one;
    const lapack_int info = LAPACKE_dgeev(LAPACK_ROW_MAJOR, 'V', 'V', n, system.data(), n, real.data(),
                                          imaginary.data(), left.data(), n, right.data(), n);
    check_info("dgeev", info, "the eigenvalues did not converge");
    int column = 0;
    for (const int k : order_of(real, imaginary)) {
        result.values.emplace_back(real[static_cast<std::size_t>(k)], imaginary[static_cast<std::size_t>(k)]);
        unpack(right, imaginary, k, result.right, column);
        unpack(left, imaginary, k, result.left, column);
        ++column;
    }
    return result;
}

Svd svd(MatrixView<const double> a) {
    check_finite("dgesdd", a.values());
    const int k = std::min(a.rows(), a.cols());
    Svd result{Matrix<double>(a.rows(), k), std::vector<double>(static_cast<std::size_t>(k)),
               Matrix<double>(k, a.cols())};
    if (k == 0) return result;
    Matrix<double> system(a);
    const SingleThread one;
    const lapack_int info =
        LAPACKE_dgesdd(LAPACK_ROW_MAJOR, 'S', a.rows(), a.cols(), system.data(), stride(system), result.values.data(),
                       result.u.data(), stride(result.u), result.vt.data(), stride(result.vt));
    check_info("dgesdd", info, "the singular values did not converge");
    for (int j = 0; j < k; ++j) {
        if (result.u(largest_component(result.u, j), j) > 0) continue;
        for (int i = 0; i < a.rows(); ++i) result.u(i, j) = -result.u(i, j);
        for (double& value : result.vt.row(j)) value = -value;
    }
    return result;
}

} // namespace blockspin::linalg
