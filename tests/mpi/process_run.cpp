#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/mpi/collectives.hpp>
#include <blockspin/process/run.hpp>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

using namespace blockspin;

namespace {

/// Adds up its steps; raises a signal on one rank after a given step.
struct Counter {
    static constexpr std::string_view format = "test-counter";
    static constexpr int format_version = 1;

    std::uint64_t steps = 0, total = 0, sum = 0;
    int seals = 0;
    std::uint64_t signal_after = 0;
    int signalled_rank = -1;

    void step() {
        sum += ++steps;
        std::this_thread::sleep_for(std::chrono::microseconds(200));
        if (steps == signal_after && support::world().rank() == signalled_rank) std::raise(SIGUSR1);
    }
    void seal() { ++seals; }
    bool done() const { return steps == total; }
    std::uint64_t steps_done() const { return steps; }
    std::uint64_t steps_total() const { return total; }
    std::vector<io::Row> results() const { return {}; }
    void save(io::Writer& writer) const {
        writer.value("steps", steps);
        writer.value("sum", sum);
    }
    void load(const io::Reader& reader) {
        steps = reader.value<std::uint64_t>("steps");
        sum = reader.value<std::uint64_t>("sum");
    }
};
static_assert(process::Process<Counter>);

struct NoSeal : Counter {
    void seal() = delete;
};
struct NoCheckpoint {
    void step();
    void seal();
    bool done() const;
    std::uint64_t steps_done() const;
    std::uint64_t steps_total() const;
    std::vector<io::Row> results() const;
};
static_assert(!process::Process<NoSeal> && !process::Process<NoCheckpoint>);

/// A folder that all ranks use and the root removes.
class SharedFolder {
  public:
    SharedFolder()
        : path_(std::filesystem::temp_directory_path() /
                ("blockspin-test-run-" + std::to_string(support::world().size()))) {
        if (support::world().is_root()) std::filesystem::remove_all(path_);
        support::world().barrier();
    }
    ~SharedFolder() {
        support::world().barrier();
        if (support::world().is_root()) std::filesystem::remove_all(path_);
    }
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

process::Outcome run(Counter& counter, io::CheckpointStore& store, process::StopConditions& stop,
                     process::CheckpointPolicy policy = {}) {
    core::Log log(false);
    process::Timers timers;
    process::Surroundings around{support::world(), log, timers, stop, policy};
    return process::run(around, "test", counter, store);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_signal_on_one_rank_stops_all_at_the_same_step_with_a_checkpoint) {
    const auto& world = support::world();
    const SharedFolder folder;
    io::CheckpointStore store(world, folder.path(), "test", "identity");
    Counter counter{.total = 4000, .signal_after = 500, .signalled_rank = world.size() - 1};
    {
        const process::SignalCatcher signals;
        process::StopConditions stop(signals, folder.path(), {}, {});
        BOOST_TEST((run(counter, store, stop) == process::Outcome::stopped));
    }
    BOOST_TEST(counter.steps >= 500);
    BOOST_TEST(counter.steps < 4000);
    BOOST_TEST(mpi::all_reduce(world, counter.steps, mpi::Op::min) ==
               mpi::all_reduce(world, counter.steps, mpi::Op::max));
    BOOST_TEST(counter.seals == 1);

    Counter resumed{.total = 4000};
    BOOST_TEST(store.load(resumed).value().steps == counter.steps);
    const process::SignalCatcher signals;
    process::StopConditions stop(signals, folder.path(), {}, {});
    BOOST_TEST((run(resumed, store, stop) == process::Outcome::finished));
    BOOST_TEST(resumed.sum == 4000 * 4001 / 2);
}

BOOST_AUTO_TEST_CASE(checkpoints_come_at_the_asked_interval) {
    const SharedFolder folder;
    io::CheckpointStore store(support::world(), folder.path(), "test", "identity");
    const process::SignalCatcher signals;
    process::StopConditions stop(signals, folder.path(), {}, {});
    Counter counter{.total = 3000};
    const auto start = process::Clock::now();
    BOOST_TEST((run(counter, store, stop, {process::Seconds(0.1), 0.01}) == process::Outcome::finished));
    const double seconds = process::Seconds(process::Clock::now() - start).count();
    BOOST_TEST(counter.seals >= 1);
    BOOST_TEST(counter.seals <= seconds / 0.1 + 1);
    BOOST_TEST(store.files().size() <= 2U);
}

BOOST_AUTO_TEST_CASE(a_time_limit_stops_the_run_after_at_least_one_step) {
    const SharedFolder folder;
    io::CheckpointStore store(support::world(), folder.path(), "test", "identity");
    const process::SignalCatcher signals;
    process::StopConditions stop(signals, folder.path(), process::Seconds(0.5), {});
    Counter counter{.total = 1000000};
    BOOST_TEST((run(counter, store, stop) == process::Outcome::stopped));
    BOOST_TEST(counter.steps >= 1);
}

BOOST_AUTO_TEST_CASE(timers_know_the_slowest_rank) {
    const auto& world = support::world();
    process::Timers timers;
    {
        const auto timing = timers.time("work");
        std::this_thread::sleep_for(std::chrono::milliseconds(20 + 60 * (world.rank() == world.size() - 1)));
    }
    if (world.is_root()) {
        const auto timing = timers.time("root only", process::Activity::files);
    }
    const process::TimingTable table = timers.table(world);
    BOOST_TEST(table.rows.size() == 2U);
    BOOST_TEST(table.rows[0].slowest_rank == world.size() - 1);
    BOOST_TEST(table.rows[0].max >= 0.08);
    BOOST_TEST(table.rows[0].min >= 0.02);
    BOOST_TEST(table.load_balance <= 1.0);
    BOOST_TEST(table.load_balance > 0.0);
    BOOST_TEST((table.text().find("root only") != std::string::npos));
    BOOST_TEST(timers.seconds("never started") == 0.0);
}
