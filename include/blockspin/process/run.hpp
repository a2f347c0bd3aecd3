#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <vector>

#include <blockspin/core/log.hpp>
#include <blockspin/io/checkpoint.hpp>
#include <blockspin/io/results.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/process/monitor.hpp>
#include <blockspin/process/timers.hpp>

namespace blockspin::process {

/// Anything long that advances in steps. Every member but the counters is Collective.
///   step()        advances by one step
///   seal()        moves data that grow with the run out of memory into sealed segments; called before each save()
///   results()     the rows that it adds to the summary; called once it is done
///   steps_done(), steps_total(), done()   equal on all ranks
template <class P>
concept Process = io::Checkpointable<P> && requires(P& process, const P& constant) {
    process.step();
    process.seal();
    { constant.done() } -> std::same_as<bool>;
    { constant.steps_done() } -> std::same_as<std::uint64_t>;
    { constant.steps_total() } -> std::same_as<std::uint64_t>;
    { constant.results() } -> std::same_as<std::vector<io::Row>>;
};

/// How a run of the loop ended.
enum class Outcome { finished, stopped };

/// What the loop needs beside the process itself.
struct Surroundings {
    const mpi::Communicator& comm;
    core::Log& log;
    Timers& timers;
    StopConditions& stop;
    CheckpointPolicy policy;
};

/// Writes a checkpoint and returns the time it took on the root rank. Collective.
template <Process P> Seconds write_checkpoint(Surroundings& around, P& process, io::CheckpointStore& store) {
    const auto start = Clock::now();
    const auto scope = around.timers.time("checkpoints", Activity::files);
    process.seal();
    store.save(process, process.steps_done());
    return Clock::now() - start;
}

/// The one loop that advances anything long: steps, checkpoints at the measured cadence, stop requests, progress.
/// When it returns Outcome::stopped, a checkpoint of the last step has been written. Collective.
template <Process P>
Outcome run(Surroundings& around, const std::string& name, P& process, io::CheckpointStore& store) {
    Monitor monitor(around.comm, around.log, around.stop, around.policy, name, process.steps_done(),
                    process.steps_total());
    while (!process.done()) {
        process.step();
        const Verdict verdict = monitor.after_step(process.steps_done());
        if (verdict == Verdict::go_on || process.done()) continue;
        monitor.checkpoint_written(write_checkpoint(around, process, store));
        if (verdict == Verdict::checkpoint) continue;
        monitor.finish();
        around.log.info("{}: stopped by {} after {} of {} steps; run again with --restart to continue", name,
                        monitor.reason(), process.steps_done(), process.steps_total());
        return Outcome::stopped;
    }
    monitor.finish();
    return Outcome::finished;
}

} // namespace blockspin::process
