#include <blockspin/linalg/blas_info.hpp>

#include <blockspin/core/error.hpp>

#include <cblas.h>
#include <fmt/format.h>

#include <cstdlib>

namespace blockspin::linalg {

namespace {

constexpr int openmp_build = OPENBLAS_OPENMP;

} // namespace

BlasInfo blas_info() {
    const int parallel = openblas_get_parallel();
    const char* requested = std::getenv("OPENBLAS_CORETYPE");
    return {.config = openblas_get_config(),
            .core_name = openblas_get_corename(),
            .requested_core = requested != nullptr ? requested : "",
            .parallel = parallel,
            // openblas_get_num_threads() does not know of the limit that the OpenMP build obeys.
            .threads = parallel == openmp_build ? 1 : openblas_get_num_threads()};
}

void require_openmp_openblas(const BlasInfo& info) {
    if (info.parallel != openmp_build)
        throw core::InputError(fmt::format("the OpenBLAS that was loaded ({}) is not the OpenMP build; install "
                                           "libopenblas-openmp-dev and see that libopenblas.so.0 is its library "
                                           "(update-alternatives --config libopenblas.so.0-x86_64-linux-gnu)",
                                           info.config));
}

void use_single_threaded_openblas() { require_openmp_openblas(blas_info()); }

} // namespace blockspin::linalg
