#include <blockspin/sampling/chains.hpp>

#include "analysis_parts.hpp"

#include <blockspin/mpi/agreement.hpp>
#include <blockspin/process/run.hpp>

#include <numeric>

namespace blockspin::sampling {

static_assert(process::Process<Chains>);

namespace {

std::optional<Tempering> tempering(const Task& task, const std::shared_ptr<const RandomBonds>& bonds) {
    if (!task.parameters.tempering) return std::nullopt;
    check_tempering(task);
    return std::optional<Tempering>(std::in_place, task, bonds);
}

std::optional<ClusterSums> cluster_sums(const Task& task) {
    if (!task.parameters.measures("clusters")) return std::nullopt;
    return ClusterSums(task.geometry);
}

} // namespace

Chains::Chains(const mpi::Communicator& comm, const Task& task, const Placement& placement,
               const std::filesystem::path& folder, process::Timers& timers)
    : comm_(comm), task_(task), timers_(timers),
      replicas_(comm, task.geometry, placement, rng::Key(task.seed),
                task.parameters.start == "hot" ? Start::hot : Start::cold, task.spins),
      bonds_(random_bonds(replicas_, task)), updates_(updates(task, replicas_, bonds_)),
      measurements_(measurements(task, bonds_)), tempering_(tempering(task, bonds_)), cluster_sums_(cluster_sums(task)),
      series_(comm, folder, "series", quantities(task)), configurations_(comm, folder) {
    if (measures_overlaps(task)) overlaps_.emplace(comm, task, replicas_, folder);
}

void Chains::step() {
    sweep(updates_, replicas_, static_cast<std::int64_t>(steps_done_), timers_);
    if (tempering_) {
        const auto timing = timers_.time("tempering");
        tempering_->after_sweep(comm_, static_cast<std::int64_t>(steps_done_) + 1, replicas_);
        if (tempering_->has_moved()) follow_points();
    }
    const std::int64_t before = task_.measurements(static_cast<std::int64_t>(steps_done_));
    const std::int64_t now = task_.measurements(static_cast<std::int64_t>(++steps_done_));
    if (now == before) return;
    {
        const auto timing = timers_.time("halo exchange", process::Activity::communicate);
        prepare(replicas_, measurements_);
    }
    const auto timing = timers_.time("measurement");
    measure_overlaps();
    const std::span<std::int64_t> sums = series_.append(replicas_);
    measure(replicas_, measurements_, sums);
    if (cluster_sums_) cluster_sums_->measure(*clusters(updates_), replicas_, sums.last(2 * replicas_.count()));
    if (task_.stored_configurations(now) > task_.stored_configurations(before)) configurations_.record(replicas_);
}

void Chains::measure_overlaps() {
    if (!overlaps_) return;
    std::vector<std::int64_t> slots(static_cast<std::size_t>(task_.replicas()));
    std::iota(slots.begin(), slots.end(), std::int64_t{0});
    for (std::int64_t& slot : slots) slot = tempering_ ? tempering_->slot(slot) : slot;
    overlaps_->measure(replicas_, slots);
}

/// Takes over points that tempering has moved.
void Chains::follow_points() {
    task_.points = tempering_->points();
    updates_ = updates(task_, replicas_, bonds_);
}

void Chains::seal() {
    series_.seal(replicas_);
    if (overlaps_) overlaps_->seal();
    configurations_.seal(replicas_);
    if (done()) analysis_ = analyse_all();
}

void Chains::save(io::Writer& writer) const {
    writer.value("steps_done", steps_done_);
    replicas_.save(writer);
    if (tempering_) writer.object("tempering", *tempering_);
    if (overlaps_) writer.object("overlaps", overlaps_->series().segments());
    writer.object("series", series_.segments());
    writer.object("configurations", configurations_.segments());
}

void Chains::load(const io::Reader& reader) {
    steps_done_ = reader.value<std::uint64_t>("steps_done");
    if (steps_done_ > steps_total()) reader.refuse("steps_done", "lies beyond the end of the run");
    replicas_.load(reader);
    if (tempering_) {
        reader.object("tempering", *tempering_);
        tempering_->assign(replicas_);
        follow_points();
    }
    if (overlaps_) reader.object("overlaps", overlaps_->series().segments());
    reader.object("series", series_.segments());
    reader.object("configurations", configurations_.segments());
    const std::int64_t measured = task_.measurements(static_cast<std::int64_t>(steps_done_));
    const bool has_overlaps =
        !overlaps_ || overlaps_->series().segments().rows() == static_cast<std::uint64_t>(measured);
    if (series_.segments().rows() != static_cast<std::uint64_t>(measured) || !has_overlaps) {
        reader.refuse("series", "does not hold as many measurements as were made");
    }
    if (configurations_.segments().rows() != static_cast<std::uint64_t>(task_.stored_configurations(measured))) {
        reader.refuse("configurations", "does not hold as many configurations as were stored");
    }
}

Analysis Chains::analyse_all() const {
    const Analysis of_root = mpi::collectively(comm_, [&]() -> Analysis {
        if (!comm_.is_root()) return {};
        Measured measured(task_.replicas());
        series_.read_into(measured);
        Analysis analysis = analyse(task_, by_points(task_, std::move(measured)));
        if (overlaps_) add_overlaps(task_, measured_overlaps(), analysis);
        if (tempering_) tempering_->report(analysis);
        return analysis;
    });
    return broadcast(comm_, of_root);
}

Measured Chains::measured_overlaps() const {
    Measured measured(pairs(task_));
    overlaps_->series().read_into(measured);
    return measured;
}

void Chains::publish(io::Writer& writer) const {
    series_.publish(writer);
    if (overlaps_) overlaps_->series().publish(writer);
    configurations_.publish(writer, task_.spins);
    std::vector<std::int64_t> point, sample, chain;
    for (std::int64_t r = 0; r < task_.replicas(); ++r) {
        point.push_back(task_.point_of(r));
        sample.push_back(task_.sample_of(r));
        chain.push_back(task_.chain_of(r));
    }
    writer.array("point", point);
    if (task_.disorder) writer.array("sample", sample);
    writer.array("chain", chain);
    if (tempering_) {
        std::vector<double> couplings;
        for (const model::Point& each : task_.points) couplings.push_back(each.coupling(varied_coupling(task_.points)));
        writer.array("tempering_coupling", couplings);
        writer.attribute("tempering_coupling", "meaning", "coupling of each point, as it was after the adaptation");
        writer.attribute("point", "meaning", "of each replica at the start; later, see at_point");
    }
    sampling::save(analysis_.tables, writer);
    const ExactCurve curve = exact_curve(task_);
    if (curve.coupling.empty()) return;
    io::Writer exact = writer.group("exact_curve");
    exact.array("coupling", curve.coupling);
    exact.array("energy", curve.energy);
    exact.array("specific_heat", curve.specific_heat);
}

void Chains::clear() {
    series_.segments().clear();
    if (overlaps_) overlaps_->series().segments().clear();
    configurations_.segments().clear();
}

double Chains::updates_per_step() const noexcept {
    return static_cast<double>(task_.geometry.sites()) * static_cast<double>(task_.replicas()) *
           static_cast<double>(updates_.size());
}

} // namespace blockspin::sampling
