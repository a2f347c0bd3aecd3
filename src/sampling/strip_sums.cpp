#include "strip_sums.hpp"

#include "packed_sums.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "strip_sums.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <array>

HWY_BEFORE_NAMESPACE();
namespace blockspin::sampling::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

std::int64_t count_odd(const Word* first, std::size_t words, std::span<const std::ptrdiff_t> distances) {
    const hn::ScalableTag<std::uint64_t> tag;
    const std::size_t lanes = hn::Lanes(tag);
    auto sum = hn::Zero(tag);
    for (std::size_t at = 0; at < words; at += lanes) {
        auto bits = hn::LoadU(tag, first + distances.front() + at);
        for (const std::ptrdiff_t distance : distances.subspan(1)) {
            bits = hn::Xor(bits, hn::LoadU(tag, first + distance + at));
        }
        sum = hn::Add(sum, hn::PopulationCount(hn::IfThenElseZero(hn::FirstN(tag, words - at), bits)));
    }
    return static_cast<std::int64_t>(hn::GetLane(hn::SumOfLanes(tag, sum)));
}

} // namespace blockspin::sampling::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace blockspin::sampling {

HWY_EXPORT(count_odd);

namespace {

using lattice::Coordinates;

/// The words of a run that belong to a part.
Stretch stretch(const StripSpins& spins, std::size_t run, const lattice::Box& part) {
    const int along = spins.layout().plan().along;
    return {spins.words() + run + part.offset[along], static_cast<std::size_t>(part.extent[along])};
}

} // namespace

lattice::Box whole_part(const StripLayout& layout) {
    lattice::Box box = layout.columns();
    box.extent[layout.plan().along] = layout.words();
    return box;
}

bool reaches(const StripPlan& plan, const Coordinates& offset) noexcept {
    for (int d = 0; d < lattice::max_dimension; ++d) {
        if (std::abs(offset[d]) > plan.reach[d]) return false;
    }
    return true;
}

std::int64_t spin_sum(const StripSpins& spins, const lattice::Box& part) {
    std::int64_t sum = 0;
    for_each_run(spins.layout(), [&](std::size_t run, int, const Coordinates&) {
        const Stretch words = stretch(spins, run, part);
        sum += 2 * count_bits(words) - std::ssize(words) * spins.layout().plan().lanes();
    });
    return sum;
}

std::int64_t product_sum(const lattice::Geometry& geometry, const StripSpins& spins, const lattice::Box& part, int kind,
                         std::span<const Coordinates> offsets) {
    const StripLayout& layout = spins.layout();
    const StripPlan& plan = layout.plan();
    std::int64_t products = 0, odd = 0; // those of an odd number of spins that are up
    std::vector<std::ptrdiff_t> distances(offsets.size());
    int colour_of_distances = -1;
    for_each_run(layout, [&](std::size_t run, int colour, const Coordinates&) {
        const Coordinates residues = plan.residues(colour);
        if (geometry.sublattice(residues) != kind) return;
        if (colour != colour_of_distances) {
            std::ranges::transform(offsets, distances.begin(),
                                   [&](const Coordinates& offset) { return layout.distance(residues, offset); });
            colour_of_distances = colour;
        }
        const Stretch words = stretch(spins, run, part);
        odd += HWY_DYNAMIC_DISPATCH(count_odd)(words.data(), words.size(), distances);
        products += std::ssize(words) * plan.lanes();
    });
    return offsets.size() % 2 == 0 ? products - 2 * odd : 2 * odd - products;
}

std::int64_t bond_sum(const lattice::Geometry& geometry, const StripSpins& spins, const lattice::Box& part) {
    std::int64_t sum = 0;
    for (int kind = 0; kind < geometry.sublattices(); ++kind) {
        for (const Coordinates& offset : geometry.bond_offsets(kind)) {
            sum += product_sum(geometry, spins, part, kind, std::array{Coordinates{}, offset});
        }
    }
    return sum;
}

void add_layers(const StripSpins& spins, const lattice::Box& part, int direction, std::span<std::int64_t> sums) {
    const StripLayout& layout = spins.layout();
    const StripPlan& plan = layout.plan();
    const int lanes = plan.lanes();
    std::vector<std::int64_t> ups(static_cast<std::size_t>(part.extent[plan.along]));
    std::int32_t strips_before = 1; // so many strips along directions before this one
    for (int d = 0; d < direction; ++d) strips_before *= plan.strips[d];
    for_each_run(layout, [&](std::size_t run, int colour, const Coordinates& column) {
        const Stretch words = stretch(spins, run, part);
        if (direction == plan.along) {
            std::ranges::fill(ups, 0);
            add_bits(words, ups);
            const std::int64_t first = layout.first_word() + part.offset[direction];
            for (std::size_t i = 0; i < ups.size(); ++i) {
                const std::int64_t x =
                    plan.residues(colour)[direction] + plan.period[direction] * (first + static_cast<std::int64_t>(i));
                sums[static_cast<std::size_t>(x)] += 2 * ups[i] - lanes;
            }
            return;
        }
        std::array<std::int64_t, 64> of_lanes{};
        add_bits_by_position(std::array{words}, of_lanes);
        for (int lane = 0; lane < lanes; ++lane) {
            const std::int32_t strip = lane / strips_before % plan.strips[direction];
            const std::int32_t x = column[direction] + plan.length[direction] * strip;
            sums[static_cast<std::size_t>(x)] += 2 * of_lanes[static_cast<std::size_t>(lane)] - std::ssize(words);
        }
    });
}

} // namespace blockspin::sampling
#endif
