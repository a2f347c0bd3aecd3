#pragma once

#include <string>

namespace blockspin::linalg {

/// The OpenBLAS that was loaded into this process.
struct BlasInfo {
    std::string config;         ///< version and build options in OpenBLAS's words
    std::string core_name;      ///< the processor type whose kernels are in use: floating-point bits depend on it
    std::string requested_core; ///< OPENBLAS_CORETYPE; empty if unset. If set, it overrides the processor's own type
    std::string fitting_core;   ///< the newest type known here whose instructions this processor has; empty if none is
    int parallel = 0;           ///< how it was built: 0 sequential, 1 with pthreads, 2 with OpenMP
    int threads = 0;            ///< threads that a call of this module runs on: 1 in the OpenMP build
};

BlasInfo blas_info();

/// OpenBLAS knows the processors of its time, and takes newer ones for a Prescott of 2004, whose kernels are several
/// times slower. Where it did, this starts the program over with OPENBLAS_CORETYPE set to the fitting core; it returns
/// where OpenBLAS chose better or the variable was set. Before MPI is initialised; `argv` as of main().
void restart_with_fitting_openblas(char** argv);

/// InputError that names the package to install unless `info` is of the OpenMP build.
void require_openmp_openblas(const BlasInfo& info);

/// Checks at start-up that linear algebra here runs on one thread, whatever OMP_NUM_THREADS is: only then do its bits
/// not depend on the number of threads. Throws as require_openmp_openblas() does for the OpenBLAS that was loaded.
///
/// There is nothing to switch on: in the OpenMP build the number of threads follows omp_get_max_threads() of the
/// calling thread at every call, and openblas_set_num_threads() changes that very number, for the program's own
/// parallel regions as well. So each function of this module limits its calling thread for the time of its call.
void use_single_threaded_openblas();

} // namespace blockspin::linalg
