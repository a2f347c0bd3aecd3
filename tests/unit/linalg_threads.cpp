// Linear algebra runs on the calling thread alone, whatever OpenMP would allow.
#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/blas_info.hpp>
#include <blockspin/linalg/lapack.hpp>
#include <blockspin/linalg/product.hpp>

#include <dlfcn.h>
#include <omp.h>

#include <atomic>
#include <cstdlib>
#include <random>
#include <thread>

using namespace blockspin;
using linalg::Matrix;

extern "C" void GOMP_parallel(void (*body)(void*), void* data, unsigned threads, unsigned flags);

namespace {

std::atomic<int> parallel_regions = 0;

Matrix<double> random_matrix(int rows, int cols, std::mt19937& generator) {
    Matrix<double> a(rows, cols);
    std::uniform_real_distribution<double> uniform(-1, 1);
    for (double& value : a.values()) value = uniform(generator);
    return a;
}

// Factors of a product that OpenBLAS would share among threads.
struct Large {
    std::mt19937 generator{7};
    Matrix<double> a = random_matrix(301, 403, generator), b = random_matrix(403, 205, generator);
};

// Sets the number of threads of the caller's parallel regions as long as it lives.
struct Threads {
    explicit Threads(int count) : before(omp_get_max_threads()) { omp_set_num_threads(count); }
    ~Threads() { omp_set_num_threads(before); }
    Threads(const Threads&) = delete;
    Threads& operator=(const Threads&) = delete;
    int before;
};

// Every thread of a parallel region runs `action`: what `#pragma omp parallel num_threads(threads)` compiles to
// (threads = 0: as many as the caller's limit says), so that this file needs no compiler flag.
template <class F> void in_parallel(unsigned threads, F action) {
    GOMP_parallel([](void* data) { (*static_cast<F*>(data))(); }, &action, threads, 0);
}

// How many parallel regions are opened by `action`.
template <class F> int regions_opened_by(F action) {
    const int before = parallel_regions;
    action();
    return parallel_regions - before;
}

} // namespace

// Stands before the function of the OpenMP runtime by which compiled code, OpenBLAS too, opens a parallel region.
extern "C" void GOMP_parallel(void (*body)(void*), void* data, unsigned threads, unsigned flags) {
    using Function = void (*)(void (*)(void*), void*, unsigned, unsigned);
    static const auto original = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "GOMP_parallel"));
    ++parallel_regions;
    original(body, data, threads, flags);
}
extern "C" void dgemm_(const char*, const char*, const int*, const int*, const int*, const double*, const double*,
                       const int*, const double*, const int*, const double*, double*, const int*);

BOOST_AUTO_TEST_CASE(openblas_left_to_itself_opens_parallel_regions) {
    const Threads three(3);
    constexpr int n = 300;
    constexpr double one = 1, zero = 0;
    const Matrix<double> a(n, n, 1.0);
    Matrix<double> c(n, n);
    const auto plain_call = [&] {
        dgemm_("N", "N", &n, &n, &n, &one, a.data(), &n, a.data(), &n, &zero, c.data(), &n);
    };
    BOOST_TEST(regions_opened_by(plain_call) > 0);
}

BOOST_AUTO_TEST_CASE(no_function_opens_a_parallel_region) {
    const Threads three(3);
    const Large large;
    const Matrix<double> square = linalg::product(large.a, large.a, linalg::Op::none, linalg::Op::transpose);
    const Matrix<float> single(300, 300, 1.0F);
    Matrix<float> result(300, 300);
    std::vector<double> x(3000), y(3000);
    const Matrix<double> tall(3000, 3000);
    BOOST_TEST(regions_opened_by([&] { linalg::product(large.a, large.b); }) == 0);
    BOOST_TEST(regions_opened_by(
                   [&] { linalg::gemm(linalg::Op::none, linalg::Op::none, 1, single, single, 0, result); }) == 0);
    BOOST_TEST(regions_opened_by([&] { linalg::gemv(linalg::Op::none, 1, tall, x, 0, y); }) == 0);
    BOOST_TEST(regions_opened_by([&] { linalg::solve(square, square); }) == 0);
    BOOST_TEST(regions_opened_by([&] { linalg::least_squares(large.a, large.a); }) == 0);
    BOOST_TEST(regions_opened_by([&] { linalg::eigen_symmetric(square); }) == 0);
    BOOST_TEST(regions_opened_by([&] { linalg::eigen_general(square); }) == 0);
    BOOST_TEST(regions_opened_by([&] { linalg::svd(large.a); }) == 0);
}

