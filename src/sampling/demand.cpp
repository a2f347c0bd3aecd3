#include <blockspin/sampling/demand.hpp>

#include <blockspin/mpi/collectives.hpp>
#include <blockspin/process/timers.hpp>
#include <blockspin/sampling/measurements.hpp>
#include <blockspin/sampling/random_bonds.hpp>
#include <blockspin/sampling/two_point_sums.hpp>
#include <blockspin/sampling/update.hpp>

#include <algorithm>
#include <chrono>

namespace blockspin::sampling {

namespace {

constexpr double trial_seconds = 0.2;
/// Of a checkpoint: study, provenance and the structure of the file, in bytes.
constexpr double beside_the_spins = 12'400.0;

/// Of the slowest rank, in seconds.
struct TrialTime {
    double sweep, computing; ///< all of a sweep, and that without messages
};

double computing(const process::TimingTable& table) {
    double seconds = 0.0;
    for (const process::TimingRow& row : table.rows) {
        if (row.activity == process::Activity::compute) seconds += row.max;
    }
    return seconds;
}

TrialTime time_per_sweep(const mpi::Communicator& comm, std::vector<Update>& updates, Replicas& replicas) {
    process::Timers timers;
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    std::int64_t sweeps = 0;
    double seconds = 0.0;
    do { // doubled until the trial is long enough on every rank
        for (std::int64_t end = 2 * sweeps + 1; sweeps < end; ++sweeps) sweep(updates, replicas, sweeps, timers);
        seconds = mpi::all_reduce(comm, std::chrono::duration<double>(Clock::now() - start).count(), mpi::Op::max);
    } while (seconds < trial_seconds);
    const auto count = static_cast<double>(sweeps);
    return {.sweep = seconds / count, .computing = computing(timers.table(comm)) / count};
}

/// Of the slowest rank, in seconds, after a first one that makes what all of them use.
double time_per_measurement(const mpi::Communicator& comm, const std::vector<Measurement>& measurements,
                            Replicas& replicas) {
    std::size_t numbers = 0;
    for (const Measurement& each : measurements) numbers += each.quantity.width;
    std::vector<std::int64_t> sums(numbers * static_cast<std::size_t>(replicas.count()));
    double seconds = 0.0;
    for (int attempt = 0; attempt < 2; ++attempt) {
        const auto start = std::chrono::steady_clock::now();
        prepare(replicas, measurements);
        measure(replicas, measurements, sums);
        seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
    return mpi::all_reduce(comm, seconds, mpi::Op::max);
}

/// Most bytes that this rank holds at a time.
double peak_memory(const Task& task, const std::vector<Update>& updates, Replicas& replicas) {
    replicas.hold_as(Representation::bytes);
    const std::size_t bytes = replicas.memory();
    std::size_t held = bytes, peak = bytes;
    if (has_checkerboard_update(task) && checkerboard_representation(task.geometry) == Representation::bits) {
        replicas.hold_as(Representation::bits);
        peak = bytes + replicas.memory(); // when one is made from the other
        if (task.parameters.update.size() == 1) held = replicas.memory();
    }
    if (const auto strips = strip_plan(task)) {
        replicas.hold_as(StripLayout(replicas.decomposition(), *strips));
        peak = bytes + replicas.memory();
    }
    if (uses_lanes(task)) {
        replicas.hold_as(Representation::lanes);
        peak = bytes + replicas.memory();
    }
    const auto sites = static_cast<std::size_t>(replicas.decomposition().local_sites() * replicas.count());
    peak = std::max(peak, held + sites * sizeof(Spin)); // a copy while they are saved
    for (const Update& update : updates) {
        peak += std::visit(
            [](const auto& kind) -> std::size_t {
                if constexpr (requires { kind.memory(); })
                    return kind.memory();
                else
                    return 0;
            },
            update);
    }
    const bool gathers = task.parameters.measures("two-point-function");
    return static_cast<double>(peak) + (gathers ? TwoPointSums(task.geometry).memory(replicas.count()) : 0.0);
}

} // namespace

Demand demand(const mpi::Communicator& comm, const Task& task, const Placement& placement) {
    Replicas replicas(comm, task.geometry, placement, rng::Key(task.seed), Start::hot, task.spins);
    const auto bonds = random_bonds(replicas, task);
    std::vector<Update> updates = sampling::updates(task, replicas, bonds);
    const double all_spins = static_cast<double>(task.geometry.sites()) * static_cast<double>(task.replicas());
    std::size_t numbers = 0;
    for (const Quantity& quantity : quantities(task)) numbers += quantity.width;
    const double series = static_cast<double>(numbers * sizeof(std::int64_t)) *
                          static_cast<double>(task.measurements(task.sweeps()) * task.replicas());
    const double configurations =
        all_spins * (task.spins.is_ising() ? 1.0 / 8.0 : 1.0) * static_cast<double>(task.parameters.configurations);
    const TrialTime time = time_per_sweep(comm, updates, replicas);
    const double measuring = time_per_measurement(comm, measurements(task, bonds), replicas);
    const auto spins = static_cast<double>(replicas.decomposition().local_sites() * replicas.count());
    const double checkpoint = all_spins * sizeof(Spin) + beside_the_spins;
    return {.memory = mpi::all_reduce(comm, peak_memory(task, updates, replicas), mpi::Op::max),
            .checkpoint = checkpoint,
            .disk = 2.0 * checkpoint + series + configurations,
            .seconds = static_cast<double>(task.sweeps()) * time.sweep +
                       static_cast<double>(task.measurements(task.sweeps())) * measuring,
            .computing = time.computing / mpi::all_reduce(comm, spins, mpi::Op::max)};
}

} // namespace blockspin::sampling
