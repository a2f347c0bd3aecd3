#include <blockspin/linalg/lapack.hpp>

#include "lapack_support.hpp"
#include "single_thread.hpp"

#include <lapacke.h>

namespace blockspin::linalg {

Matrix<double> solve(MatrixView<const double> a, MatrixView<const double> b) {
    core::ensure(a.rows() == a.cols() && a.rows() == b.rows(), "a linear system is square and fits its right side");
    Matrix<double> x(b.rows(), b.cols());
    if (x.size() == 0) return x;
    check_finite("dgesvx", a.values());
    check_finite("dgesvx", b.values());
    Matrix<double> system(a), right(b), factors(a.rows(), a.cols());
    const auto n = static_cast<std::size_t>(a.rows()), columns = static_cast<std::size_t>(b.cols());
    std::vector<lapack_int> pivots(n);
    std::vector<double> row_scale(n), column_scale(n), forward_error(columns), backward_error(columns);
    char equilibrated = 'N';
    double reciprocal_condition = 0, pivot_growth = 0;
    const SingleThread one;
    const lapack_int info = LAPACKE_dgesvx(
        LAPACK_ROW_MAJOR, 'E', 'N', a.rows(), b.cols(), system.data(), stride(system), factors.data(), stride(factors),
        pivots.data(), &equilibrated, row_scale.data(), column_scale.data(), right.data(), stride(right), x.data(),
        stride(x), &reciprocal_condition, forward_error.data(), backward_error.data(), &pivot_growth);
    check_info("dgesvx", info, fmt::format("the matrix is singular, 1/condition = {:.1e}", reciprocal_condition));
    return x;
}

std::vector<double> solve(MatrixView<const double> a, std::span<const double> b) {
    const Matrix<double> x = solve(a, MatrixView(b, static_cast<int>(b.size()), 1));
    return {x.values().begin(), x.values().end()};
}

LeastSquares least_squares(MatrixView<const double> a, MatrixView<const double> b, double threshold) {
    core::ensure(a.rows() >= 1 && a.cols() >= 1 && b.cols() >= 1 && a.rows() == b.rows(),
                 "a least-squares problem has equations, unknowns and right sides that fit");
    check_finite("dgelsd", a.values());
    check_finite("dgelsd", b.values());
    Matrix<double> system(a), solution(std::max(a.rows(), a.cols()), b.cols());
    std::ranges::copy(b.values(), solution.data());
    std::vector<double> singular_values(static_cast<std::size_t>(std::min(a.rows(), a.cols())));
    lapack_int rank = 0;
    const SingleThread one;
    const lapack_int info =
        LAPACKE_dgelsd(LAPACK_ROW_MAJOR, a.rows(), a.cols(), b.cols(), system.data(), stride(system), solution.data(),
                       stride(solution), singular_values.data(), threshold, &rank);
    check_info("dgelsd", info, "the singular values did not converge");
    return {.x = Matrix<double>(std::as_const(solution).view().row_block(0, a.cols())), .rank = rank};
}

} // namespace blockspin::linalg