BOOST_AUTO_TEST_CASE(bits_do_not_depend_on_the_number_of_threads_nor_on_who_computes_meanwhile) {
    const Large large;
    const Matrix<double> alone = linalg::product(large.a, large.b);
    for (const int threads : {1, 2, 4}) {
        const Threads limit(threads);
        BOOST_TEST((linalg::product(large.a, large.b) == alone));
        std::vector<Matrix<double>> results(static_cast<std::size_t>(threads));
        in_parallel(
            0, [&] { results.at(static_cast<std::size_t>(omp_get_thread_num())) = linalg::product(large.a, large.b); });
        for (const Matrix<double>& result : results) BOOST_TEST((result == alone));
    }
}

BOOST_AUTO_TEST_CASE(bits_are_the_same_from_threads_that_openmp_does_not_know) {
    const Large large;
    const Matrix<double> alone = linalg::product(large.a, large.b);
    std::array<Matrix<double>, 2> results;
    {
        std::jthread first([&] { results[0] = linalg::product(large.a, large.b); });
        std::jthread second([&] { results[1] = linalg::product(large.a, large.b); });
    }
    BOOST_TEST((results[0] == alone && results[1] == alone));
}

BOOST_AUTO_TEST_CASE(the_limit_of_the_callers_own_parallel_regions_is_left_alone) {
    const Threads three(3);
    const Large large;
    linalg::use_single_threaded_openblas();
    static_cast<void>(linalg::product(large.a, large.b));
    BOOST_CHECK_THROW(linalg::solve(Matrix<double>(2, 2), Matrix<double>(2, 1)), linalg::NumericalError);
    BOOST_TEST(omp_get_max_threads() == 3);
    std::atomic<int> threads = 0;
    in_parallel(0, [&] { ++threads; });
    BOOST_TEST(threads == 3);
}

BOOST_AUTO_TEST_CASE(one_thread_also_inside_a_parallel_region) {
    const Large large;
    std::atomic<int> nested = 0;
    in_parallel(2, [&] { nested += regions_opened_by([&] { linalg::product(large.a, large.b); }); });
    BOOST_TEST(nested == 0);
    // A region of one thread is not active: OpenBLAS does not recognise it as parallel.
    const Threads four(4);
    int opened = -1;
    in_parallel(1, [&] { opened = regions_opened_by([&] { linalg::product(large.a, large.b); }); });
    BOOST_TEST(opened == 0);
}

BOOST_AUTO_TEST_CASE(the_openmp_build_was_loaded_and_any_other_is_refused_with_the_package_to_install) {
    BOOST_CHECK_NO_THROW(linalg::use_single_threaded_openblas());
    linalg::BlasInfo info = linalg::blas_info();
    BOOST_TEST(info.config.starts_with("OpenBLAS"));
    BOOST_TEST(!info.core_name.empty());
    const auto names_the_package = [](const core::InputError& error) {
        return std::string_view(error.what()).find("libopenblas-openmp-dev") != std::string_view::npos;
    };
    for (const int build : {0, 1}) {
        info.parallel = build;
        BOOST_CHECK_EXCEPTION(linalg::require_openmp_openblas(info), core::InputError, names_the_package);
    }
}

BOOST_AUTO_TEST_CASE(a_core_type_forced_from_outside_is_reported) {
    const char* before = std::getenv("OPENBLAS_CORETYPE");
    const std::string kept = before != nullptr ? before : "";
    setenv("OPENBLAS_CORETYPE", "Nehalem", 1);
    BOOST_TEST(linalg::blas_info().requested_core == "Nehalem");
    unsetenv("OPENBLAS_CORETYPE");
    BOOST_TEST(linalg::blas_info().requested_core.empty());
    if (before != nullptr) setenv("OPENBLAS_CORETYPE", kept.c_str(), 1);
}
