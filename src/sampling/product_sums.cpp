#include "product_sums.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "product_sums.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace blockspin::sampling::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Bytes = hn::ScalableTag<std::int8_t>;
using Shorts = hn::ScalableTag<std::int16_t>;

/// Calls work(tag, x) for stretches of as many values as a vector has, which cover 0 … n − 1; the last one overlaps the
/// one before. Single values where there are fewer than one stretch.
template <class Tag, class Work> HWY_INLINE void for_each_stretch(Tag tag, std::size_t n, Work&& work) {
    const std::size_t lanes = hn::Lanes(tag);
    if (n < lanes) {
        for (std::size_t x = 0; x < n; ++x) work(hn::CappedTag<hn::TFromD<Tag>, 1>(), x);
        return;
    }
    for (std::size_t x = 0; x + lanes <= n; x += lanes) work(tag, x);
    if (n % lanes != 0) work(tag, n - lanes);
}

/// The product of the spins at these distances. An odd byte other than 0 is ±1 by its sign, and signs multiply as bits.
template <class Tag>
HWY_INLINE hn::VFromD<Tag> product(Tag tag, const Spin* spins, std::span<const std::ptrdiff_t> distances) {
    const auto one = hn::Set(tag, Spin{1});
    if (distances.empty()) return one;
    auto signs = hn::LoadU(tag, spins + distances.front());
    if (distances.size() == 1) return signs;
    auto all_there = signs;
    for (const std::ptrdiff_t distance : distances.subspan(1)) {
        const auto next = hn::LoadU(tag, spins + distance);
        signs = hn::Xor(signs, next);
        all_there = hn::And(all_there, next);
    }
    const auto is_there = hn::Eq(hn::And(all_there, one), one);
    return hn::IfThenElseZero(is_there, hn::Or(signs, one));
}

void sum_row(const Spin* spins, std::span<const ProductDistances> products, std::span<std::int8_t> sums) {
    for_each_stretch(Bytes(), sums.size(), [&](auto tag, std::size_t x) HWY_ATTR {
        auto sum = hn::Zero(tag);
        for (const ProductDistances& distances : products) sum = hn::Add(sum, product(tag, spins + x, distances));
        hn::StoreU(sum, tag, sums.data() + x);
    });
}

void sum_bonded_row(const Spin* spins, std::span<const BondedNeighbour> neighbours, std::span<std::int8_t> sums) {
    for_each_stretch(Bytes(), sums.size(), [&](auto tag, std::size_t x) HWY_ATTR {
        const auto one = hn::Set(tag, Spin{1});
        auto sum = hn::Zero(tag);
        for (const BondedNeighbour& each : neighbours) {
            const auto bonds = hn::LoadU(tag, each.bonds + x);
            // Signs multiply as bits; both are there, or neither.
            const auto signs = hn::Or(hn::Xor(bonds, hn::LoadU(tag, spins + x + each.distance)), one);
            sum = hn::Add(sum, hn::IfThenElseZero(hn::Ne(bonds, hn::Zero(tag)), signs));
        }
        hn::StoreU(sum, tag, sums.data() + x);
    });
}

void weigh_row(std::span<const WeightedSums> operators, std::span<std::int16_t> index) {
    for_each_stretch(Shorts(), index.size(), [&](auto tag, std::size_t x) HWY_ATTR {
        const hn::Rebind<std::int8_t, decltype(tag)> bytes;
        auto sum = hn::Zero(tag);
        for (const WeightedSums& each : operators) {
            const auto sums = hn::PromoteTo(tag, hn::LoadU(bytes, each.sums + x));
            sum = hn::Add(sum, hn::Mul(sums, hn::Set(tag, each.weight)));
        }
        hn::StoreU(sum, tag, index.data() + x);
    });
}

} // namespace blockspin::sampling::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace blockspin::sampling {

HWY_EXPORT(sum_row);
HWY_EXPORT(sum_bonded_row);
HWY_EXPORT(weigh_row);

void sum_products(const Spin* spins, std::span<const ProductDistances> products, std::span<std::int8_t> sums) {
    HWY_DYNAMIC_DISPATCH(sum_row)(spins, products, sums);
}

void sum_bonded(const Spin* spins, std::span<const BondedNeighbour> neighbours, std::span<std::int8_t> sums) {
    HWY_DYNAMIC_DISPATCH(sum_bonded_row)(spins, neighbours, sums);
}

void weigh(std::span<const WeightedSums> operators, std::span<std::int16_t> index) {
    HWY_DYNAMIC_DISPATCH(weigh_row)(operators, index);
}

} // namespace blockspin::sampling
#endif
