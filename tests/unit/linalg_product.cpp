#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/product.hpp>

#include <limits>
#include <random>
#include <type_traits>

using namespace blockspin;
using linalg::Matrix;
using linalg::MatrixView;
using linalg::Op;

static_assert(std::is_convertible_v<Matrix<double>&, MatrixView<double>>);
static_assert(std::is_convertible_v<const Matrix<double>&, MatrixView<const double>>);
static_assert(std::is_convertible_v<MatrixView<float>, MatrixView<const float>>);
static_assert(!std::is_convertible_v<const Matrix<double>&, MatrixView<double>>);
static_assert(!std::is_convertible_v<MatrixView<const float>, MatrixView<float>>);
static_assert(!std::is_convertible_v<Matrix<float>&, MatrixView<const double>>);

namespace {

template <class T> Matrix<T> random_matrix(int rows, int cols, std::mt19937& generator) {
    Matrix<T> a(rows, cols);
    std::uniform_real_distribution<T> uniform(-1, 1);
    for (T& value : a.values()) value = uniform(generator);
    return a;
}

template <class T> T entry(MatrixView<const T> a, Op op, int i, int j) { return op == Op::none ? a(i, j) : a(j, i); }

// Largest error of c ← alpha op(a) op(b) + beta c against sums in long double, relative to the sum of moduli.
template <class T> double gemm_error(Op op_a, Op op_b, int m, int n, int k, T alpha, T beta, std::mt19937& generator) {
    const Matrix<T> a = op_a == Op::none ? random_matrix<T>(m, k, generator) : random_matrix<T>(k, m, generator);
    const Matrix<T> b = op_b == Op::none ? random_matrix<T>(k, n, generator) : random_matrix<T>(n, k, generator);
    const Matrix<T> before = random_matrix<T>(m, n, generator);
    Matrix<T> c = before;
    linalg::gemm(op_a, op_b, alpha, a, b, beta, c);
    double worst = 0;
    for (int i = 0; i < m; ++i) {
        for (int j = 0; j < n; ++j) {
            long double sum = static_cast<long double>(beta) * before(i, j), moduli = std::abs(sum);
            for (int l = 0; l < k; ++l) {
                const long double term =
                    static_cast<long double>(alpha) * entry<T>(a, op_a, i, l) * entry<T>(b, op_b, l, j);
                sum += term;
                moduli += std::abs(term);
            }
            if (moduli > 0) worst = std::max(worst, static_cast<double>(std::abs(c(i, j) - sum) / moduli));
        }
    }
    return worst;
}

template <class T> void check_all_shapes(double tolerance) {
    std::mt19937 generator(1975);
    for (const Op op_a : {Op::none, Op::transpose})
        for (const Op op_b : {Op::none, Op::transpose})
            for (const int m : {1, 2, 7, 65})
                for (const int n : {1, 3, 17, 67})
                    for (const int k : {0, 1, 5, 33, 257})
                        for (const T beta : {T(0), T(1), T(-0.5)})
                            if (gemm_error<T>(op_a, op_b, m, n, k, T(1.25), beta, generator) > tolerance)
                                BOOST_ERROR("gemm " << m << 'x' << n << 'x' << k << " beta " << beta);
}

} // namespace

BOOST_AUTO_TEST_CASE(gemm_is_a_matrix_product_for_odd_shapes_and_transposes_to_1e_14) {
    check_all_shapes<double>(1e-14);
}

BOOST_AUTO_TEST_CASE(gemm_in_single_precision_is_a_matrix_product_to_2e_6) { check_all_shapes<float>(2e-6); }

BOOST_AUTO_TEST_CASE(gemv_is_a_matrix_vector_product_to_1e_14) {
    std::mt19937 generator(1975);
    for (const Op op : {Op::none, Op::transpose}) {
        for (const auto& [rows, cols] :
             {std::pair(1, 1), std::pair(3, 17), std::pair(130, 65), std::pair(4, 0), std::pair(0, 4)}) {
            const Matrix<double> a = random_matrix<double>(rows, cols, generator);
            const auto [m, n] = op == Op::none ? std::pair(rows, cols) : std::pair(cols, rows);
            const Matrix<double> x = random_matrix<double>(n, 1, generator),
                                 before = random_matrix<double>(m, 1, generator);
            Matrix<double> y = before;
            linalg::gemv(op, 2, a, x.values(), 0.5, y.values());
            for (int i = 0; i < m; ++i) {
                long double sum = 0.5L * before(i, 0);
                for (int j = 0; j < n; ++j) sum += 2.0L * entry<double>(a, op, i, j) * x(j, 0);
                BOOST_TEST(std::abs(y(i, 0) - sum) <= 1e-14 * (n + 1));
            }
        }
    }
    const std::array<float, 4> a{1, 2, 3, 4};
    const std::array<float, 2> x{1, -1};
    std::array<float, 2> y{};
    linalg::gemv(Op::transpose, 1.0F, MatrixView<const float>(a, 2, 2), x, 0.0F, y);
    BOOST_TEST(y[0] == -2);
    BOOST_TEST(y[1] == -2);
}

