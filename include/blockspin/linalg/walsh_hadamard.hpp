#pragma once

#include <bit>
#include <cstddef>
#include <span>

#include <blockspin/core/check.hpp>

namespace blockspin::linalg {

/// f(S) ← Σ_x (−1)^{|S ∧ x|} f(x) in place, S and x counted as sets of bits: the Walsh–Hadamard transform. Applied
/// twice it multiplies by the length, exactly where T is an integer type without overflow. InternalError unless the
/// length is a power of 2.
template <class T> void walsh_hadamard(std::span<T> f) {
    core::ensure(std::has_single_bit(f.size()), "a Walsh–Hadamard transform has a power of 2 of values");
    for (std::size_t bit = 1; bit < f.size(); bit *= 2) {
        for (std::size_t first = 0; first < f.size(); first += 2 * bit) {
            for (std::size_t x = first; x < first + bit; ++x) {
                const T without = f[x], with = f[x + bit];
                f[x] = without + with;
                f[x + bit] = without - with;
            }
        }
    }
}

} // namespace blockspin::linalg
