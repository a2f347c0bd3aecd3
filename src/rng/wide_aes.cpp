#include <blockspin/rng/fill.hpp>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace blockspin::rng {

bool has_wide_aes() noexcept {
#if defined(__x86_64__)
    static const bool found = [] {
        unsigned a = 0, b = 0, c = 0, d = 0;
        return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (c & bit_VAES) != 0;
    }();
    return found;
#else
    return false;
#endif
}

} // namespace blockspin::rng
