#include <blockspin/linalg/blas_info.hpp>

#include <blockspin/core/error.hpp>

#include <cblas.h>
#include <fmt/format.h>

#include <cstdlib>

#include <unistd.h>

namespace blockspin::linalg {

namespace {

constexpr int openmp_build = OPENBLAS_OPENMP;
constexpr const char* core_variable = "OPENBLAS_CORETYPE";

std::string fitting_core() {
#if defined(__x86_64__)
    const bool has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                            __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    if (has_avx512) return "SkylakeX";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "Haswell";
#endif
    return "";
}

} // namespace

BlasInfo blas_info() {
    const int parallel = openblas_get_parallel();
    const char* requested = std::getenv(core_variable);
    return {.config = openblas_get_config(),
            .core_name = openblas_get_corename(),
            .requested_core = requested != nullptr ? requested : "",
            .fitting_core = fitting_core(),
            .parallel = parallel,
            // openblas_get_num_threads() does not know of the limit that the OpenMP build obeys.
            .threads = parallel == openmp_build ? 1 : openblas_get_num_threads()};
}

void restart_with_fitting_openblas(char** argv) {
    const BlasInfo info = blas_info();
    const bool is_unknown = info.core_name == "Prescott" && !info.fitting_core.empty();
    if (!is_unknown || !info.requested_core.empty()) return;
    setenv(core_variable, info.fitting_core.c_str(), 1);
    execv("/proc/self/exe", argv); // returns only if it fails: then the slow kernels do
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
