#include <blockspin/sampling/chains.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/process/run.hpp>
#include <blockspin/sampling/analysis.hpp>
#include <blockspin/sampling/measurements.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace blockspin::sampling {

static_assert(process::Process<Chains>);

namespace {

constexpr std::size_t quantities = 2;
constexpr std::array<const char*, quantities> datasets{"bond_sum", "spin_sum"};

Start start(const SampleParameters& parameters) { return parameters.start == "hot" ? Start::hot : Start::cold; }

} // namespace

std::vector<NearestNeighbourCouplings> couplings(const Task& task) {
    std::vector<NearestNeighbourCouplings> all;
    for (const model::Point& point : task.points) {
        for (const auto& [name, value] : point.couplings) {
            if (name == "nn" || name == "field") continue;
            throw core::InputError(
                fmt::format("[model] couplings.{}: [sample] knows the couplings nn and field only", name));
        }
        if (point.couplings.find("nn") == nullptr) {
            throw core::InputError("[model] couplings.nn: give a value here or under [scan]");
        }
        const NearestNeighbourCouplings here{.coupling = point.coupling("nn"), .field = point.coupling("field")};
        all.insert(all.end(), static_cast<std::size_t>(task.parameters.chains), here);
    }
    return all;
}

std::vector<Update> updates(const Task& task, const Replicas& replicas) {
    const rng::Key key(task.seed);
    std::vector<Update> updates;
    for (const std::string& name : task.parameters.update) {
        if (name == "heat-bath")
            updates.emplace_back(HeatBath(task.geometry, couplings(task), key));
        else
            updates.emplace_back(SwendsenWang(replicas, couplings(task), key));
    }
    return updates;
}

void sweep(std::vector<Update>& updates, Replicas& replicas, std::int64_t step, process::Timers& timers) {
    for (Update& update : updates) {
        std::visit([&](auto& kind) { kind.sweep(replicas, step, timers); }, update);
    }
}

void SampleParameters::check(io::Problems& problems) const {
    if (update.empty()) problems.add("update", "names no update");
    for (const std::string& name : update) {
        // A second update of one kind would draw the same random numbers.
        if (std::ranges::count(update, name) > 1) problems.add("update", fmt::format("names '{}' twice", name));
    }
    if (sweeps % measure_every != 0) problems.add("measure_every", "must divide sweeps");
}

Chains::Chains(const mpi::Communicator& comm, const Task& task, const Placement& placement,
               const std::filesystem::path& folder, process::Timers& timers)
    : comm_(comm), task_(task), timers_(timers),
      replicas_(comm, task.geometry, placement, rng::Key(task.seed), start(task.parameters)),
      updates_(updates(task, replicas_)), series_(comm, folder, "sample-series") {}

std::uint64_t Chains::steps_total() const noexcept {
    return static_cast<std::uint64_t>(task_.parameters.thermalization + task_.parameters.sweeps);
}

double Chains::updates_per_sweep() const noexcept {
    return static_cast<double>(task_.geometry.sites()) * static_cast<double>(task_.replicas());
}

void Chains::step() {
    sweep(updates_, replicas_, static_cast<std::int64_t>(steps_done_), timers_);
    ++steps_done_;
    const std::int64_t measured = static_cast<std::int64_t>(steps_done_) - task_.parameters.thermalization;
    if (measured > 0 && measured % task_.parameters.measure_every == 0) measure();
}

void Chains::measure() {
    {
        const auto timing = timers_.time("halo exchange", process::Activity::communicate);
        replicas_.begin_exchange();
        replicas_.end_exchange();
    }
    const auto timing = timers_.time("measurement");
    const std::int64_t count = replicas_.count();
    const std::size_t first = pending_.size();
    pending_.resize(first + quantities * static_cast<std::size_t>(count));
    const auto sums = std::span(pending_).subspan(first);
#pragma omp parallel for schedule(static) if (count > 1)
    for (std::int64_t i = 0; i < count; ++i) {
        sums[static_cast<std::size_t>(i)] = bond_sum(replicas_, i);
        sums[static_cast<std::size_t>(count + i)] = spin_sum(replicas_, i);
    }
}

void Chains::seal() {
    const auto count = static_cast<std::size_t>(replicas_.count());
    const std::uint64_t rows = pending_.size() / (quantities * count);
    if (rows == 0) return;
    mpi::all_reduce(replicas_.group(), std::span(pending_), mpi::Op::sum);
    const std::uint64_t mine = replicas_.group().is_root() ? rows : 0;
    const io::Slab slab{.shape = {rows, static_cast<std::uint64_t>(task_.replicas())},
                        .offset = {0, static_cast<std::uint64_t>(replicas_.first())},
                        .count = {mine, count}};
    series_.append(rows, [&](io::Writer& writer) {
        for (std::size_t q = 0; q < quantities; ++q) {
            std::vector<std::int64_t> series;
            for (std::size_t row = 0; row < mine; ++row) {
                const auto begin = pending_.begin() + static_cast<std::ptrdiff_t>((row * quantities + q) * count);
                series.insert(series.end(), begin, begin + static_cast<std::ptrdiff_t>(count));
            }
            writer.array(datasets[q], slab, std::span<const std::int64_t>(series));
        }
    });
    pending_.clear();
}

void Chains::save(io::Writer& writer) const {
    core::ensure(pending_.empty(), "chains are saved after seal()");
    writer.value("steps_done", steps_done_);
    replicas_.save(writer);
    writer.object("series", series_);
}

void Chains::load(const io::Reader& reader) {
    steps_done_ = reader.value<std::uint64_t>("steps_done");
    replicas_.load(reader);
    reader.object("series", series_);
    const std::int64_t measured = static_cast<std::int64_t>(steps_done_) - task_.parameters.thermalization;
    const auto expected =
        static_cast<std::uint64_t>(std::max<std::int64_t>(0, measured / task_.parameters.measure_every));
    if (steps_done_ > steps_total()) reader.refuse("steps_done", "lies beyond the end of the run");
    if (series_.rows() != expected) reader.refuse("series", "does not hold as many measurements as were made");
    pending_.clear();
}

std::vector<io::Row> Chains::results() const {
    return mpi::collectively(comm_, [&]() -> std::vector<io::Row> {
        if (!comm_.is_root()) return {};
        return analyse(task_, series_.read_all<std::int64_t>("bond_sum"), series_.read_all<std::int64_t>("spin_sum"));
    });
}

void Chains::publish(io::Writer& writer) const {
    for (const char* dataset : datasets) writer.concatenated(dataset, series_.segments(), dataset);
    std::vector<std::int64_t> point, chain;
    for (std::int64_t r = 0; r < task_.replicas(); ++r) {
        point.push_back(r / task_.parameters.chains);
        chain.push_back(r % task_.parameters.chains);
    }
    writer.array("point", point);
    writer.array("chain", chain);
    writer.attribute("bond_sum", "meaning", "sum over bonds of s_i s_j [measurement, replica]");
    writer.attribute("spin_sum", "meaning", "sum over sites of s_i [measurement, replica]");
}

} // namespace blockspin::sampling
