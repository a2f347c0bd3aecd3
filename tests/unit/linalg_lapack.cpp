#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/lapack.hpp>
#include <blockspin/linalg/product.hpp>

#include <limits>
#include <numbers>
#include <random>

using namespace blockspin;
using linalg::Matrix;
using linalg::Op;
using Complex = std::complex<double>;

namespace {

Matrix<double> random_matrix(int rows, int cols, unsigned seed) {
    std::mt19937 generator(seed);
    std::normal_distribution<double> normal;
    Matrix<double> a(rows, cols);
    for (double& value : a.values()) value = normal(generator);
    return a;
}

double largest_difference(const Matrix<double>& a, const Matrix<double>& b) {
    BOOST_REQUIRE(a.rows() == b.rows() && a.cols() == b.cols());
    double worst = 0;
    for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a.values()[i] - b.values()[i]));
    return worst;
}

Matrix<double> scaled_columns(Matrix<double> a, const std::vector<double>& factors) {
    for (int i = 0; i < a.rows(); ++i)
        for (int j = 0; j < a.cols(); ++j) a(i, j) *= factors[static_cast<std::size_t>(j)];
    return a;
}

// Largest |a v − λ v| and |u^H a − λ u^H| over all pairs.
double residual(const Matrix<double>& a, const linalg::GeneralEigen& eigen) {
    double worst = 0;
    for (int k = 0; k < a.rows(); ++k) {
        const Complex value = eigen.values[static_cast<std::size_t>(k)];
        for (int i = 0; i < a.rows(); ++i) {
            Complex right = -value * eigen.right(i, k), left = -value * std::conj(eigen.left(i, k));
            for (int j = 0; j < a.rows(); ++j) {
                right += a(i, j) * eigen.right(j, k);
                left += std::conj(eigen.left(j, k)) * a(j, i);
            }
            worst = std::max({worst, std::abs(right), std::abs(left)});
        }
    }
    return worst;
}

Complex overlap(const linalg::GeneralEigen& eigen, int j, int k) {
    Complex sum = 0;
    for (int i = 0; i < eigen.left.rows(); ++i) sum += std::conj(eigen.left(i, j)) * eigen.right(i, k);
    return sum;
}

bool names_the_routine(const linalg::NumericalError& error) {
    return std::string(error.what()).starts_with(error.routine() + ": ");
}

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();

} // namespace

BOOST_AUTO_TEST_CASE(a_solution_solves_its_system_to_1e_12) {
    for (const int n : {1, 2, 7, 50}) {
        const Matrix<double> a = random_matrix(n, n, 1), x = random_matrix(n, 3, 2);
        BOOST_TEST(largest_difference(linalg::solve(a, linalg::product(a, x)), x) < 1e-12 * n);
    }
    const std::vector<double> b{3, 5}, x = linalg::solve(Matrix<double>(2, 2, std::vector<double>{2, 1, 1, 3}), b);
    BOOST_TEST(std::abs(x[0] - 0.8) < 1e-15);
    BOOST_TEST(std::abs(x[1] - 1.4) < 1e-15);
    BOOST_TEST(linalg::solve(Matrix<double>(0, 0), Matrix<double>(0, 2)).size() == 0U);
}

BOOST_AUTO_TEST_CASE(a_badly_scaled_but_regular_system_is_solved) {
    const Matrix<double> a(2, 2, std::vector<double>{1e-20, 0, 0, 1e20});
    const auto x = linalg::solve(a, std::vector<double>{1e-20, 3e20});
    BOOST_TEST(std::abs(x[0] - 1) < 1e-15);
    BOOST_TEST(std::abs(x[1] - 3) < 1e-15);
}

BOOST_AUTO_TEST_CASE(a_singular_system_is_refused_also_if_rounding_hides_it) {
    const std::vector<double> b{1, 2, 3};
    Matrix<double> zero(3, 3);
    BOOST_CHECK_EXCEPTION(linalg::solve(zero, b), linalg::NumericalError, names_the_routine);
    const Matrix<double> rank_two(3, 3, std::vector<double>{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9});
    BOOST_CHECK_EXCEPTION(linalg::solve(rank_two, b), linalg::NumericalError, [](const linalg::NumericalError& error) {
        return names_the_routine(error) && error.info() > 0 && error.code() == core::ExitCode::bad_input;
    });
}

BOOST_AUTO_TEST_CASE(numbers_that_are_not_finite_are_refused_by_every_routine) {
    for (const double bad : {nan_value, infinite, -infinite}) {
        Matrix<double> a = Matrix<double>::identity(3);
        a(1, 1) = bad;
        const Matrix<double> good = Matrix<double>::identity(3);
        BOOST_CHECK_EXCEPTION(linalg::solve(a, good), linalg::NumericalError, names_the_routine);
        BOOST_CHECK_EXCEPTION(linalg::solve(good, a), linalg::NumericalError, names_the_routine);
        BOOST_CHECK_EXCEPTION(linalg::least_squares(a, good), linalg::NumericalError, names_the_routine);
        BOOST_CHECK_EXCEPTION(linalg::least_squares(good, a), linalg::NumericalError, names_the_routine);
        BOOST_CHECK_EXCEPTION(linalg::eigen_symmetric(a), linalg::NumericalError, names_the_routine);
        BOOST_CHECK_EXCEPTION(linalg::eigen_general(a), linalg::NumericalError, names_the_routine);
        BOOST_CHECK_EXCEPTION(linalg::svd(a), linalg::NumericalError, names_the_routine);
    }
}

