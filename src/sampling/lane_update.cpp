#include <blockspin/sampling/lane_update.hpp>

#include "lane_kernel.hpp"

#include <blockspin/core/check.hpp>
#include <blockspin/rng/address.hpp>
#include <blockspin/rng/fill.hpp>

#include <algorithm>

namespace blockspin::sampling {

namespace {

/// From so many replicas on a block of lanes, most of them unused, is faster than bytes.
constexpr std::int64_t fewest_replicas = 16;
/// Larger lattices would not fit positions of 32 bits.
constexpr std::int64_t most_sites = std::int64_t{1} << 26;
/// Sites that a thread takes at once, a multiple of LaneSites::together.
constexpr std::size_t sites_at_once = 1024;

/// Where the replicas of a block are in the group.
struct Block {
    std::size_t begin, end; ///< lanes
    std::span<const std::int64_t> slots;
};

/// Sets the bits of lanes for which `is_set(rule)`.
template <class IsSet> Lanes lanes_where(const Block& block, const std::vector<SpinRule>& rules, IsSet&& is_set) {
    Lanes lanes;
    for (std::size_t lane = block.begin; lane < block.end; ++lane) {
        const auto slot = static_cast<std::size_t>(block.slots[lane - block.begin]);
        if (is_set(rules[slot])) lanes.set(static_cast<std::int64_t>(lane));
    }
    return lanes;
}

LaneRule lane_rule(const Block& block, const std::vector<SpinRule>& rules) {
    const std::size_t neighbours = rules.front().cases.size() / 2;
    const auto any_field = [](const SpinRule& rule) { return rule.couplings.field != 0.0; };
    LaneRule all{.has_field = std::ranges::any_of(rules, any_field), .is_metropolis = rules.front().is_metropolis};
    all.cases = all.has_field ? neighbours + 1 : (neighbours + 1) / 2;
    all.in_use = lanes_where(block, rules, [](const SpinRule&) { return true; });
    all.is_negative = lanes_where(block, rules, [](const SpinRule& rule) { return rule.couplings.coupling < 0.0; });
    all.bits.resize(64 * all.cases);
    for (std::size_t c = 0; c < all.cases; ++c) {
        const std::size_t up = 2 * c; // position of the case of c up neighbours
        if (all.has_field) {
            all.favours_up.push_back(
                lanes_where(block, rules, [&](const SpinRule& rule) { return rule.cases[up].favours_up; }));
            all.is_tie.push_back(
                lanes_where(block, rules, [&](const SpinRule& rule) { return rule.cases[up].is_tie; }));
        }
        for (std::size_t half = 0; half < 2; ++half) {
            std::array<std::uint64_t, 64> square{};
            for (std::size_t lane = std::max(block.begin, 64 * half); lane < std::min(block.end, 64 * half + 64);
                 ++lane) {
                const auto slot = static_cast<std::size_t>(block.slots[lane - block.begin]);
                square[lane % 64] = rules[slot].cases[up].reluctance;
            }
            transpose(square);
            for (std::size_t bit = 0; bit < 64; ++bit) all.bits[bit * all.cases + c].words[half] = square[63 - bit];
        }
    }
    return all;
}

} // namespace

bool uses_lanes(const Task& task) {
    return task.disorder && task.disorder->is_plus_minus() && task.replicas() >= fewest_replicas &&
           task.geometry.sites() <= most_sites;
}

LaneUpdate::LaneUpdate(const Replicas& replicas, std::shared_ptr<const RandomBonds> bonds,
                       const std::vector<NearestNeighbourCouplings>& couplings, Dynamics dynamics, const rng::Key& key)
    : key_(key), dynamics_(dynamics), bonds_(std::move(bonds)) {
    core::ensure(bonds_->lanes() != nullptr, "bonds are held for lanes");
    const LaneOrder& order = bonds_->lanes()->order();
    rules_.resize(static_cast<std::size_t>(replicas.geometry().coordination()) + 1);
    for (int colour = 0; colour < order.colours(); ++colour) {
        for (const LaneSites& list : order.of_colour(colour)) {
            const std::size_t neighbours = list.offsets.size();
            if (!rules_[neighbours].empty()) continue;
            MakeRule& make = dynamics == Dynamics::metropolis ? metropolis_rule : heat_bath_rule;
            for (const auto& here : couplings) rules_[neighbours].push_back(make(here, static_cast<int>(neighbours)));
        }
    }
}

LaneUpdate::LaneUpdate(LaneUpdate&&) noexcept = default;
LaneUpdate::~LaneUpdate() = default;

std::size_t LaneUpdate::memory() const noexcept { return bonds_->memory(); }

/// Makes the rules of blocks whose replicas have other couplings than before.
void LaneUpdate::follow(const Replicas& replicas, const LaneSpins& spins) {
    std::vector<std::int64_t> slots;
    for (std::int64_t i = 0; i < replicas.count(); ++i) slots.push_back(replicas.slot(i));
    const bool is_first = rules_of_lanes_.empty();
    rules_of_lanes_.resize(spins.blocks().size());
#pragma omp parallel for schedule(static) if (rules_of_lanes_.size() > 1)
    for (std::size_t b = 0; b < rules_of_lanes_.size(); ++b) {
        const auto first = static_cast<std::size_t>(spins.begin(b) - spins.shift(b));
        const auto count = static_cast<std::size_t>(spins.end(b) - spins.begin(b));
        const Block block{.begin = static_cast<std::size_t>(spins.begin(b)),
                          .end = static_cast<std::size_t>(spins.end(b)),
                          .slots = std::span(slots).subspan(first, count)};
        if (!is_first && std::ranges::equal(block.slots, std::span(slots_).subspan(first, count))) continue;
        std::vector<LaneRule>& rules = rules_of_lanes_[b];
        rules.assign(rules_.size(), {});
        for (std::size_t z = 0; z < rules_.size(); ++z) {
            if (!rules_[z].empty()) rules[z] = lane_rule(block, rules_[z]);
        }
    }
    slots_ = std::move(slots);
}

void LaneUpdate::sweep(Replicas& replicas, std::int64_t step, process::Timers& timers) {
    {
        const auto timing = timers.time("packing");
        replicas.hold_as(Representation::lanes);
        follow(replicas, replicas.lanes());
    }
    for (int colour = 0; colour < bonds_->lanes()->order().colours(); ++colour) {
        {
            const auto timing = timers.time("halo exchange", process::Activity::communicate);
            replicas.exchange_lanes();
        }
        const auto timing = timers.time("random-bond update");
        update(replicas.lanes(), colour, step);
    }
}

void LaneUpdate::update(LaneSpins& spins, int colour, std::int64_t step) const {
    struct Piece {
        std::size_t block, list, first;
    };
    std::vector<Piece> pieces;
    const auto lists = bonds_->lanes()->order().of_colour(colour);
    for (std::size_t block = 0; block < spins.blocks().size(); ++block) {
        for (std::size_t list = 0; list < lists.size(); ++list) {
            for (std::size_t first = 0; first < lists[list].count; first += sites_at_once) {
                pieces.push_back({block, list, first});
            }
        }
    }
    const std::int64_t sites = std::ssize(spins.blocks()) * std::ssize(spins.blocks().front().values());
#pragma omp parallel for schedule(static) if (pieces.size() > 1 && sites > 512)
    for (const Piece& piece : pieces) {
        const LaneSites& list = lists[piece.list];
        const std::int64_t block = spins.first_block() + static_cast<std::int64_t>(piece.block);
        const rng::Block counter = rng::pack(
            {.purpose = dynamics_ == Dynamics::heat_bath ? rng::Purpose::lane_heat_bath : rng::Purpose::lane_metropolis,
             .chain = static_cast<std::int32_t>(block),
             .step = step,
             .draw = 64 * colour});
        const LaneRandom random{.key = key_.ars(),
                                .low = counter[0] | std::uint64_t{counter[1]} << 32,
                                .high = counter[2] | std::uint64_t{counter[3]} << 32,
                                .wide_aes = rng::has_wide_aes()};
        update_lanes(list, piece.first, std::min(list.count, piece.first + sites_at_once),
                     bonds_->lanes()->negative(piece.block, colour, piece.list),
                     spins.blocks()[piece.block].values().data(), rules_of_lanes_[piece.block][list.offsets.size()],
                     random);
    }
}

} // namespace blockspin::sampling