BOOST_AUTO_TEST_CASE(with_beta_zero_the_old_result_is_not_read) {
    const Matrix<double> a(3, 4, 1.0), b(4, 2, 1.0);
    Matrix<double> c(3, 2, std::numeric_limits<double>::quiet_NaN());
    linalg::gemm(Op::none, Op::none, 1, a, b, 0, c);
    BOOST_TEST((c == Matrix<double>(3, 2, 4.0)));
    const Matrix<double> nothing(3, 0), empty(0, 2);
    c = Matrix<double>(3, 2, std::numeric_limits<double>::quiet_NaN());
    linalg::gemm(Op::none, Op::none, 1, nothing, empty, 0, c);
    BOOST_TEST((c == Matrix<double>(3, 2, 0.0)));
}

BOOST_AUTO_TEST_CASE(a_block_of_rows_is_multiplied_in_place) {
    std::mt19937 generator(3);
    const Matrix<double> a = random_matrix<double>(10, 4, generator), b = random_matrix<double>(4, 5, generator);
    const Matrix<double> whole = linalg::product(a, b);
    Matrix<double> pieces(10, 5);
    for (const int first : {0, 3})
        linalg::gemm(Op::none, Op::none, 1, a.view().row_block(first, first == 0 ? 3 : 7), b, 0,
                     pieces.view().row_block(first, first == 0 ? 3 : 7));
    for (std::size_t i = 0; i < whole.size(); ++i) BOOST_TEST(std::abs(whole.values()[i] - pieces.values()[i]) < 1e-14);
    BOOST_CHECK_THROW(a.view().row_block(4, 7), core::InternalError);
    BOOST_CHECK_THROW(a.view().row_block(-1, 2), core::InternalError);
}

BOOST_AUTO_TEST_CASE(shapes_that_do_not_match_are_refused) {
    const Matrix<double> a(3, 4), b(4, 5), x(4, 1);
    Matrix<double> c(3, 5), wrong(5, 3), y(3, 1);
    BOOST_CHECK_NO_THROW(linalg::gemm(Op::none, Op::none, 1, a, b, 0, c));
    BOOST_CHECK_THROW(linalg::gemm(Op::none, Op::none, 1, a, b, 0, wrong), core::InternalError);
    BOOST_CHECK_THROW(linalg::gemm(Op::transpose, Op::none, 1, a, b, 0, c), core::InternalError);
    BOOST_CHECK_THROW(linalg::product(b, a), core::InternalError);
    BOOST_CHECK_NO_THROW(linalg::gemv(Op::none, 1, a, x.values(), 0, y.values()));
    BOOST_CHECK_THROW(linalg::gemv(Op::transpose, 1, a, x.values(), 0, y.values()), core::InternalError);
    const std::vector<double> three(3);
    BOOST_CHECK_THROW(MatrixView<const double>(three, 2, 2), core::InternalError);
    BOOST_CHECK_THROW(Matrix<double>(2, 2, three), core::InternalError);
    BOOST_CHECK_THROW(Matrix<double>(-1, 2), core::InternalError);
}

BOOST_AUTO_TEST_CASE(a_result_that_overlaps_a_factor_is_refused) {
    Matrix<double> a(4, 4, 1.0);
    BOOST_CHECK_THROW(linalg::gemm(Op::none, Op::none, 1, a, a, 0, a), core::InternalError);
    BOOST_CHECK_THROW(linalg::gemm(Op::none, Op::none, 1, a.view().row_block(0, 2), a, 0, a.view().row_block(2, 2)),
                      core::InternalError);
}

BOOST_AUTO_TEST_CASE(matrices_are_values_in_row_major_order_that_start_on_a_cache_line) {
    Matrix<float> a(2, 3);
    a(1, 2) = 5;
    const Matrix<float> copy = a;
    a(1, 2) = 6;
    BOOST_TEST(copy(1, 2) == 5);
    BOOST_TEST(copy.data()[5] == 5);
    BOOST_TEST(copy.row(1)[2] == 5);
    BOOST_TEST(linalg::transposed(copy)(2, 1) == 5);
    BOOST_TEST((a != copy));
    BOOST_TEST((linalg::transposed(linalg::transposed(copy)) == copy));
    BOOST_TEST(linalg::Matrix<double>::identity(3)(1, 1) == 1);
    for (const int n : {1, 3, 100}) BOOST_TEST(reinterpret_cast<std::uintptr_t>(Matrix<float>(n, n).data()) % 64 == 0U);
}