BOOST_AUTO_TEST_CASE(shapes_that_do_not_match_are_refused) {
    const Matrix<double> wide(2, 3), square(2, 2);
    BOOST_CHECK_THROW(linalg::solve(wide, wide), core::InternalError);
    BOOST_CHECK_THROW(linalg::solve(square, std::vector<double>(3)), core::InternalError);
    BOOST_CHECK_THROW(linalg::least_squares(wide, Matrix<double>(3, 1)), core::InternalError);
    BOOST_CHECK_THROW(linalg::eigen_symmetric(wide), core::InternalError);
    BOOST_CHECK_THROW(linalg::eigen_symmetric(Matrix<double>(2, 2, std::vector<double>{1, 2, 3, 4})),
                      core::InternalError);
    BOOST_CHECK_THROW(linalg::eigen_general(wide), core::InternalError);
}

BOOST_AUTO_TEST_CASE(least_squares_leaves_a_residual_orthogonal_to_the_columns) {
    const Matrix<double> a = random_matrix(40, 5, 3), b = random_matrix(40, 2, 4);
    const auto fit = linalg::least_squares(a, b);
    BOOST_TEST(fit.rank == 5);
    Matrix<double> rest = b;
    linalg::gemm(Op::none, Op::none, -1, a, fit.x, 1, rest);
    BOOST_TEST(largest_difference(linalg::product(a, rest, Op::transpose), Matrix<double>(5, 2)) < 1e-12);
}

BOOST_AUTO_TEST_CASE(least_squares_finds_the_shortest_of_many_solutions) {
    const Matrix<double> twice(3, 2, std::vector<double>{1, 1, 2, 2, 3, 3}), b(3, 1, std::vector<double>{2, 4, 6});
    const auto fit = linalg::least_squares(twice, b);
    BOOST_TEST(fit.rank == 1);
    BOOST_TEST(largest_difference(fit.x, Matrix<double>(2, 1, 1.0)) < 1e-14);
    const auto wide = linalg::least_squares(Matrix<double>(1, 2, 1.0), Matrix<double>(1, 1, 4.0));
    BOOST_TEST(largest_difference(wide.x, Matrix<double>(2, 1, 2.0)) < 1e-14);
}

BOOST_AUTO_TEST_CASE(the_open_chain_has_its_known_symmetric_spectrum_to_1e_14) {
    // Tridiagonal with 1 beside the diagonal: 2 cos(π k/(n+1)).
    constexpr int n = 30;
    Matrix<double> chain(n, n);
    for (int i = 0; i + 1 < n; ++i) chain(i, i + 1) = chain(i + 1, i) = 1;
    const auto eigen = linalg::eigen_symmetric(chain);
    for (int k = 0; k < n; ++k)
        BOOST_TEST(std::abs(eigen.values[static_cast<std::size_t>(k)] +
                            2 * std::cos(std::numbers::pi * (k + 1) / (n + 1))) < 1e-14);
}

