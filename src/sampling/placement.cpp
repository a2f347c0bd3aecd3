#include <blockspin/sampling/placement.hpp>

#include <blockspin/core/error.hpp>

#include <blockspin/sampling/checkerboard.hpp>
#include <blockspin/sampling/overlaps.hpp>
#include <blockspin/sampling/strip_update.hpp>
#include <blockspin/sampling/task.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

namespace blockspin::sampling {

namespace {

/// One exchange of ghosts between ranks costs about as much as updating so many spins (some microseconds, at about
/// one nanosecond a spin).
constexpr double spins_per_exchange = 2e4;

/// Expected time of one sweep over the replicas of the busiest group, in units of one spin update.
double cost(const lattice::Geometry& geometry, const Placement& placement) {
    double domain = 1.0, with_ghosts = 1.0;
    for (int d = 0; d < geometry.dimension(); ++d) {
        const int ranks = placement.grid.ranks[d];
        const std::int32_t granule = placement.grid.granularity[d];
        const std::int32_t granules = (geometry.extents()[d] + granule - 1) / granule;
        const double extent = std::min(geometry.extents()[d], (granules + ranks - 1) / ranks * granule);
        domain *= extent;
        with_ghosts *= extent + (ranks > 1 ? 2 * placement.ghosts : 0);
    }
    const double replicas = static_cast<double>((placement.replicas + placement.groups - 1) / placement.groups);
    return replicas * with_ghosts + (with_ghosts > domain ? spins_per_exchange : 0.0);
}

std::optional<lattice::RankGrid> grid_if_possible(const lattice::Geometry& geometry, int ranks,
                                                  const DomainRules& rules) {
    try {
        return lattice::best_grid(geometry, ranks, rules.ghosts, rules.granularity, rules.contiguous);
    } catch (const core::InputError&) {
        return std::nullopt;
    }
}

/// " (cut at multiples of 128 x 128)", or nothing where domains may be cut anywhere.
std::string cut_text(const lattice::Geometry& geometry, const lattice::Coordinates& granularity) {
    if (std::ranges::all_of(granularity, [](std::int32_t sites) { return sites == 1; })) return "";
    return fmt::format(" (lattices updated bit by bit are cut at multiples of {})",
                       lattice::to_text(granularity, geometry.dimension()));
}

Placement given(const lattice::Geometry& geometry, std::int64_t replicas, int ranks,
                const std::vector<std::int64_t>& domains, const DomainRules& rules) {
    const auto& granularity = rules.granularity;
    if (static_cast<int>(domains.size()) != geometry.dimension()) {
        throw core::InputError(fmt::format("[sample] domains: one number per direction, that is {}, not {}",
                                           geometry.dimension(), domains.size()));
    }
    Placement placement{
        .groups = 1, .grid = {.granularity = granularity}, .replicas = replicas, .ghosts = rules.ghosts};
    for (int d = 0; d < geometry.dimension(); ++d) {
        const std::int64_t cuts = domains[static_cast<std::size_t>(d)];
        const std::int64_t granules = (geometry.extents()[d] + granularity[d] - 1) / granularity[d];
        if (cuts < 1 || cuts > ranks || cuts > granules) {
            throw core::InputError(fmt::format("[sample] domains: {} domains do not fit a side of {} sites on {} "
                                               "ranks{}",
                                               cuts, geometry.extents()[d], ranks, cut_text(geometry, granularity)));
        }
        placement.grid.ranks[d] = static_cast<int>(cuts);
    }
    placement.groups = ranks / placement.ranks_per_group();
    if (placement.groups * placement.ranks_per_group() != ranks || placement.groups > replicas) {
        throw core::InputError(
            fmt::format("[sample] domains: {} ranks cannot be shared among {} replicas of {} domains each", ranks,
                        replicas, placement.ranks_per_group()));
    }
    return placement;
}

} // namespace

std::string Placement::text(int dimension) const {
    std::string domains = fmt::format("{}", grid.ranks[0]);
    for (int d = 1; d < dimension; ++d) domains += fmt::format(" x {}", grid.ranks[d]);
    return fmt::format("{} replica{} on {} group{} of {} rank{}, {} domain{} each", replicas, replicas == 1 ? "" : "s",
                       groups, groups == 1 ? "" : "s", ranks_per_group(), ranks_per_group() == 1 ? "" : "s", domains,
                       ranks_per_group() == 1 ? "" : "s");
}

Placement place(const lattice::Geometry& geometry, std::int64_t replicas, int ranks,
                const std::vector<std::int64_t>& domains, const DomainRules& rules) {
    if (!domains.empty()) return given(geometry, replicas, ranks, domains, rules);
    std::optional<Placement> best;
    double lowest = std::numeric_limits<double>::infinity();
    for (int groups = static_cast<int>(std::min<std::int64_t>(ranks, replicas)); groups >= 1; --groups) {
        if (ranks % groups != 0) continue;
        const auto grid = grid_if_possible(geometry, ranks / groups, rules);
        if (!grid) continue;
        const Placement candidate{.groups = groups, .grid = *grid, .replicas = replicas, .ghosts = rules.ghosts};
        if (const double time = cost(geometry, candidate); time < lowest) {
            lowest = time;
            best = candidate;
        }
    }
    if (best) return *best;
    throw core::InputError(fmt::format(
        "{} ranks are too many for {} replica{} of a lattice of {} sites{}", ranks, replicas, replicas == 1 ? "" : "s",
        lattice::to_text(geometry.extents(), geometry.dimension()), cut_text(geometry, rules.granularity)));
}

namespace {

/// Of domains that suit all updates of a task.
DomainRules domain_rules(const Task& task) {
    DomainRules rules;
    if (const auto strips = strip_plan(task)) {
        rules.granularity = strips->granularity();
    } else if (has_checkerboard_update(task)) {
        rules = checkerboard_domains(task.geometry);
    }
    rules.ghosts = task.ghosts();
    return rules;
}

} // namespace

Placement place(const Task& task, int ranks) {
    // Where overlaps are measured, every group has a share of the pairs.
    const std::int64_t shared = measures_overlaps(task) ? pairs(task) : task.replicas();
    Placement placement = place(task.geometry, shared, ranks, task.parameters.domains, domain_rules(task));
    placement.replicas = task.replicas();
    return placement;
}

} // namespace blockspin::sampling
