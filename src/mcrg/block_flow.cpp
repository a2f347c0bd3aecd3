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
#include <cmath>
#include <string>
#include <utility>

namespace blockspin::mcrg {

static_assert(process::Process<BlockFlow>);

namespace {

/// A step is a sixty-fourth of all rows, or fewer: so many spins are a second of work or less.
constexpr std::int64_t steps_wanted = 64, most_spins_per_step = std::int64_t{1} << 25;

std::int64_t rows_per_step(const lattice::Geometry& geometry, const Configurations& configurations) {
    const std::int64_t most = most_spins_per_step / (geometry.sites() * configurations.replicas);
    return std::clamp<std::int64_t>((configurations.rows + steps_wanted - 1) / steps_wanted, 1,
                                    std::max<std::int64_t>(1, most));
}

const Task& checked(const Task& task, const Configurations& configurations) {
    check(task);
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

void check(const Task& task) {
    for (const model::Point& point : task.points) {
        if (point.coupling("field") == 0.0) continue;
        throw core::InputError("[block] even and odd operators flow separately only without a field");
    }
    operators(task.parameters, task.geometry.lattice());
    level_geometries(task.geometry, task.parameters);
}

BlockFlow::BlockFlow(const mpi::Communicator& comm, const Task& task, Configurations configurations,
                     const std::filesystem::path& folder, process::Timers& timers)
    : comm_(comm), task_(checked(task, configurations)), timers_(timers), configurations_(std::move(configurations)),
      operators_(operators(task.parameters, task.geometry.lattice())),
      levels_(mpi::collectively(
          comm, [&] { return BlockLevels(task.geometry, task.parameters, operators_.all, rng::Key(task.seed)); })),
      rows_per_step_(rows_per_step(task.geometry, configurations_)), series_(comm, folder, "block-operators") {}

std::int64_t BlockFlow::rows_after(std::int64_t steps) const noexcept {
    return std::min(configurations_.rows, steps * rows_per_step_);
}

std::uint64_t BlockFlow::steps_total() const noexcept {
    return static_cast<std::uint64_t>((configurations_.rows + rows_per_step_ - 1) / rows_per_step_);
}

std::size_t BlockFlow::row_size() const noexcept {
    return static_cast<std::size_t>(configurations_.replicas) * levels_.lattices() * operators_.all.size();
}

std::vector<std::int64_t> BlockFlow::measured(std::int64_t first, std::int64_t end) const {
    const std::size_t bytes = bytes_for(task_.geometry.sites());
    const std::size_t size = levels_.lattices() * operators_.all.size();
    const std::int64_t replicas = configurations_.replicas, count = (end - first) * replicas;
    if (count == 0) return {};
    const std::vector<std::uint8_t> packed = configurations_.read(first, end - first);
    if (packed.size() != static_cast<std::size_t>(count) * bytes) {
        throw core::DataError("the stored configurations are not of the size of their lattice");
    }
    std::vector<Origin> origins;
    for (std::int64_t i = 0; i < count; ++i) origins.push_back({i % replicas, first + i / replicas});
    std::vector<std::int64_t> sums(origins.size() * size);
#pragma omp parallel for schedule(dynamic)
    for (std::size_t i = 0; i < origins.size(); i += bundle_size) {
        const std::size_t n = std::min(bundle_size, origins.size() - i);
        levels_.measure(std::span(packed).subspan(i * bytes, n * bytes), std::span(origins).subspan(i, n),
                        std::span(sums).subspan(i * size, n * size));
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
    append_pending();
    if (done()) analyse_all();
}

void BlockFlow::append_pending() {
    const std::uint64_t rows = pending_.size() / row_size();
    if (rows == 0) return;
    const std::vector<std::uint64_t> shape{rows, static_cast<std::uint64_t>(configurations_.replicas),
                                           levels_.lattices(), operators_.all.size()};
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

void BlockFlow::analyse_all() {
    const auto parts = mpi::collectively(comm_, [&]() -> std::vector<FlowAnalysis> {
        if (!comm_.is_root()) return {};
        return analyse(task_, operators_, levels_, configurations_.replicas,
                       series_.read_all<std::int64_t>("operator_sums"));
    });
    rows_.clear();
    covariance_.clear();
    for (const FlowAnalysis& part : parts) {
        rows_.insert(rows_.end(), part.rows.begin(), part.rows.end());
        covariance_.insert(covariance_.end(), part.covariance.begin(), part.covariance.end());
    }
    covariance_.resize(mpi::broadcast(comm_, covariance_.size()));
    mpi::broadcast(comm_, std::span(covariance_));
}

void BlockFlow::publish(io::Writer& writer) const {
    writer.concatenated("operator_sums", series_.segments(), "operator_sums");
    writer.attribute("operator_sums", "meaning", "S_a of blocked configurations [row, replica, lattice, operator]");
    writer.attribute("operator_sums", "operators", fmt::format("{}", fmt::join(operators_.names(), ", ")));
    const std::uint64_t points = task_.points.size();
    const auto width = static_cast<std::uint64_t>(std::lround(std::sqrt(covariance_.size() / points)));
    writer.array("covariance", {points, width, width}, std::span<const double>(covariance_));
    writer.attribute("covariance", "meaning",
                     "of the exponents of one point, in the order of their rows [point, row, row]");
}

} // namespace blockspin::mcrg
