#include "annealing_kernel.hpp"

#include "activation.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "annealing_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace blockspin::net::HWY_NAMESPACE {

// Plain loops, compiled for each instruction set; without contraction their bits are the same.

/// sums[0…] += |f|, sums[16…] *= 1 + e^{−2 to |f|}, sums[32…] *= 1 + e^{−2 from |f|}, f = field + bias; the fields
/// become to f. `count` is a multiple of 16, and so small that products of count/16 numbers up to 2 do not overflow.
void accumulate_cosh(std::size_t count, const float* bias, float from, float to, float* fields, float* sums) {
    const float from2 = -2.88539008177793F * from, to2 = -2.88539008177793F * to; // −2/ln 2
    float moduli[lanes], numerators[lanes], denominators[lanes];
    std::copy_n(sums, lanes, moduli);
    std::copy_n(sums + lanes, lanes, numerators);
    std::copy_n(sums + 2 * lanes, lanes, denominators);
    for (std::size_t j = 0; j < count; j += lanes) {
#pragma omp simd
        for (std::size_t k = 0; k < lanes; ++k) {
            const float field = fields[j + k] + bias[j + k];
            const float modulus = field < 0.0F ? -field : field;
            moduli[k] += modulus;
            numerators[k] *= 1.0F + exp2_bounded(to2 * modulus);
            denominators[k] *= 1.0F + exp2_bounded(from2 * modulus);
            fields[j + k] = to * field;
        }
    }
    std::copy_n(moduli, lanes, sums);
    std::copy_n(numerators, lanes, sums + lanes);
    std::copy_n(denominators, lanes, sums + 2 * lanes);
}

/// sums[k] += Σ_j a[16 j + k] b[16 j + k]; `count` is a multiple of 16.
void accumulate_dot(std::size_t count, const float* a, const float* b, float* sums) {
    for (std::size_t i = 0; i < count; i += lanes) {
#pragma omp simd
        for (std::size_t k = 0; k < lanes; ++k) sums[k] += a[i + k] * b[i + k];
    }
}

} // namespace blockspin::net::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace blockspin::net {

HWY_EXPORT(accumulate_cosh);
HWY_EXPORT(accumulate_dot);

namespace {

/// Units whose factors, up to 2 each, are multiplied before a logarithm is taken: 2^64 at most in each lane.
constexpr std::size_t piece = 64 * lanes;

double ln_of_piece(const float* bias, float from, float to, float* fields, std::size_t count) {
    std::array<float, 3 * lanes> sums{};
    std::fill(sums.begin() + lanes, sums.end(), 1.0F);
    const std::size_t whole = count / lanes * lanes, rest = count - whole;
    HWY_DYNAMIC_DISPATCH(accumulate_cosh)(whole, bias, from, to, fields, sums.data());
    if (rest > 0) { // padded by fields 0, whose terms vanish
        std::array<float, lanes> last_bias{}, last_fields{};
        std::copy_n(bias + whole, rest, last_bias.begin());
        std::copy_n(fields + whole, rest, last_fields.begin());
        HWY_DYNAMIC_DISPATCH(accumulate_cosh)(lanes, last_bias.data(), from, to, last_fields.data(), sums.data());
        std::copy_n(last_fields.begin(), rest, fields + whole);
    }
    double modulus = 0, logarithm = 0;
    for (std::size_t k = 0; k < lanes; ++k) {
        modulus += sums[k];
        logarithm += std::log(static_cast<double>(sums[lanes + k]) / static_cast<double>(sums[2 * lanes + k]));
    }
    return (static_cast<double>(to) - static_cast<double>(from)) * modulus + logarithm;
}

} // namespace

double ln_cosh_ratio(std::span<const float> bias, float from, float to, std::span<float> fields) {
    double sum = 0;
    for (std::size_t first = 0; first < fields.size(); first += piece) {
        const std::size_t count = std::min(piece, fields.size() - first);
        sum += ln_of_piece(bias.data() + first, from, to, fields.data() + first, count);
    }
    return sum;
}

double dot(std::span<const float> a, std::span<const float> b) {
    std::array<float, lanes> sums{};
    const std::size_t whole = a.size() / lanes * lanes;
    HWY_DYNAMIC_DISPATCH(accumulate_dot)(whole, a.data(), b.data(), sums.data());
    double sum = 0;
    for (const float s : sums) sum += s;
    for (std::size_t i = whole; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
    return sum;
}

} // namespace blockspin::net
#endif
