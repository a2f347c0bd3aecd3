#include <blockspin/sampling/strip_update.hpp>

#include "strip_kernel.hpp"

#include <blockspin/core/check.hpp>
#include <blockspin/rng/address.hpp>
#include <blockspin/rng/fill.hpp>
#include <blockspin/sampling/task.hpp>

#include <algorithm>
#include <map>
#include <numeric>

namespace blockspin::sampling {

namespace {

/// Most colours: each has `draws_per_colour` of the 2^16 draws of an address.
constexpr int draws_per_colour = 128, most_colours = 512;
static_assert(StripRule::bits_of_round * StripRule::rounds <= draws_per_colour);
/// Words of a run that a thread takes at once.
constexpr std::int32_t words_at_once = 64;

/// The operators as they are around sites of one kind.
struct Surroundings {
    struct Counted {
        std::size_t op;
        std::size_t products;
        std::size_t spins; ///< other spins of each product

        /// The sum of the products, `odd` of which have an odd number of spins that are up.
        double sum(std::size_t odd) const {
            const double sum = 2.0 * static_cast<double>(odd) - static_cast<double>(products);
            return spins % 2 == 1 ? sum : -sum;
        }
    };
    std::vector<Counted> counted{};      ///< those in which there are other spins
    std::vector<std::size_t> constant{}; ///< those in which there are none

