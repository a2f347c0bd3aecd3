#include "bench.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/io/publish_times.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace blockspin::app {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t row_bytes = 1 << 20;
constexpr std::uint64_t rows = 128;
constexpr int trials = 7;

double median(std::vector<double> values) {
    std::ranges::nth_element(values, values.begin() + trials / 2);
    return values[trials / 2];
}

/// Seconds for a plain write of all rows by one process, with fsync, as `dd bs=1M conv=fsync` does it.
double plain_write(const std::filesystem::path& file, const std::vector<std::uint8_t>& row) {
    const auto start = Clock::now();
    const int descriptor = open(file.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
    bool done = descriptor >= 0;
    for (std::uint64_t i = 0; i < rows && done; ++i)
        done = write(descriptor, row.data(), row.size()) == static_cast<ssize_t>(row.size());
    done = done && fsync(descriptor) == 0;
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    close(descriptor);
    if (!done) throw core::IoError(fmt::format("cannot write {}", file.string()));
    return seconds;
}

io::Slab share_of(const mpi::Communicator& comm) {
    const auto first = [&](int rank) {
        return rows * static_cast<std::uint64_t>(rank) / static_cast<std::uint64_t>(comm.size());
    };
    return io::Slab::of_rows({rows, row_bytes}, first(comm.rank()), first(comm.rank() + 1) - first(comm.rank()));
}

/// Removes what a trial has left and waits until the disk is done with it, which is not the next trial's to wait for.
void tidy(const mpi::Communicator& world, const std::filesystem::path& folder) {
    mpi::collectively(world, [&] {
        if (!world.is_root()) return;
        for (const char* name : {"plain", "file.h5"}) std::filesystem::remove(folder / name);
        const int descriptor = open(folder.c_str(), O_RDONLY);
        if (descriptor < 0 || syncfs(descriptor) != 0) throw core::IoError("cannot wait for " + folder.string());
        close(descriptor);
    });
}

/// Seconds of each trial.
struct Trials {
    std::vector<double> plain, write, seal, sync, until_synced, read_back, rename, whole;
};

Trials measure(const mpi::Communicator& world, const std::filesystem::path& folder) {
    const io::Slab slab = share_of(world);
    const std::vector<std::uint8_t> data(slab.elements(), 1);
    const std::vector<std::uint8_t> row(row_bytes, 1);
    Trials of;
    for (int trial = 0; trial < trials; ++trial) { // in turn, so that what else the disk does meets both alike
        of.plain.push_back(
            mpi::collectively(world, [&] { return world.is_root() ? plain_write(folder / "plain", row) : 0.0; }));
        tidy(world, folder);
        io::PublishTimes times;
        io::publish(
            world, folder / "file.h5",
            [&](io::Writer& writer) { writer.array("data", slab, std::span<const std::uint8_t>(data)); }, times);
        tidy(world, folder);
        of.write.push_back(times.write);
        of.seal.push_back(times.seal);
        of.sync.push_back(times.sync);
        of.until_synced.push_back(times.write + times.seal + times.sync);
        of.read_back.push_back(times.read_back);
        of.rename.push_back(times.rename);
        of.whole.push_back(of.until_synced.back() + times.read_back + times.rename);
    }
    return of;
}

void report(const mpi::Communicator& world, const Trials& of) {
    constexpr double gigabytes = 1e-9 * static_cast<double>(rows * row_bytes);
    const double plain = median(of.plain);
    const auto line = [&](const std::string& name, const std::vector<double>& seconds) {
        print(name, gigabytes / median(seconds), "GB/s",
              fmt::format("{:.0f} % of plain", 100.0 * plain / median(seconds)));
    };
    const auto part = [&](const std::string& name, const std::vector<double>& seconds) {
        print(name, 1e3 * median(seconds), "ms", "");
    };
    print("plain write + fsync of one process", gigabytes / plain, "GB/s", "(median of trials in turn, as below)");
    line(fmt::format("checkpoint by {} ranks: write, checksums, fsync", world.size()), of.until_synced);
    part("  writing, while the disk begins", of.write);
    part("  checksums of all blocks", of.seal);
    part("  waiting for the disk", of.sync);
    line("the same and reading back, renaming", of.whole);
    part("  reading it back and comparing", of.read_back);
    part("  rename, fsync of the folder", of.rename);
}

} // namespace

void bench_checkpoint(const mpi::Communicator& world) {
    const auto process = mpi::broadcast(world, static_cast<std::int64_t>(getpid()));
    const auto folder = std::filesystem::current_path() / fmt::format("blockspin-bench-{}", process);
    mpi::collectively(world, [&] {
        if (world.is_root()) std::filesystem::create_directory(folder);
    });
    const Trials trials_of_all = measure(world, folder);
    if (!world.is_root()) return;
    std::filesystem::remove_all(folder);
    report(world, trials_of_all);
}

} // namespace blockspin::app
