#include <blockspin/mcrg/block_flow.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/process/run.hpp>
#include <blockspin/rng/address.hpp>

#include "analysis.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <utility>

namespace blockspin::mcrg {

static_assert(process::Process<BlockFlow>);

namespace {

/// Spins that are blocked in one step: some 10 ms of work.
constexpr std::int64_t spins_per_step = std::int64_t{1} << 18;

std::int64_t rows_per_step(const lattice::Geometry& geometry, std::int64_t replicas) {
    return std::max<std::int64_t>(1, spins_per_step / (geometry.sites() * replicas));
}

std::size_t bytes_per_configuration(const lattice::Geometry& geometry) {
    return static_cast<std::size_t>((geometry.sites() + 7) / 8);
}

std::vector<std::int8_t> unpacked(std::span<const std::uint8_t> bytes, std::int64_t sites) {
    std::vector<std::int8_t> spins(static_cast<std::size_t>(sites));
    for (std::size_t i = 0; i < spins.size(); ++i) spins[i] = (bytes[i / 8] >> (i % 8) & 1) != 0 ? 1 : -1;
    return spins;
}

const Task& checked(const Task& task, const Configurations& configurations) {
    if (task.point.coupling("field") != 0.0) {
        throw core::InputError("[block] even and odd operators flow separately only without a field");
    }
    if (configurations.rows < 1 || configurations.replicas < 1) {
        throw core::InputError("[block] there are no configurations to be blocked");
    }
    if (configurations.replicas > std::int64_t{1} << rng::chain_bits || configurations.rows > std::int64_t{1}
                                                                                                  << rng::step_bits) {
        throw core::InputError("[block] more configurations than random numbers can be addressed for");
    }
    return task;
}

} // namespace

BlockFlow::BlockFlow(const mpi::Communicator& comm, const Task& task, Configurations configurations,
                     const std::filesystem::path& folder, process::Timers& timers)
    : comm_(comm), task_(checked(task, configurations)), timers_(timers), configurations_(std::move(configurations)),
      operators_(operators(task.parameters, task.geometry.lattice())),
      levels_(task.geometry, task.parameters, operators_.all, rng::Key(task.seed)),
      rows_per_step_(rows_per_step(task.geometry, configurations_.replicas)), series_(comm, folder, "block-operators") {
}

std::int64_t BlockFlow::rows_after(std::int64_t steps) const noexcept {
    return std::min(configurations_.rows, steps * rows_per_step_);
}

std::uint64_t BlockFlow::steps_total() const noexcept {
    return static_cast<std::uint64_t>((configurations_.rows + rows_per_step_ - 1) / rows_per_step_);
}

std::size_t BlockFlow::row_size() const noexcept {
    return static_cast<std::size_t>(configurations_.replicas) * levels_.size() * operators_.all.size();
}

std::vector<std::int64_t> BlockFlow::measured(std::int64_t first, std::int64_t end) const {
    const std::size_t bytes = bytes_per_configuration(task_.geometry);
    const std::size_t size = levels_.size() * operators_.all.size();
    const std::int64_t count = (end - first) * configurations_.replicas;
    if (count == 0) return {};
    const std::vector<std::uint8_t> packed = configurations_.read(first, end - first);
    if (packed.size() != static_cast<std::size_t>(count) * bytes) {
        throw core::DataError("the stored configurations are not of the size of their lattice");
    }
    std::vector<std::int64_t> sums(static_cast<std::size_t>(count) * size);
#pragma omp parallel for schedule(static)
    for (std::int64_t i = 0; i < count; ++i) {
        const auto at = static_cast<std::size_t>(i);
        levels_.measure(unpacked(std::span(packed).subspan(at * bytes, bytes), task_.geometry.sites()),
                        i % configurations_.replicas, first + i / configurations_.replicas,
                        std::span(sums).subspan(at * size, size));
    }
    return sums;
}

void BlockFlow::step() {
    const std::int64_t first = rows_after(steps_done_), rows = rows_after(steps_done_ + 1) - first;
    const auto start_of = [&](std::int64_t rank) { return first + rows * rank / comm_.size(); };
    const auto mine = mpi::collectively(comm_, [&] {
        const auto timing = timers_.time("block spins");
        return measured(start_of(comm_.rank()), start_of(comm_.rank() + 1));
    });
    const auto timing = timers_.time("gathering of sums", process::Activity::communicate);
    const auto all = mpi::all_gather_joined(comm_, std::span(mine));
    pending_.insert(pending_.end(), all.begin(), all.end());
    ++steps_done_;
}

void BlockFlow::seal() {
    const std::uint64_t rows = pending_.size() / row_size();
    if (rows == 0) return;
    const std::vector<std::uint64_t> shape{rows, static_cast<std::uint64_t>(configurations_.replicas), levels_.size(),
                                           operators_.all.size()};
    series_.append(rows, [&](io::Writer& writer) {
        writer.array("operator_sums", shape, std::span<const std::int64_t>(pending_));
    });
    pending_.clear();
}

void BlockFlow::save(io::Writer& writer) const {
    core::ensure(pending_.empty(), "sums are saved after seal()");
    writer.value("steps_done", steps_done_);
    writer.object("series", series_);
}

void BlockFlow::load(const io::Reader& reader) {
    steps_done_ = reader.value<std::int64_t>("steps_done");
    reader.object("series", series_);
    if (steps_done_ < 0 || steps_done() > steps_total()) reader.refuse("steps_done", "lies beyond the end of the run");
    if (series_.rows() != static_cast<std::uint64_t>(rows_after(steps_done_))) {
        reader.refuse("series", "does not hold as many rows as were blocked");
    }
    pending_.clear();
}

std::vector<io::Row> BlockFlow::results() const {
    return mpi::collectively(comm_, [&]() -> std::vector<io::Row> {
        if (!comm_.is_root()) return {};
        return analyse(task_, operators_, configurations_.replicas, series_.read_all<std::int64_t>("operator_sums"));
    });
}

void BlockFlow::publish(io::Writer& writer) const {
    writer.concatenated("operator_sums", series_.segments(), "operator_sums");
    writer.attribute("operator_sums", "meaning", "S_a of blocked configurations [row, replica, level, operator]");
    writer.attribute("operator_sums", "operators", fmt::format("{}", fmt::join(operators_.names(), ", ")));
}

} // namespace blockspin::mcrg