    std::size_t cases() const {
        std::size_t cases = 1;
        for (const Counted& each : counted) cases = std::min(cases * (each.products + 1), StripRule::most_cases + 1);
        return cases;
    }
    std::size_t counts() const {
        std::size_t counts = 0;
        for (const Counted& each : counted) counts += each.products + 1;
        return counts;
    }
};

Surroundings surroundings(const LocalProducts& local) {
    Surroundings all;
    for (std::size_t op = 0; op < local.of_operator.size(); ++op) {
        const auto& products = local.of_operator[op];
        if (products.empty()) continue;
        if (products.front().empty())
            all.constant.push_back(op);
        else
            all.counted.push_back({.op = op, .products = products.size(), .spins = products.front().size()});
    }
    return all;
}

bool fits(const Surroundings& here) {
    return !here.counted.empty() && here.cases() <= StripRule::most_cases && here.counts() <= StripRule::most_counts;
}

StripStencil stencil(const LocalProducts& local, const StripLayout& layout, int colour) {
    const lattice::Coordinates residues = layout.plan().residues(colour);
    StripStencil stencil;
    for (const Surroundings::Counted& each : surroundings(local).counted) {
        stencil.operators.push_back({.products = each.products, .spins = each.spins});
        for (const LocalProducts::Product& product : local.of_operator[each.op]) {
            core::ensure(product.size() == each.spins, "products of an operator have equally many spins");
            for (const auto& offset : product) stencil.distances.push_back(layout.distance(residues, offset));
        }
    }
    return stencil;
}

StripRule rule(const Surroundings& here, const std::vector<double>& couplings, Dynamics dynamics) {
    std::array<std::vector<std::uint64_t>, 2> up; // from down, from up
    for (std::size_t number = 0; number < here.cases(); ++number) {
        double field = 0.0;
        for (const std::size_t op : here.constant) field += couplings[op];
        std::size_t rest = number;
        for (auto each = here.counted.rbegin(); each != here.counted.rend(); ++each) {
            field += couplings[each->op] * each->sum(rest % (each->products + 1));
            rest /= each->products + 1;
        }
        for (const std::size_t is_up : {0, 1}) up[is_up].push_back(threshold_up(dynamics, field, is_up == 1));
    }
    return {up[0], up[1]};
}

std::vector<int> all_colours(const StripPlan& plan) {
    std::vector<int> colours(static_cast<std::size_t>(plan.colours()));
    std::iota(colours.begin(), colours.end(), 0);
    return colours;
}

} // namespace

std::optional<StripPlan> strip_plan(const Task& task) {
    if (!task.spins.is_ising() || task.disorder) return std::nullopt;
    const auto is_of_single_spins = [](const std::string& name) { return name == "metropolis" || name == "heat-bath"; };
    if (std::ranges::none_of(task.parameters.update, is_of_single_spins)) return std::nullopt;
    // Triangular lattices are not bipartite, so that no other update holds their spins as bits.
    if (!needs_stencil(task) && task.geometry.lattice() != lattice::Lattice::triangular) return std::nullopt;
    const StencilModel model(task.geometry, task.operators());
    for (int kind = 0; kind < task.geometry.sublattices(); ++kind) {
        if (!fits(surroundings(model.around(kind)))) return std::nullopt;
    }
    const std::optional<StripPlan> plan = strip_plan(task.geometry, model.reach());
    return plan && plan->colours() <= most_colours && is_worthwhile(*plan) ? plan : std::nullopt;
}

StripUpdate::StripUpdate(const Replicas& replicas, const model::OperatorBasis& basis,
                         const std::vector<std::vector<double>>& couplings, const StripPlan& plan, Dynamics dynamics,
                         const rng::Key& key)
    : key_(key), dynamics_(dynamics), layout_(replicas.decomposition(), plan) {
    const lattice::Geometry& geometry = replicas.geometry();
    const StencilModel model(geometry, basis);
    core::ensure(plan.colours() <= most_colours, "colours have addresses");
    for (int colour = 0; colour < plan.colours(); ++colour) {
        kinds_.push_back(geometry.sublattice(plan.residues(colour)));
        stencils_.push_back(stencil(model.around(kinds_.back()), layout_, colour));
    }
    std::map<std::vector<double>, std::size_t> numbers;
    for (const std::vector<double>& here : couplings) {
        which_.push_back(numbers.try_emplace(here, numbers.size()).first->second);
    }
    for (int kind = 0; kind < geometry.sublattices(); ++kind) {
        const Surroundings here = surroundings(model.around(kind));
        core::ensure(fits(here), "a spin has few enough surroundings");
        std::vector<const std::vector<double>*> distinct(numbers.size());
        for (const auto& [values, number] : numbers) distinct[number] = &values;
        std::vector<StripRule>& rules = rules_.emplace_back();
        for (const auto* const values : distinct) rules.push_back(rule(here, *values, dynamics));
    }
}

StripUpdate::StripUpdate(StripUpdate&&) noexcept = default;
StripUpdate::~StripUpdate() = default;

void StripUpdate::wrap(Replicas& replicas, std::span<const int> colours) {
    const std::size_t words = replicas.strips().size() * replicas.strips().front().layout().size();
#pragma omp parallel for schedule(static) if (replicas.count() > 1 && words > 1 << 15)
    for (StripSpins& spins : replicas.strips()) {
        for (const int colour : colours) spins.wrap_columns(colour);
    }
}

/// All ghosts of these colours.
void StripUpdate::refresh(Replicas& replicas, std::span<const int> colours) {
    if (replicas.strips().front().layout().is_cut()) {
        replicas.strip_halo().begin(replicas.strips(), colours);
        replicas.strip_halo().end(replicas.strips(), colours);
    } else {
        for (StripSpins& spins : replicas.strips()) {
            for (const int colour : colours) spins.wrap_ends(colour);
        }
    }
    wrap(replicas, colours);
}

void StripUpdate::sweep(Replicas& replicas, std::int64_t step, process::Timers& timers) {
    {
        const auto timing = timers.time("packing");
        if (replicas.hold_as(layout_)) refresh(replicas, all_colours(layout_.plan()));
    }
    constexpr const char* name = "stencil update";
    const std::int32_t words = layout_.words();
    // The words whose neighbours are ghosts of other ranks, or have such ghosts as neighbours, come in pairs.
    const std::int32_t edge = std::min(words, 2), inner = std::max(edge, (words - 1) / 2 * 2);
    for (const int colour : all_colours(layout_.plan())) {
        const std::array<int, 1> one{colour};
        if (!layout_.is_cut()) {
            const auto timing = timers.time(name);
            update(replicas, colour, step, std::array{Stretch{0, words}});
            refresh(replicas, one);
            continue;
        }
        {
            const auto timing = timers.time(name);
            update(replicas, colour, step, std::array{Stretch{0, edge}, Stretch{inner, words}});
        }
        {
            const auto timing = timers.time("halo exchange", process::Activity::communicate);
            replicas.strip_halo().begin(replicas.strips(), one);
        }
        {
            const auto timing = timers.time(name);
            update(replicas, colour, step, std::array{Stretch{edge, inner}});
        }
        {
            const auto timing = timers.time("halo exchange", process::Activity::communicate);
            replicas.strip_halo().end(replicas.strips(), one);
        }
        const auto timing = timers.time(name);
        wrap(replicas, one);
    }
}

void StripUpdate::update(Replicas& replicas, int colour, std::int64_t step, std::span<const Stretch> stretches) const {
    struct Piece {
        StripWords words;
        std::size_t replica;
    };
    const StripPlan& plan = layout_.plan();
    const lattice::Coordinates residues = plan.residues(colour);
    const std::int64_t pairs = (plan.length[plan.along] / plan.period[plan.along] + 1) / 2; // of words in a whole run
    std::vector<Piece> pieces;
    std::int64_t spins = 0;
    for (std::size_t i = 0; i < replicas.strips().size(); ++i) {
        for_each_column(plan, layout_.columns(), residues, [&](const lattice::Coordinates& column) {
            Word* const run = replicas.strips()[i].words() + layout_.run(column, residues[plan.along]);
            const std::int64_t number =
                column[0] + std::int64_t{plan.length[0]} * (column[1] + std::int64_t{plan.length[1]} * column[2]);
            const std::int64_t place = number * pairs + layout_.first_word() / 2;
            for (const auto& [begin, end] : stretches) {
                spins += 64 * (end - begin);
                for (std::int32_t first = begin; first < end; first += words_at_once) {
                    pieces.push_back({{.run = run,
                                       .first = first,
                                       .last = std::min(end, first + words_at_once),
                                       .in_use = ~Word{0} >> (64 - plan.lanes()),
                                       .place = static_cast<std::uint64_t>(place)},
                                      i});
                }
            }
        });
    }
    const int kind = kinds_[static_cast<std::size_t>(colour)];
#pragma omp parallel for schedule(static) if (spins > 1 << 15)
    for (const Piece& piece : pieces) {
        const auto i = static_cast<std::int64_t>(piece.replica);
        const rng::Block counter =
            rng::pack({.purpose = dynamics_ == Dynamics::heat_bath ? rng::Purpose::heat_bath : rng::Purpose::metropolis,
                       .chain = static_cast<std::int32_t>(replicas.first() + i),
                       .step = step,
                       .draw = draws_per_colour * colour});
        const PackedRandom random{.key = key_.ars(),
                                  .low = counter[0] | std::uint64_t{counter[1]} << 32,
                                  .high = counter[2] | std::uint64_t{counter[3]} << 32,
                                  .wide_aes = rng::has_wide_aes()};
        const std::size_t which = which_[static_cast<std::size_t>(replicas.slot(i))];
        update_strips(piece.words, stencils_[static_cast<std::size_t>(colour)],
                      rules_[static_cast<std::size_t>(kind)][which], random);
    }
}

} // namespace blockspin::sampling
