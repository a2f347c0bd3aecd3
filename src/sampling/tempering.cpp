#include <blockspin/sampling/tempering.hpp>

#include "analysis_parts.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/io/checkpointable.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/sampling/operator_sums.hpp>
#include <blockspin/sampling/random_bonds.hpp>
#include <blockspin/tempering/ladder.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace blockspin::sampling {

static_assert(io::Checkpointable<Tempering>);

namespace {

/// What the couplings of a task multiply: Σ s s or Σ J s s, and Σ s; or the sums of all operators. Of Potts spins the
/// numbers of sites in all states, of which the field multiplies the first.
std::vector<Measurement> conjugates(const Task& task, const std::shared_ptr<const RandomBonds>& bonds) {
    if (task.disorder) return {random_bond_sums(bonds, task.bonds().unit()), spin_sums()};
    if (task.spins.is_potts()) return {like_bonds(), state_counts(task.spins)};
    if (task.spins.is_blume_capel()) return {bond_sums(), spin_sums(), square_sums(), biquadratic_sums()};
    if (task.points.front().is_nearest_neighbour()) return {bond_sums(), spin_sums()};
    return {operator_sums(task.operators())};
}

/// The couplings of a point in the order of conjugates().
std::vector<double> couplings_of(const Task& task, const model::Point& point) {
    if (task.disorder) return {point.coupling("nn") * task.bonds().unit(), point.coupling("field")};
    std::vector<double> couplings;
    if (task.spins.is_potts()) {
        couplings = {point.coupling("nn"), point.coupling("field")};
        couplings.resize(1 + static_cast<std::size_t>(task.spins.states()));
        return couplings;
    }
    if (task.spins.is_blume_capel()) {
        return {point.coupling("nn"), point.coupling("field"), -point.coupling("crystal_field"),
                point.coupling("biquadratic")};
    }
    if (point.is_nearest_neighbour()) return {point.coupling("nn"), point.coupling("field")};
    for (const std::string& name : task.operators().names()) couplings.push_back(point.coupling(name));
    return couplings;
}

std::string pair_text(const model::Point& a, const model::Point& b) { return a.label + " <-> " + b.label; }

} // namespace

std::string varied_coupling(const std::vector<model::Point>& points) {
    std::string varied;
    for (const auto& [name, value] : points.front().couplings) {
        const auto differs = [&, key = name, first = value](const model::Point& p) { return p.coupling(key) != first; };
        if (!std::ranges::any_of(points, differs)) continue;
        if (!varied.empty()) {
            throw core::InputError("[sample.tempering]: the points of [scan] must differ in one coupling only");
        }
        varied = name;
    }
    return varied;
}

void check_tempering(const Task& task) {
    const auto& tempering = task.parameters.tempering;
    if (!tempering) return;
    if (task.points.size() < 2) {
        throw core::InputError("[sample.tempering] exchanges the points of [scan]: give it two or more");
    }
    const std::string varied = varied_coupling(task.points);
    const auto rises = [&](const model::Point& a, const model::Point& b) {
        return a.coupling(varied) < b.coupling(varied);
    };
    const auto falls = [&](const model::Point& a, const model::Point& b) { return rises(b, a); };
    const auto keeps = [&](const auto& order) {
        return std::ranges::adjacent_find(task.points, std::not_fn(order)) == task.points.end();
    };
    if (!keeps(rises) && !keeps(falls)) {
        throw core::InputError("[sample.tempering]: the values of [scan] must all rise or all fall");
    }
    if (task.parameters.configurations > 0) {
        throw core::InputError("[sample.tempering]: configurations of chains that change points are not stored");
    }
    if (tempering->attempts(task.sweeps()) < 1) {
        throw core::InputError("[sample.tempering] every: longer than the whole run");
    }
    if (tempering->adapts() &&
        !tempering->adapts_after(task.parameters.thermalization / 2, task.parameters.thermalization)) {
        throw core::InputError(fmt::format("[sample.tempering] adapt: needs a thermalization of {} sweeps or more",
                                           4 * tempering->fewest_attempts * tempering->every));
    }
}

