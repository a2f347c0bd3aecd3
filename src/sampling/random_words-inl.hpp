// Random words for the words of a vector, as PackedRandom addresses them. Included once per instruction set after
// packed_neighbours-inl.hpp, by packed_kernel.cpp and strip_kernel.cpp.
#include <blockspin/rng/ars-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace blockspin::sampling::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR

struct Aes {};
using WideAes = Aes;

/// Random words one by one.
template <class> class RandomWords {
  public:
    explicit RandomWords(const PackedRandom& random) : random_(random) {}
    struct Source {
        std::uint64_t place;
        std::size_t half;
    };
    Source at(std::uint64_t place, std::int32_t word) const {
        return {place + static_cast<std::uint64_t>(word / 2), static_cast<std::size_t>(word % 2 * 2)};
    }
    V operator()(const Source& source, int draw) const {
        const std::uint64_t low = random_.low + source.place,
                            high = random_.high + draw_step * static_cast<std::uint64_t>(draw);
        const rng::Block block =
            rng::ars4x32<5>({static_cast<std::uint32_t>(low), static_cast<std::uint32_t>(low >> 32),
                             static_cast<std::uint32_t>(high), static_cast<std::uint32_t>(high >> 32)},
                            random_.key);
        return all(block[source.half] | std::uint64_t{block[source.half + 1]} << 32);
    }

  private:
    const PackedRandom& random_;
};

#else

using rng::HWY_NAMESPACE::Aes;
using rng::HWY_NAMESPACE::WideAes;

/// Random words of all words of a vector.
template <class Round> class RandomWords {
  public:
    explicit RandomWords(const PackedRandom& random) : random_(random), keys_(random.key) {}
    /// The counters of draw 0, which has zeros where the number of the draw goes, with the first key.
    using Source = V;
    /// Where the bits come from for a vector whose first word has this number in its run.
    HWY_INLINE Source at(std::uint64_t place, std::int32_t word) const {
        const V counters =
            rng::HWY_NAMESPACE::ars_counters(random_.low + place + static_cast<std::uint64_t>(word / 2), random_.high);
        return hn::Xor(counters, hn::LoadDup128(Words(), keys_.keys[0].data()));
    }
    HWY_INLINE V operator()(Source source, int draw) const {
        const V number = hn::LoadDup128(Words(), draw_counters[static_cast<std::size_t>(draw)].data());
        return rng::HWY_NAMESPACE::ars5_keyed<Round>(hn::Xor(source, number), keys_);
    }

  private:
    const PackedRandom& random_;
    rng::HWY_NAMESPACE::ArsKeys keys_;
};

#endif

} // namespace blockspin::sampling::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
