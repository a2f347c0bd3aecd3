#include <blockspin/sampling/strip_plan.hpp>

#include <algorithm>

namespace blockspin::sampling {

namespace {

constexpr std::int32_t word_bits = 64;
/// Fewest bits in use: below, most of the work is for nothing.
constexpr int fewest_lanes = 16;
/// So many ranks can share any lattice held as strips.
constexpr std::int32_t fewest_granules = 8;
/// A longer period has the same work in more passes.
constexpr std::int32_t longest_period_per_reach = 2;

/// The shortest suitable period that divides the side.
std::optional<std::int32_t> period(std::int32_t extent, std::int32_t reach, bool must_be_even) {
    const std::int32_t longest = std::max(reach + 1, longest_period_per_reach * (reach + 1));
    for (std::int32_t period = reach + 1; period <= longest; ++period) {
        if (extent % period == 0 && !(must_be_even && period % 2 != 0)) return period;
    }
    return std::nullopt;
}

std::int32_t largest_divisor(std::int32_t n, std::int32_t limit) {
    std::int32_t divisor = std::min(n, limit);
    while (n % divisor != 0) --divisor;
    return divisor;
}

} // namespace

lattice::Coordinates StripPlan::residues(int colour) const noexcept {
    lattice::Coordinates residues{};
    for (int d = 0; d < lattice::max_dimension; ++d) {
        residues[d] = colour % period[d];
        colour /= period[d];
    }
    return residues;
}

lattice::Coordinates StripPlan::granularity() const noexcept {
    lattice::Coordinates sites{1, 1, 1, 1};
    for (int d = 0; d < along; ++d) sites[d] = length[d] * strips[d];
    sites[along] = 2 * period[along]; // two words share 128 random bits
    return sites;
}

std::optional<StripPlan> strip_plan(const lattice::Geometry& geometry, const lattice::Coordinates& reach) {
    StripPlan plan{.reach = reach, .along = geometry.dimension() - 1};
    std::int32_t bits = word_bits;
    for (int d = 0; d < geometry.dimension(); ++d) {
        const std::int32_t extent = geometry.extents()[d];
        // On the honeycomb the kind of a site follows from its colour.
        const auto found = period(extent, reach[d], geometry.sublattices() > 1);
        if (!geometry.is_periodic(d) || !found) return std::nullopt;
        plan.period[d] = *found;
        plan.strips[d] = d == plan.along ? 1 : largest_divisor(extent / *found, bits);
        plan.length[d] = extent / plan.strips[d];
        bits /= plan.strips[d];
    }
    return plan;
}

bool is_worthwhile(const StripPlan& plan) noexcept {
    return plan.lanes() >= fewest_lanes && plan.length[plan.along] >= fewest_granules * plan.granularity()[plan.along];
}

} // namespace blockspin::sampling
