#include <blockspin/sampling/recorders.hpp>

#include <blockspin/mpi/collectives.hpp>
#include <blockspin/sampling/measurements.hpp>

#include <array>

namespace blockspin::sampling {

namespace {

constexpr std::size_t quantities = 2;
constexpr std::array<const char*, quantities> series_names{"bond_sum", "spin_sum"};

std::size_t bytes_per_configuration(const Replicas& replicas) {
    return static_cast<std::size_t>((replicas.geometry().sites() + 7) / 8);
}

/// This group's columns of `rows` new rows [row, replica, …]: written by the group's root, nothing by its other ranks.
io::Slab slab(const Replicas& replicas, std::uint64_t rows, std::vector<std::uint64_t> per_replica = {}) {
    io::Slab slab{.shape = {rows, static_cast<std::uint64_t>(replicas.placement().replicas)},
                  .offset = {0, static_cast<std::uint64_t>(replicas.first())},
                  .count = {replicas.group().is_root() ? rows : 0, static_cast<std::uint64_t>(replicas.count())}};
    for (const std::uint64_t extent : per_replica) {
        slab.shape.push_back(extent);
        slab.offset.push_back(0);
        slab.count.push_back(extent);
    }
    return slab;
}

/// Sets the bits of the up spins of this rank's domain.
void pack(const Replicas& replicas, std::int64_t i, std::span<std::uint8_t> bytes) {
    const auto& field = replicas.fields()[static_cast<std::size_t>(i)];
    lattice::for_each_row(interior(field.layout()), [&](const lattice::Coordinates& at) {
        auto site = static_cast<std::size_t>(*replicas.decomposition().site_at(at));
        for (const Spin spin : field.row(at[1], at[2], at[3])) {
            if (spin > 0) bytes[site / 8] = static_cast<std::uint8_t>(bytes[site / 8] | 1U << site % 8);
            ++site;
        }
    });
}

} // namespace

SeriesRecorder::SeriesRecorder(const mpi::Communicator& comm, const std::filesystem::path& folder)
    : segments_(comm, folder, "sample-series") {}

void SeriesRecorder::record(const Replicas& replicas) {
    const std::int64_t count = replicas.count();
    const std::size_t first = pending_.size();
    pending_.resize(first + quantities * static_cast<std::size_t>(count));
    const auto sums = std::span(pending_).subspan(first);
#pragma omp parallel for schedule(static) if (count > 1)
    for (std::int64_t i = 0; i < count; ++i) {
        sums[static_cast<std::size_t>(i)] = bond_sum(replicas, i);
        sums[static_cast<std::size_t>(count + i)] = spin_sum(replicas, i);
    }
}

void SeriesRecorder::seal(const Replicas& replicas) {
    const auto count = static_cast<std::size_t>(replicas.count());
    const std::uint64_t rows = pending_.size() / (quantities * count);
    if (rows == 0) return;
    mpi::all_reduce(replicas.group(), std::span(pending_), mpi::Op::sum);
    const io::Slab mine = slab(replicas, rows);
    segments_.append(rows, [&](io::Writer& writer) {
        for (std::size_t q = 0; q < quantities; ++q) {
            std::vector<std::int64_t> series;
            for (std::size_t row = 0; row < mine.count[0]; ++row) {
                const auto begin = pending_.begin() + static_cast<std::ptrdiff_t>((row * quantities + q) * count);
                series.insert(series.end(), begin, begin + static_cast<std::ptrdiff_t>(count));
            }
            writer.array(series_names[q], mine, std::span<const std::int64_t>(series));
        }
    });
    pending_.clear();
}

void SeriesRecorder::publish(io::Writer& writer) const {
    for (const char* name : series_names) writer.concatenated(name, segments_.segments(), name);
    writer.attribute("bond_sum", "meaning", "sum over bonds of s_i s_j [measurement, replica]");
    writer.attribute("spin_sum", "meaning", "sum over sites of s_i [measurement, replica]");
}

ConfigurationRecorder::ConfigurationRecorder(const mpi::Communicator& comm, const std::filesystem::path& folder)
    : segments_(comm, folder, "sample-configurations") {}

void ConfigurationRecorder::record(const Replicas& replicas) {
    const std::int64_t count = replicas.count();
    const std::size_t first = pending_.size(), bytes = bytes_per_configuration(replicas);
    pending_.resize(first + bytes * static_cast<std::size_t>(count));
#pragma omp parallel for schedule(static) if (count > 1)
    for (std::int64_t i = 0; i < count; ++i) {
        pack(replicas, i, std::span(pending_).subspan(first + bytes * static_cast<std::size_t>(i), bytes));
    }
}

void ConfigurationRecorder::seal(const Replicas& replicas) {
    const std::size_t bytes = bytes_per_configuration(replicas);
    const std::uint64_t rows = pending_.size() / (bytes * static_cast<std::size_t>(replicas.count()));
    if (rows == 0) return;
    mpi::all_reduce(replicas.group(), std::span(pending_), mpi::Op::bit_or);
    const io::Slab mine = slab(replicas, rows, {bytes});
    const auto data = std::span<const std::uint8_t>(pending_).first(mine.count[0] == 0 ? 0 : pending_.size());
    segments_.append(rows, [&](io::Writer& writer) { writer.array("configurations", mine, data); });
    pending_.clear();
}

void ConfigurationRecorder::publish(io::Writer& writer) const {
    if (segments_.rows() == 0) return;
    writer.concatenated("configurations", segments_.segments(), "configurations");
    writer.attribute("configurations", "meaning",
                     "spins [configuration, replica, byte]: x fastest, little bit order, 1 = +1; in NumPy: "
                     "np.unpackbits(c, axis=-1, bitorder='little')[..., :N].astype(np.int8) * 2 - 1");
}

} // namespace blockspin::sampling
