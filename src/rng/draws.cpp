#include <blockspin/rng/draws.hpp>

#include <blockspin/core/check.hpp>

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace blockspin::rng {

namespace {

__extension__ using Wide = unsigned __int128;

double unit(std::uint32_t low, std::uint32_t high) {
    return static_cast<double>((low | std::uint64_t{high} << 32) >> 11) * 0x1p-53;
}

} // namespace

std::int64_t below(const Key& key, const Address& address, std::int64_t n) {
    core::ensure(n >= 1, "a random number is drawn from at least one value");
    const auto range = static_cast<std::uint64_t>(n);
    const std::uint64_t rejected = -range % range; // 2^64 mod n
    for (Block block = bits(key, address);; block = philox4x32(block, key.philox())) {
        for (const std::size_t half : {0, 2}) {
            const Wide product = Wide{block[half] | std::uint64_t{block[half + 1]} << 32} * range;
            if (static_cast<std::uint64_t>(product) >= rejected) return static_cast<std::int64_t>(product >> 64);
        }
    }
}

std::array<double, 2> normal(const Key& key, const Address& address) {
    const Block block = bits(key, address);
    const double radius = std::sqrt(-2 * std::log1p(-unit(block[0], block[1])));
    const double angle = 2 * std::numbers::pi * unit(block[2], block[3]);
    return {radius * std::cos(angle), radius * std::sin(angle)};
}

std::vector<std::int64_t> permutation(const Key& key, const Address& address, std::int64_t n) {
    core::ensure(n >= 0, "a permutation has a length");
    std::vector<std::int64_t> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), std::int64_t{0});
    Address here = address;
    for (std::int64_t last = n - 1; last > 0; --last) {
        here.place = address.place + last;
        std::swap(order[static_cast<std::size_t>(last)], order[static_cast<std::size_t>(below(key, here, last + 1))]);
    }
    return order;
}

} // namespace blockspin::rng
