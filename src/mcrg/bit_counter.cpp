#include "bit_counter.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bit_counter.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace blockspin::mcrg::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Words = hn::CappedTag<Word, BitCounter::lanes>;
using Vector = hn::Vec<Words>;

constexpr std::size_t buffer_words = 2048;
constexpr std::size_t block_vectors = 16;

/// low + b + c = low + 2 high, digit by digit.
HWY_INLINE Vector add_digit(Vector& low, Vector b, Vector c) {
    const auto both = hn::And(low, b), either = hn::Xor(low, b);
    low = hn::Xor(either, c);
    return hn::Or(both, hn::And(either, c));
}

/// Adds two words each to the digits 1 and 2, and returns what is carried to digit 4.
HWY_INLINE Vector add_four(Vector& ones, Vector& twos, const Word* HWY_RESTRICT words) {
    const Words d;
    const std::size_t n = hn::Lanes(d);
    const auto first = add_digit(ones, hn::Load(d, words), hn::Load(d, words + n));
    const auto second = add_digit(ones, hn::Load(d, words + 2 * n), hn::Load(d, words + 3 * n));
    return add_digit(twos, first, second);
}

/// Adds blocks of 16 vectors.
HWY_INLINE void add_blocks(const Word* HWY_RESTRICT words, std::size_t count, Word* HWY_RESTRICT digits) {
    const Words d;
    const std::size_t n = hn::Lanes(d);
    const auto digit = [&](int i) HWY_ATTR { return digits + i * BitCounter::lanes; };
    auto ones = hn::Load(d, digit(0)), twos = hn::Load(d, digit(1));
    auto fours = hn::Load(d, digit(2)), eights = hn::Load(d, digit(3));
    for (const Word* const end = words + count; words != end; words += block_vectors * n) {
        const auto four_a = add_four(ones, twos, words), four_b = add_four(ones, twos, words + 4 * n);
        const auto eight_a = add_digit(fours, four_a, four_b);
        const auto four_c = add_four(ones, twos, words + 8 * n), four_d = add_four(ones, twos, words + 12 * n);
        const auto eight_b = add_digit(fours, four_c, four_d);
        auto carry = add_digit(eights, eight_a, eight_b);
        for (int i = 4; !hn::AllTrue(d, hn::Eq(carry, hn::Zero(d))); ++i) {
            const auto old = hn::Load(d, digit(i));
            hn::Store(hn::Xor(old, carry), d, digit(i));
            carry = hn::And(old, carry);
        }
    }
    hn::Store(ones, d, digit(0));
    hn::Store(twos, d, digit(1));
    hn::Store(fours, d, digit(2));
    hn::Store(eights, d, digit(3));
}

/// The products at the positions of a row, filled up with zeros to whole vectors, at the front of `out`; returns their
/// end.
HWY_INLINE Word* multiply_row(const Word* row, std::size_t length, std::span<const std::ptrdiff_t> distances,
                              Word* HWY_RESTRICT out) {
    const Words d;
    const std::size_t n = hn::Lanes(d);
    std::size_t x = 0;
    for (; x + n <= length; x += n, out += n) {
        auto product = hn::LoadU(d, row + x + distances.front());
        for (const std::ptrdiff_t distance : distances.subspan(1)) {
            product = hn::Xor(product, hn::LoadU(d, row + x + distance));
        }
        hn::Store(product, d, out);
    }
    if (x == length) return out;
    for (std::size_t lane = 0; lane < n; ++lane, ++x) {
        out[lane] = 0;
        if (x >= length) continue;
        for (const std::ptrdiff_t distance : distances) out[lane] ^= row[static_cast<std::ptrdiff_t>(x) + distance];
    }
    return out + n;
}

void add_products(const WordBox& box, std::span<const std::ptrdiff_t> distances, Word* digits) {
    const Words d;
    const std::size_t n = hn::Lanes(d);
    HWY_ALIGN Word buffer[buffer_words];
    Word* end = buffer;
    const auto length = static_cast<std::size_t>(box.extent[0]);
    for (std::int32_t w = 0; w < box.extent[3]; ++w) {
        for (std::int32_t z = 0; z < box.extent[2]; ++z) {
            for (std::int32_t y = 0; y < box.extent[1]; ++y) {
                const Word* row = box.first + y * box.strides[1] + z * box.strides[2] + w * box.strides[3];
                for (std::size_t x = 0; x < length;) {
                    const auto room = static_cast<std::size_t>(buffer + buffer_words - end);
                    const std::size_t piece = length - x < room ? length - x : room;
                    end = multiply_row(row + x, piece, distances, end);
                    x += piece;
                    if (end < buffer + buffer_words) continue;
                    add_blocks(buffer, buffer_words, digits);
                    end = buffer;
                }
            }
        }
    }
    while (static_cast<std::size_t>(end - buffer) % (block_vectors * n) != 0) {
        hn::Store(hn::Zero(d), d, end);
        end += n;
    }
    add_blocks(buffer, static_cast<std::size_t>(end - buffer), digits);
}

} // namespace blockspin::mcrg::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace blockspin::mcrg {

HWY_EXPORT(add_products);

void BitCounter::add(const WordBox& box, std::span<const std::ptrdiff_t> distances) {
    HWY_DYNAMIC_DISPATCH(add_products)(box, distances, digits_.data());
}

std::array<std::int64_t, bundle_size> BitCounter::counts() const {
    std::array<std::int64_t, bundle_size> result{};
    for (std::size_t i = 0; i < digits_.size(); ++i) {
        const Word word = digits_[i];
        if (word == 0) continue;
        const auto digit = static_cast<int>(i / lanes);
        for (std::size_t r = 0; r < bundle_size; ++r) result[r] += static_cast<std::int64_t>(word >> r & 1) << digit;
    }
    return result;
}

} // namespace blockspin::mcrg
#endif
