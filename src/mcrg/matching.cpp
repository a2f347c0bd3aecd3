#include <blockspin/mcrg/matching.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/mcrg/operators.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/process/estimate_row.hpp>
#include <blockspin/process/run.hpp>
#include <blockspin/sampling/measurements.hpp>
#include <blockspin/sampling/placement.hpp>
#include <blockspin/stats/jackknife.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace blockspin::mcrg {

static_assert(process::Process<Matching>);

namespace {

/// The keys of [block] that say the same here, for blocking this often.
BlockParameters blocking(const MatchingParameters& parameters, std::int64_t steps) {
    BlockParameters result{.rule = parameters.rule,
                           .p = parameters.p,
                           .ties = parameters.ties,
                           .factor = parameters.factor,
                           .steps = steps};
    result.even = parameters.operators;
    result.odd.emplace();
    return result;
}

std::vector<model::Operator> operators_of(const MatchingTask& task) {
    return operators(blocking(task.parameters, 1), task.geometry.lattice()).all;
}

/// How often the larger lattice can be blocked.
std::int64_t most_steps(const MatchingTask& task) {
    std::int32_t narrowest = task.geometry.extents()[0];
    for (int d = 1; d < task.geometry.dimension(); ++d) {
        narrowest = std::min(narrowest, task.geometry.extents()[d]);
    }
    std::int64_t steps = 0;
    const auto factor = static_cast<std::int32_t>(task.parameters.factor);
    for (; narrowest % factor == 0 && narrowest / factor >= 2; narrowest /= factor) ++steps;
    return steps;
}

std::vector<lattice::Geometry> levels(const MatchingTask& task) {
    return level_geometries(task.geometry, blocking(task.parameters, most_steps(task)));
}

/// The lattices that both are blocked to: at most six sites a side, where they are few enough to be near the fixed
/// point.
std::vector<lattice::Geometry> common_lattices(const MatchingTask& task) {
    constexpr std::int32_t widest = 6;
    std::vector<lattice::Geometry> all = levels(task);
    std::erase_if(all, [](const lattice::Geometry& geometry) { return geometry.extents()[0] > widest; });
    return all;
}

sampling::Task sampling_task(const MatchingTask& task, const lattice::Geometry& geometry, std::uint64_t seed) {
    return {.geometry = geometry,
            .points = {{"", {{"nn", task.coupling}}}},
            .parameters = {.update = {task.parameters.update}, .chains = task.parameters.chains},
            .seed = seed};
}

/// Seed of the second lattice: an independent stream for every seed.
std::uint64_t other_seed(std::uint64_t seed) { return seed ^ 0x9E3779B97F4A7C15; }

double mean(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::vector<lattice::Box> domains(const sampling::Replicas& replicas) {
    std::vector<lattice::Box> boxes;
    for (int rank = 0; rank < replicas.group().size(); ++rank) boxes.push_back(replicas.decomposition().box_of(rank));
    return boxes;
}

} // namespace

void MatchingParameters::check(io::Problems& problems) const {
    check_rule(rule, p, problems);
    if (operators.empty()) problems.add("operators", "names no operator");
}

void check(const MatchingTask& task) {
    operators_of(task);
    sampling::check_updates(sampling_task(task, task.geometry, task.seed));
    for (int d = 0; d < task.geometry.dimension(); ++d) {
        if (!task.geometry.is_periodic(d)) throw core::InputError("[matching] takes periodic boundaries");
    }
    const std::vector<lattice::Geometry> all = levels(task), common = common_lattices(task);
    if (common.empty() || all.size() < common.size() + 2) {
        throw core::InputError(fmt::format("[matching] a lattice of {} sites cannot be blocked to six sites a side or "
                                           "fewer, and so can one that is {} times narrower",
                                           lattice::to_text(task.geometry.extents(), task.geometry.dimension()),
                                           task.parameters.factor));
    }
}

BlockedChains::BlockedChains(const mpi::Communicator& comm, const MatchingTask& task, const lattice::Geometry& geometry,
                             std::int64_t first_level, std::int64_t steps, std::uint64_t seed)
    : comm_(comm), task_(sampling_task(task, geometry, seed)), key_(seed),
      rule_(rules(blocking(task.parameters, steps), geometry).front()),
      replicas_(comm, geometry, sampling::place(task_, comm.size()), key_, sampling::Start::cold),
      updates_(sampling::updates(task_, replicas_)), first_level_(static_cast<std::size_t>(first_level)) {
    const auto geometries = level_geometries(geometry, blocking(task.parameters, steps));
    std::vector<lattice::Box> boxes = domains(replicas_);
    for (std::size_t level = 0; level < static_cast<std::size_t>(steps); ++level) {
        blocks_.emplace_back(replicas_.group(), geometry.dimension(), geometries[level].extents(), boxes,
                             static_cast<int>(task.parameters.factor));
        boxes = blocks_.back().coarse();
    }
    for (std::size_t level = first_level_; level < geometries.size(); ++level) {
        sums_.emplace_back(geometries[level], operators_of(task));
    }
}

void BlockedChains::set_coupling(double coupling) {
    task_.points.front().couplings.set("nn", coupling);
    updates_ = sampling::updates(task_, replicas_);
}

void BlockedChains::sweep(std::int64_t step, process::Timers& timers) {
    sampling::sweep(updates_, replicas_, step, timers);
}

std::vector<std::int64_t> BlockedChains::measure(std::int64_t step) {
    replicas_.hold_as(sampling::Representation::bytes);
    replicas_.begin_exchange();
    replicas_.end_exchange();
    const std::size_t operators = sums_.front().size();
    std::vector<std::int64_t> numbers(static_cast<std::size_t>(task_.replicas()) * width());
    for (std::int64_t i = 0; i < replicas_.count(); ++i) {
        const std::int64_t replica = replicas_.first() + i;
        const std::span of_replica = std::span(numbers).subspan(static_cast<std::size_t>(replica) * width(), width());
        of_replica[0] = sampling::bond_sum(replicas_, i);
        std::vector<std::int8_t> spins(static_cast<std::size_t>(replicas_.decomposition().local_sites()));
        replicas_.copy_spins(i, spins);
        rng::Address address{.chain = static_cast<std::int32_t>(replica), .step = step};
        for (std::size_t level = 1; level <= blocks_.size(); ++level) {
            address.draw = static_cast<std::int32_t>(level);
            spins = std::visit([&](const auto& rule) { return blocks_[level - 1].apply(rule, spins, key_, address); },
                               rule_);
            if (level < first_level_ || spins.empty()) continue; // small lattices are the first rank's
            std::vector<std::uint8_t> bytes(bytes_for(static_cast<std::int64_t>(spins.size())));
            pack(spins, bytes);
            sums_[level - first_level_].evaluate(bundled(bytes, static_cast<std::int64_t>(spins.size())),
                                                 of_replica.subspan(1 + (level - first_level_) * operators, operators));
        }
    }
    mpi::all_reduce(comm_, std::span(numbers), mpi::Op::sum);
    return numbers;
}

namespace {

/// Levels of the larger lattice above its first common one.
std::int64_t first_common(const MatchingTask& task) {
    check(task);
    return static_cast<std::int64_t>(levels(task).size() - common_lattices(task).size());
}

} // namespace

Matching::Matching(const mpi::Communicator& comm, const MatchingTask& task, process::Timers& timers)
    : task_(task), timers_(timers), operators_(operators_of(task)), common_(common_lattices(task)),
      large_(comm, task, task.geometry, first_common(task), most_steps(task), task.seed),
      small_(comm, task, levels(task)[1], first_common(task) - 1, most_steps(task) - 1, other_seed(task.seed)),
      couplings_{task.coupling}, bracket_{-std::numeric_limits<double>::infinity(),
                                          std::numeric_limits<double>::infinity()} {}

std::int64_t Matching::round_begins(std::int64_t round) const noexcept {
    constexpr std::int64_t share = 10, fewest = 16; // of rounds that only search
    const MatchingParameters& p = task_.parameters;
    const std::int64_t searching = p.thermalization + std::min(p.sweeps, std::max(p.sweeps / share, fewest));
    return round < p.rounds ? round * searching : (round - 1) * searching + p.thermalization + p.sweeps;
}

void Matching::step() {
    if (steps_done_ == round_begins(std::ssize(couplings_))) {
        couplings_.push_back(next_coupling());
        series_.clear();
        for (BlockedChains* chains : {&large_, &small_}) chains->set_coupling(couplings_.back());
    }
    for (BlockedChains* chains : {&large_, &small_}) {
        chains->sweep(steps_done_, timers_);
        if (steps_done_ - round_begins(std::ssize(couplings_) - 1) < task_.parameters.thermalization) continue;
        const auto timing = timers_.time("block spins");
        const std::vector<std::int64_t> numbers = chains->measure(steps_done_);
        series_.insert(series_.end(), numbers.begin(), numbers.end());
    }
    ++steps_done_;
}

double Matching::next_coupling() {
    constexpr double significant = 4; // errors
    const Sampled found = sampled(0, 0);
    const stats::Estimate deviation =
        found.derived(task_.parameters.chains, [&](std::span<const double> m) { return found.deviation(m); });
    std::vector<double> means;
    for (const auto& values : found.observables) means.push_back(mean(values));
    const double small = found.small_slope(means), both = found.large_slope(means) - small;
    const double slope = both * small > 0 && std::abs(both) > std::abs(small) ? both : small;
    const double here = couplings_.back(), step = slope == 0 ? 0.0 : -deviation.mean / slope;
    if (std::abs(deviation.mean) > significant * deviation.error) bracket_[step < 0 ? 1 : 0] = here;
    const double next = here + step;
    return next > bracket_[0] && next < bracket_[1] ? next : (bracket_[0] + bracket_[1]) / 2;
}

/// One number of all chains, chain after chain.
std::vector<double> Matching::column(std::size_t lattice, std::size_t number) const {
    const auto chains = static_cast<std::size_t>(task_.parameters.chains);
    const std::size_t width = large_.width(), sweeps = series_.size() / (2 * chains * width);
    std::vector<double> result;
    for (std::size_t chain = 0; chain < chains; ++chain) {
        for (std::size_t sweep = 0; sweep < sweeps; ++sweep) {
            result.push_back(static_cast<double>(series_[((2 * sweep + lattice) * chains + chain) * width + number]));
        }
    }
    return result;
}

Matching::Sampled Matching::sampled(std::size_t level, std::size_t a) const {
    Sampled result{};
    for (const std::size_t lattice : {0, 1}) {
        std::vector<double> sums = column(lattice, 1 + level * operators_.size() + a), energies = column(lattice, 0);
        std::vector<double> products;
        const double centre = mean(sums), energy = mean(energies);
        (lattice == 0 ? result.mean_of_large : result.mean_of_small) = centre;
        for (double& value : energies) value -= energy;
        for (std::size_t i = 0; i < sums.size(); ++i) products.push_back((sums[i] - centre) * energies[i]);
        result.observables.insert(result.observables.end(),
                                  {std::move(sums), std::move(energies), std::move(products)});
    }
    return result;
}

stats::Estimate Matching::Sampled::derived(std::int64_t chains, const stats::Function& function) const {
    std::vector<stats::Record> records;
    for (const auto& values : observables) {
        stats::Record& record = records.emplace_back();
        const std::size_t count = static_cast<std::size_t>(chains), sweeps = values.size() / count;
        for (std::size_t chain = 0; chain < count; ++chain) {
            record.push_back(std::span(values).subspan(chain * sweeps, sweeps));
        }
    }
    return stats::jackknife(records, function);
}

stats::Estimate Matching::estimate(std::size_t level, std::size_t a) const {
    const Sampled found = sampled(level, a);
    return found.derived(task_.parameters.chains, [&](std::span<const double> m) {
        const double slope = found.large_slope(m) - found.small_slope(m);
        if (slope == 0) throw core::InputError("[matching] the means do not depend on the coupling");
        return couplings_.back() - found.deviation(m) / slope;
    });
}

io::Row Matching::row(std::size_t level, std::size_t a) const {
    constexpr double far = 20; // errors
    const stats::Estimate found = estimate(level, a);
    const lattice::Geometry& common = common_[level];
    const bool is_far = !found.too_short() && std::abs(found.mean - couplings_.back()) > far * found.error;
    return process::estimate_row(
        "matching", "",
        fmt::format("K_c by {}, {}", operators_[a].name(), lattice::to_text(common.extents(), common.dimension())),
        found, is_far ? fmt::format("extrapolated from K = {:.5g}: more rounds", couplings_.back()) : "");
}

std::vector<io::Row> Matching::results() const {
    std::vector<io::Row> rows;
    for (std::size_t level = 0; level < common_.size(); ++level) {
        for (std::size_t a = 0; a < operators_.size(); ++a) rows.push_back(row(level, a));
    }
    return rows;
}

void Matching::save(io::Writer& writer) const {
    writer.value("steps_done", steps_done_);
    writer.array("couplings", couplings_);
    writer.array("bracket", bracket_);
    writer.array("series", series_);
    io::Writer large = writer.group("large"), small = writer.group("small");
    large_.save(large);
    small_.save(small);
}

void Matching::load(const io::Reader& reader) {
    steps_done_ = reader.value<std::int64_t>("steps_done");
    if (steps_done_ < 0 || steps_done() > steps_total()) reader.refuse("steps_done", "lies beyond the end of the run");
    couplings_ = reader.array<double>("couplings");
    const std::int64_t rounds = std::ssize(couplings_);
    if (rounds == 0 || rounds > task_.parameters.rounds || steps_done_ < round_begins(rounds - 1) ||
        steps_done_ > round_begins(rounds)) {
        reader.refuse("couplings", "belongs to another number of rounds");
    }
    bracket_ = reader.array<double>("bracket");
    if (bracket_.size() != 2) reader.refuse("bracket", "is not a pair");
    series_ = reader.array<std::int64_t>("series");
    large_.load(reader.group("large"));
    small_.load(reader.group("small"));
    for (BlockedChains* chains : {&large_, &small_}) chains->set_coupling(couplings_.back());
}

void Matching::publish(io::Writer& writer) const {
    writer.array("couplings", couplings_);
    writer.attribute("couplings", "meaning", "coupling at which each round was sampled");
}

} // namespace blockspin::mcrg