Tempering::Tempering(const Task& task, const std::shared_ptr<const RandomBonds>& bonds)
    : task_(task), points_(task.points), exchange_(task.samples() * task.parameters.chains,
                                                   static_cast<std::int64_t>(task.points.size()), rng::Key(task.seed)),
      measurements_(conjugates(task, bonds)) {
    for (const model::Point& point : points_) couplings_.push_back(couplings_of(task_, point));
}

void Tempering::after_sweep(const mpi::Communicator& comm, std::int64_t sweeps, Replicas& replicas) {
    const tempering::TemperingParameters& parameters = *task_.parameters.tempering;
    has_moved_ = false;
    if (sweeps % parameters.every == 0) {
        weigh(comm, replicas);
        exchange_.attempt(sweeps / parameters.every,
                          [this](std::int64_t ladder, std::int64_t rung) { return log_ratio(ladder, rung); });
        assign(replicas);
    }
    if (parameters.adapts_after(sweeps, task_.parameters.thermalization)) adapt();
    if (sweeps == task_.parameters.thermalization) exchange_.forget();
}

void Tempering::weigh(const mpi::Communicator& comm, Replicas& replicas) {
    prepare(replicas, measurements_);
    std::size_t width = 0, first = 0;
    for (const Measurement& each : measurements_) width += each.quantity.width;
    const auto all = static_cast<std::size_t>(task_.replicas()), here = static_cast<std::size_t>(replicas.count());
    std::vector<std::int64_t> mine(width * here);
    measure(replicas, measurements_, mine);
    sums_.assign(width * all, 0);
    auto from = mine.begin();
    for (const Measurement& each : measurements_) {
        const std::size_t w = each.quantity.width;
        const auto to = from + static_cast<std::ptrdiff_t>(w * here);
        std::copy(from, to,
                  sums_.begin() + static_cast<std::ptrdiff_t>(first + w * static_cast<std::size_t>(replicas.first())));
        from = to;
        first += w * all;
    }
    if (comm.size() > 1) mpi::all_reduce(comm, std::span(sums_), mpi::Op::sum);
}

double Tempering::log_ratio(std::int64_t ladder, std::int64_t rung) const {
    const std::int64_t chains = task_.parameters.chains;
    const auto replica = [&](std::int64_t at) {
        return static_cast<std::size_t>(task_.replica(exchange_.walker(ladder, at), ladder / chains, ladder % chains));
    };
    const std::size_t a = replica(rung), b = replica(rung + 1), all = static_cast<std::size_t>(task_.replicas());
    const std::vector<double>& low = couplings_[static_cast<std::size_t>(rung)];
    const std::vector<double>& high = couplings_[static_cast<std::size_t>(rung + 1)];
    double sum = 0.0;
    std::size_t first = 0, number = 0;
    for (const Measurement& each : measurements_) {
        const std::size_t width = each.quantity.width;
        for (std::size_t n = 0; n < width; ++n, ++number) {
            const std::int64_t difference = sums_[first + a * width + n] - sums_[first + b * width + n];
            sum += (high[number] - low[number]) * static_cast<double>(difference);
        }
        first += width * all;
    }
    return sum;
}

std::int64_t Tempering::slot(std::int64_t replica) const {
    const std::int64_t sample = task_.sample_of(replica), chain = task_.chain_of(replica);
    const std::int64_t ladder = sample * task_.parameters.chains + chain;
    return task_.replica(exchange_.rung(ladder, task_.point_of(replica)), sample, chain);
}

void Tempering::assign(Replicas& replicas) const {
    std::vector<std::int64_t> slots;
    for (std::int64_t i = 0; i < replicas.count(); ++i) slots.push_back(slot(replicas.first() + i));
    replicas.set_slots(std::move(slots));
}

void Tempering::adapt() {
    const std::string varied = varied_coupling(points_);
    std::vector<double> rungs;
    for (const model::Point& point : points_) rungs.push_back(point.coupling(varied));
    const std::vector<double> moved = tempering::equalised(rungs, exchange_.acceptance());
    for (std::size_t k = 0; k < moved.size(); ++k) {
        points_[k].couplings.set(varied, moved[k]);
        points_[k].label = fmt::format("{} = {}", varied, moved[k]);
        couplings_[k] = couplings_of(task_, points_[k]);
    }
    exchange_.forget();
    has_moved_ = true;
}

