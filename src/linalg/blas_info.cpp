#include <blockspin/linalg/blas_info.hpp>

#include <blockspin/core/error.hpp>

#include "single_thread.hpp"

#include <cblas.h>
#include <fmt/format.h>

#include <array>
#include <cstdlib>

namespace blockspin::linalg {

namespace {

// OpenBLAS adopts the calling thread's limit at the next call that could be parallel; this one is.
int threads_of_a_call() {
    const SingleThread one;
    constexpr int n = 64;
    static constexpr std::array<double, n * n> zeros{};
    std::array<double, n * n> result;
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, zeros.data(), n, zeros.data(), n, 0,
                result.data(), n);
    return openblas_get_num_threads();
}

} // namespace

BlasInfo blas_info() {
    const char* requested = std::getenv("OPENBLAS_CORETYPE");
    return {.config = openblas_get_config(),
            .core_name = openblas_get_corename(),
            .requested_core = requested != nullptr ? requested : "",
            .parallel = openblas_get_parallel(),
            .threads = threads_of_a_call()};
}

void require_openmp_openblas(const BlasInfo& info) {
    constexpr int openmp_build = 2;
    if (info.parallel != openmp_build)
        throw core::InputError(fmt::format("the OpenBLAS that was loaded ({}) is not the OpenMP build; install "
                                           "libopenblas-openmp-dev and see that libopenblas.so.0 is its library "
                                           "(update-alternatives --config libopenblas.so.0-x86_64-linux-gnu)",
                                           info.config));
    if (info.threads != 1)
        throw core::InputError(fmt::format("the OpenBLAS that was loaded ({}) runs on {} threads where one was asked "
                                           "for; blockspin is tested with Debian's libopenblas-openmp-dev",
                                           info.config, info.threads));
}

void use_single_threaded_openblas() { require_openmp_openblas(blas_info()); }

} // namespace blockspin::linalg
