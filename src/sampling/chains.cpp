#include <blockspin/sampling/chains.hpp>

#include <blockspin/mpi/agreement.hpp>
#include <blockspin/process/run.hpp>

namespace blockspin::sampling {

static_assert(process::Process<Chains>);

namespace {

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
      updates_(updates(task, replicas_)), measurements_(measurements(task)), cluster_sums_(cluster_sums(task)),
      series_(comm, folder, "series", quantities(task)), configurations_(comm, folder) {}

void Chains::step() {
    sweep(updates_, replicas_, static_cast<std::int64_t>(steps_done_), timers_);
    const std::int64_t before = task_.measurements(static_cast<std::int64_t>(steps_done_));
    const std::int64_t now = task_.measurements(static_cast<std::int64_t>(++steps_done_));
    if (now == before) return;
    {
        const auto timing = timers_.time("halo exchange", process::Activity::communicate);
        prepare(replicas_, measurements_);
    }
    const auto timing = timers_.time("measurement");
    const std::span<std::int64_t> sums = series_.append(replicas_);
    measure(replicas_, measurements_, sums);
    if (cluster_sums_) cluster_sums_->measure(*clusters(updates_), replicas_, sums.last(2 * replicas_.count()));
    if (task_.stored_configurations(now) > task_.stored_configurations(before)) configurations_.record(replicas_);
}

void Chains::seal() {
    series_.seal(replicas_);
    configurations_.seal(replicas_);
    if (done()) analysis_ = analyse_all();
}

void Chains::save(io::Writer& writer) const {
    writer.value("steps_done", steps_done_);
    replicas_.save(writer);
    writer.object("series", series_.segments());
    writer.object("configurations", configurations_.segments());
}

void Chains::load(const io::Reader& reader) {
    steps_done_ = reader.value<std::uint64_t>("steps_done");
    if (steps_done_ > steps_total()) reader.refuse("steps_done", "lies beyond the end of the run");
    replicas_.load(reader);
    reader.object("series", series_.segments());
    reader.object("configurations", configurations_.segments());
    const std::int64_t measured = task_.measurements(static_cast<std::int64_t>(steps_done_));
    if (series_.segments().rows() != static_cast<std::uint64_t>(measured)) {
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
        return analyse(task_, measured);
    });
    return broadcast(comm_, of_root);
}

void Chains::publish(io::Writer& writer) const {
    series_.publish(writer);
    configurations_.publish(writer, task_.spins);
    std::vector<std::int64_t> point, chain;
    for (std::int64_t r = 0; r < task_.replicas(); ++r) {
        point.push_back(r / task_.parameters.chains);
        chain.push_back(r % task_.parameters.chains);
    }
    writer.array("point", point);
    writer.array("chain", chain);
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
    configurations_.segments().clear();
}

double Chains::updates_per_step() const noexcept {
    return static_cast<double>(task_.geometry.sites()) * static_cast<double>(task_.replicas()) *
           static_cast<double>(updates_.size());
}

} // namespace blockspin::sampling
