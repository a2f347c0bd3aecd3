#pragma once

#include <omp.h>

namespace blockspin::linalg {

/// While it lives, OpenBLAS (OpenMP build) uses one thread for calls of this thread: it follows omp_get_max_threads().
class SingleThread {
  public:
    SingleThread() noexcept : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
    ~SingleThread() { omp_set_num_threads(before_); }
    SingleThread(const SingleThread&) = delete;
    SingleThread& operator=(const SingleThread&) = delete;

  private:
    int before_;
};

} // namespace blockspin::linalg
