#include <blockspin/rng/fill.hpp>

#include <blockspin/core/check.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "fill.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <blockspin/rng/ars-inl.hpp>

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace blockspin::rng::HWY_NAMESPACE {

std::int64_t this_target() { return HWY_TARGET; }

#if HWY_TARGET == HWY_SCALAR

void fill_blocks(const Block& key, std::uint64_t low, std::uint64_t high, std::uint64_t* out, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
        const std::uint64_t counter = low + i / 2;
        const Block block = ars4x32<5>({static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32),
                                        static_cast<std::uint32_t>(high), static_cast<std::uint32_t>(high >> 32)},
                                       key);
        out[i] = block[i % 2 * 2] | std::uint64_t{block[i % 2 * 2 + 1]} << 32;
    }
}

#else

// Writes the first `size` words of the run whose first counter is (low, high).
template <class Round>
void fill_blocks_by(const Block& key, std::uint64_t low, std::uint64_t high, std::uint64_t* HWY_RESTRICT out,
                    std::size_t size) {
    const Words words;
    const ArsKeys keys(key);
    const std::size_t lanes = hn::Lanes(words);
    const auto stride = hn::OddEven(hn::Zero(words), hn::Set(words, lanes / 2));
    auto counters = ars_counters(low, high);
    std::size_t i = 0;
    for (; i + lanes <= size; i += lanes) {
        hn::StoreU(ars5<Round>(counters, keys), words, out + i);
        counters = hn::Add(counters, stride);
    }
    if (i < size) {
        HWY_ALIGN std::uint64_t rest[hn::MaxLanes(words)];
        hn::Store(ars5<Round>(counters, keys), words, rest);
        std::copy_n(rest, size - i, out + i);
    }
}

void fill_blocks(const Block& key, std::uint64_t low, std::uint64_t high, std::uint64_t* out, std::size_t size) {
#if HWY_TARGET == HWY_AVX2
    if (has_wide_aes()) return fill_blocks_by<WideAes>(key, low, high, out, size);
#endif
    fill_blocks_by<Aes>(key, low, high, out, size);
}

#endif

} // namespace blockspin::rng::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace blockspin::rng {

HWY_EXPORT(this_target);
HWY_EXPORT(fill_blocks);

void fill_words(const Key& key, const Address& first, std::span<std::uint64_t> out, std::int64_t skip) {
    core::ensure(skip >= 0, "a piece of a run of random words starts inside the run");
    if (out.empty()) return;
    static_cast<void>(pack(first));
    Address start = first, last = first;
    start.place += skip / 2;
    last.place = start.place + (skip % 2 + static_cast<std::int64_t>(out.size()) - 1) / 2;
    static_cast<void>(pack(last));
    const Block counter = pack(start);
    std::uint64_t low = counter[0] | std::uint64_t{counter[1]} << 32;
    const std::uint64_t high = counter[2] | std::uint64_t{counter[3]} << 32;
    if (skip % 2 == 1) {
        std::uint64_t block[2];
        HWY_DYNAMIC_DISPATCH(fill_blocks)(key.ars(), low++, high, block, 2);
        out.front() = block[1];
        out = out.subspan(1);
    }
    HWY_DYNAMIC_DISPATCH(fill_blocks)(key.ars(), low, high, out.data(), out.size());
}

std::string_view simd_target() noexcept { return hwy::TargetName(HWY_DYNAMIC_DISPATCH(this_target)()); }

} // namespace blockspin::rng
#endif
