#include <blockspin/sampling/spin_rule.hpp>

#include <cmath>
#include <limits>

namespace blockspin::sampling {

namespace {

/// `reluctance` of |K Σ neighbours + h|.
template <class Reluctance>
SpinRule rule(const NearestNeighbourCouplings& couplings, int neighbours, bool is_metropolis, Reluctance&& reluctance) {
    SpinRule rule{.is_metropolis = is_metropolis, .couplings = couplings, .cases = {}};
    for (int sum = -neighbours; sum <= neighbours; ++sum) {
        const double local = couplings.coupling * sum + couplings.field;
        rule.cases.push_back({.is_tie = sum == 0 && couplings.field == 0.0,
                              .favours_up = local > 0.0,
                              .reluctance = probability_threshold(reluctance(std::abs(local)))});
    }
    return rule;
}

} // namespace

std::uint64_t SpinRule::probability_up(bool is_up, const Case& here) const noexcept {
    constexpr std::uint64_t surely = std::numeric_limits<std::uint64_t>::max();
    const bool favours_up = here.is_tie ? !is_up : here.favours_up;
    if (is_metropolis && is_up != favours_up) return favours_up ? surely : 0;
    return favours_up ? surely - here.reluctance : here.reluctance;
}

SpinRule metropolis_rule(const NearestNeighbourCouplings& couplings, int neighbours) {
    return rule(couplings, neighbours, true, [](double local) { return std::exp(-2.0 * local); });
}

SpinRule heat_bath_rule(const NearestNeighbourCouplings& couplings, int neighbours) {
    return rule(couplings, neighbours, false, [](double local) { return 1.0 / (1.0 + std::exp(2.0 * local)); });
}

std::vector<SpinRule> rules(const lattice::Geometry& geometry, const std::vector<NearestNeighbourCouplings>& couplings,
                            MakeRule& make) {
    std::vector<SpinRule> rules;
    for (const NearestNeighbourCouplings& here : couplings) rules.push_back(make(here, geometry.coordination()));
    return rules;
}

} // namespace blockspin::sampling