void Tempering::report(Analysis& analysis) const {
    for (std::int64_t rung = 0; rung + 1 < exchange_.rungs(); ++rung) {
        const double attempts = static_cast<double>(exchange_.attempts(rung));
        if (attempts == 0) continue;
        const double ladders = static_cast<double>(exchange_.ladders());
        double sum = 0.0, squares = 0.0;
        for (std::int64_t ladder = 0; ladder < exchange_.ladders(); ++ladder) {
            const double share = static_cast<double>(exchange_.accepted(ladder, rung)) / attempts;
            sum += share;
            squares += share * share;
        }
        const double mean = sum / ladders, of_one = mean * (1 - mean) / attempts;
        const double variance = ladders > 1 ? (squares / ladders - mean * mean) / (ladders - 1) : of_one;
        const auto at = static_cast<std::size_t>(rung);
        analysis.rows.push_back({.section = "sample",
                                 .point = pair_text(points_[at], points_[at + 1]),
                                 .quantity = "acceptance of exchanges",
                                 .kind = io::Kind::sampled,
                                 .value = mean,
                                 .error = std::sqrt(std::max(variance, 0.0)),
                                 .note = ladders > 1 ? fmt::format("mean over {} ladders", ladders)
                                                     : "error as if attempts were independent"});
    }
    const tempering::RoundTrips trips = exchange_.round_trips();
    const double every = static_cast<double>(task_.parameters.tempering->every);
    analysis.rows.push_back(
        {.section = "sample",
         .quantity = "round trips",
         .kind = io::Kind::numerical,
         .value = static_cast<double>(trips.count),
         .note = fmt::format("from the first point to the last and back, in {} ladders", exchange_.ladders())});
    if (trips.count > 0) {
        analysis.rows.push_back({.section = "sample",
                                 .quantity = "time of a round trip",
                                 .kind = io::Kind::sampled,
                                 .unit = "sweeps",
                                 .value = every * trips.mean,
                                 .error = every * trips.error,
                                 .n_eff = static_cast<double>(trips.count),
                                 .note = "of those that ended"});
    }
    if (trips.count < 10 * exchange_.ladders()) {
        analysis.warnings.push_back(fmt::format("tempering: {} round trips in {} ladders are few; more points, or more "
                                                "sweeps",
                                                trips.count, exchange_.ladders()));
    }
}

void Tempering::save(io::Writer& writer) const {
    const std::string varied = varied_coupling(points_);
    std::vector<double> rungs;
    for (const model::Point& point : points_) rungs.push_back(point.coupling(varied));
    writer.array("rungs", rungs);
    writer.object("exchange", exchange_);
}

void Tempering::load(const io::Reader& reader) {
    const auto rungs = reader.array<double>("rungs");
    if (rungs.size() != points_.size()) reader.refuse("rungs", "belongs to another scan");
    const std::string varied = varied_coupling(points_);
    for (std::size_t k = 0; k < rungs.size(); ++k) {
        if (points_[k].coupling(varied) == rungs[k]) continue;
        points_[k].couplings.set(varied, rungs[k]);
        points_[k].label = fmt::format("{} = {}", varied, rungs[k]);
        couplings_[k] = couplings_of(task_, points_[k]);
    }
    reader.object("exchange", exchange_);
}

Measurement current_points(const Task& task) {
    const Measurement::Add add = [task](const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                                        std::span<std::int64_t> sums) {
        // Once for each replica: by the part that holds the first site of the lattice.
        if (replicas.decomposition().rank() == 0 && part.offset == lattice::Coordinates{})
            sums[0] += task.point_of(replicas.slot(i));
    };
    return {.quantity = {.name = "at_point", .meaning = "the point whose couplings the replica has"},
            .add = add,
            .add_packed = add,
            .add_strips = add};
}

Measured by_points(const Task& task, Measured measured) {
    if (!task.parameters.tempering) return measured;
    std::vector<std::vector<double>> point;
    for (std::int64_t r = 0; r < task.replicas(); ++r) point.push_back(measured.column("at_point", r));
    measured.reorder([&](std::size_t measurement, std::int64_t replica) {
        const auto at = static_cast<std::int64_t>(point[static_cast<std::size_t>(replica)][measurement]);
        return task.replica(at, task.sample_of(replica), task.chain_of(replica));
    });
    return measured;
}

} // namespace blockspin::sampling