BOOST_AUTO_TEST_CASE(symmetric_eigenvectors_are_orthonormal_and_rebuild_the_matrix_to_1e_13) {
    for (const int n : {1, 2, 33}) {
        const Matrix<double> half = random_matrix(n, n, 5);
        const Matrix<double> a = linalg::product(half, half, Op::none, Op::transpose);
        const auto [values, vectors] = linalg::eigen_symmetric(a);
        BOOST_TEST(std::ranges::is_sorted(values));
        BOOST_TEST(largest_difference(linalg::product(vectors, vectors, Op::transpose), Matrix<double>::identity(n)) <
                   1e-13);
        BOOST_TEST(
            largest_difference(linalg::product(scaled_columns(vectors, values), vectors, Op::none, Op::transpose), a) <
            1e-13 * values.back());
        for (int k = 0; k < n; ++k) {
            double extreme = 0;
            for (int i = 0; i < n; ++i)
                if (std::abs(vectors(i, k)) > std::abs(extreme)) extreme = vectors(i, k);
            BOOST_TEST(extreme > 0);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_rotation_has_a_pair_of_conjugate_eigenvalues_on_the_unit_circle) {
    const double angle = 0.3;
    const Matrix<double> rotation(
        2, 2, std::vector<double>{std::cos(angle), -std::sin(angle), std::sin(angle), std::cos(angle)});
    const auto eigen = linalg::eigen_general(rotation);
    BOOST_TEST(std::abs(eigen.values[0] - std::polar(1.0, angle)) < 1e-15);
    BOOST_TEST(std::abs(eigen.values[1] - std::polar(1.0, -angle)) < 1e-15);
    BOOST_TEST(residual(rotation, eigen) < 1e-15);
}

BOOST_AUTO_TEST_CASE(a_companion_matrix_has_the_roots_of_its_polynomial_in_order_of_modulus) {
    // (x − 3)(x + 2)(x² + 1)(x − 1/2) = x⁵ − 3/2 x⁴ − 9/2 x³ + 3/2 x² − 11/2 x + 3
    const std::array<double, 5> coefficients{3, -5.5, 1.5, -4.5, -1.5};
    Matrix<double> companion(5, 5);
    for (int i = 0; i < 5; ++i) {
        if (i > 0) companion(i, i - 1) = 1;
        companion(i, 4) = -coefficients[static_cast<std::size_t>(i)];
    }
    const auto eigen = linalg::eigen_general(companion);
    const std::array<Complex, 5> roots{Complex(3), Complex(-2), Complex(0, 1), Complex(0, -1), Complex(0.5)};
    for (std::size_t k = 0; k < 5; ++k) BOOST_TEST(std::abs(eigen.values[k] - roots[k]) < 1e-13);
    BOOST_TEST(residual(companion, eigen) < 1e-13);
}

BOOST_AUTO_TEST_CASE(left_and_right_eigenvectors_satisfy_their_equations_and_are_biorthogonal_to_1e_12) {
    for (const int n : {1, 2, 5, 24}) {
        const Matrix<double> a = random_matrix(n, n, 6);
        const auto eigen = linalg::eigen_general(a);
        BOOST_TEST(residual(a, eigen) < 1e-12);
        for (std::size_t k = 1; k < eigen.values.size(); ++k)
            BOOST_TEST(std::abs(eigen.values[k - 1]) >= std::abs(eigen.values[k]));
        for (int j = 0; j < n; ++j) {
            for (int k = 0; k < n; ++k) {
                if (j != k) BOOST_TEST(std::abs(overlap(eigen, j, k)) < 1e-12);
            }
            BOOST_TEST(std::abs(overlap(eigen, j, j)) > 1e-3);
            double norm = 0;
            Complex extreme = 0;
            for (int i = 0; i < n; ++i) {
                norm += std::norm(eigen.right(i, j));
                if (std::abs(eigen.right(i, j)) > std::abs(extreme) * (1 + 1e-14)) extreme = eigen.right(i, j);
            }
            BOOST_TEST(std::abs(norm - 1) < 1e-14);
            BOOST_TEST(std::abs(extreme.imag()) < 1e-15);
            BOOST_TEST(extreme.real() > 0);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_jordan_block_has_left_and_right_vectors_that_are_orthogonal) {
    const auto eigen = linalg::eigen_general(Matrix<double>(2, 2, std::vector<double>{1, 1, 0, 1}));
    BOOST_TEST(std::abs(eigen.values[0] - 1.0) < 1e-7);
    BOOST_TEST(std::abs(overlap(eigen, 0, 0)) < 1e-7);
}

BOOST_AUTO_TEST_CASE(the_singular_value_decomposition_rebuilds_the_matrix_to_1e_13) {
    for (const auto& [rows, cols] : {std::pair(1, 1), std::pair(3, 8), std::pair(40, 17), std::pair(20, 20)}) {
        const Matrix<double> a = random_matrix(rows, cols, 7);
        const auto [u, values, vt] = linalg::svd(a);
        const int k = std::min(rows, cols);
        BOOST_TEST(largest_difference(linalg::product(u, u, Op::transpose), Matrix<double>::identity(k)) < 1e-13);
        BOOST_TEST(largest_difference(linalg::product(vt, vt, Op::none, Op::transpose), Matrix<double>::identity(k)) <
                   1e-13);
        BOOST_TEST(largest_difference(linalg::product(scaled_columns(u, values), vt), a) < 1e-13 * values.front());
        BOOST_TEST(std::ranges::is_sorted(values, std::greater{}));
        BOOST_TEST(values.back() >= 0);
    }
}

BOOST_AUTO_TEST_CASE(singular_values_of_a_known_matrix_and_of_none) {
    const auto known = linalg::svd(Matrix<double>(2, 2, std::vector<double>{3, 0, 4, 5})); // √45, √5
    BOOST_TEST(std::abs(known.values[0] - std::sqrt(45.0)) < 1e-14);
    BOOST_TEST(std::abs(known.values[1] - std::sqrt(5.0)) < 1e-14);
    const auto one = linalg::svd(Matrix<double>(4, 3, 1.0));
    BOOST_TEST(std::abs(one.values[0] - std::sqrt(12.0)) < 1e-14);
    BOOST_TEST(one.values[1] < 1e-15);
    BOOST_TEST(linalg::svd(Matrix<double>(0, 3)).values.empty());
}
