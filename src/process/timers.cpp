#include <blockspin/process/timers.hpp>

#include <blockspin/mpi/collectives.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <sstream>

namespace blockspin::process {

namespace {

std::string_view word(Activity activity) {
    switch (activity) {
    case Activity::compute:
        return "compute";
    case Activity::communicate:
        return "communicate";
    case Activity::files:
        return "files";
    }
    return "";
}

TimingRow across_ranks(const mpi::Communicator& comm, const std::string& name, Activity activity, double seconds) {
    const std::vector<double> all = mpi::all_gather(comm, seconds);
    const auto slowest = std::ranges::max_element(all);
    return {.name = name,
            .activity = activity,
            .min = std::ranges::min(all),
            .average = std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(all.size()),
            .max = *slowest,
            .slowest_rank = static_cast<int>(slowest - all.begin())};
}

} // namespace

Timers::Scope Timers::time(std::string_view name, Activity activity) {
    auto found = std::ranges::find(stopwatches_, name, &Stopwatch::name);
    if (found == stopwatches_.end()) {
        stopwatches_.push_back({.name = std::string(name), .activity = activity});
        found = std::prev(stopwatches_.end());
    }
    return Scope(found->seconds);
}

double Timers::seconds(std::string_view name) const noexcept {
    const auto found = std::ranges::find(stopwatches_, name, &Stopwatch::name);
    return found == stopwatches_.end() ? 0.0 : found->seconds;
}

TimingTable Timers::table(const mpi::Communicator& comm) const {
    std::string mine;
    for (const Stopwatch& watch : stopwatches_)
        mine += fmt::format("{}{}\n", static_cast<int>(watch.activity), watch.name);
    const std::vector<char> joined = mpi::all_gather_joined<char>(comm, mine);

    TimingTable table;
    std::istringstream lines(std::string(joined.begin(), joined.end()));
    for (std::string line; std::getline(lines, line);) {
        const std::string name = line.substr(1);
        if (std::ranges::find(table.rows, name, &TimingRow::name) != table.rows.end()) continue;
        table.rows.push_back(across_ranks(comm, name, static_cast<Activity>(line.front() - '0'), seconds(name)));
    }

    table.wall = mpi::broadcast(comm, std::chrono::duration<double>(Clock::now() - start_).count());
    const auto total = [&](Activity activity) {
        double sum = 0.0;
        for (const Stopwatch& watch : stopwatches_) sum += watch.activity == activity ? watch.seconds : 0.0;
        return across_ranks(comm, "", activity, sum);
    };
    const TimingRow compute = total(Activity::compute);
    const double on_files = total(Activity::files).max;
    if (compute.max > 0.0) {
        table.load_balance = compute.average / compute.max;
        table.communication_efficiency = std::min(1.0, compute.max / std::max(table.wall - on_files, compute.max));
    }
    return table;
}

std::string TimingTable::text() const {
    std::string text =
        fmt::format("{:<28} {:<12} {:>10} {:>10} {:>10}  slowest\n", "time (s)", "", "min", "average", "max");
    for (const TimingRow& row : rows) {
        text += fmt::format("{:<28} {:<12} {:>10.3f} {:>10.3f} {:>10.3f}  rank {}\n", row.name, word(row.activity),
                            row.min, row.average, row.max, row.slowest_rank);
    }
    return text + fmt::format("wall time {:.3f} s, load balance {:.1f} %, communication efficiency {:.1f} %", wall,
                              100.0 * load_balance, 100.0 * communication_efficiency);
}

} // namespace blockspin::process
