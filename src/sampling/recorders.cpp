#include <blockspin/sampling/recorders.hpp>

#include <blockspin/mpi/collectives.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

namespace blockspin::sampling {

namespace {

std::size_t bytes_per_configuration(const Replicas& replicas) {
    const auto sites = static_cast<std::size_t>(replicas.geometry().sites());
    return replicas.kind().is_ising() ? (sites + 7) / 8 : sites;
}

/// Sets the numbers of the states of this rank's domain.
void number(const Replicas& replicas, const lattice::Field<Spin>& field, std::span<std::uint8_t> bytes) {
    lattice::for_each_row(interior(field.layout()), [&](const lattice::Coordinates& at) {
        auto site = static_cast<std::size_t>(*replicas.decomposition().site_at(at));
        for (const Spin spin : field.row(at[1], at[2], at[3])) {
            bytes[site++] = static_cast<std::uint8_t>(replicas.kind().state(spin));
        }
    });
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
void pack(const Replicas& replicas, const lattice::Field<Spin>& field, std::span<std::uint8_t> bytes) {
    lattice::for_each_row(interior(field.layout()), [&](const lattice::Coordinates& at) {
        auto site = static_cast<std::size_t>(*replicas.decomposition().site_at(at));
        for (const Spin spin : field.row(at[1], at[2], at[3])) {
            if (spin > 0) bytes[site / 8] = static_cast<std::uint8_t>(bytes[site / 8] | 1U << site % 8);
            ++site;
        }
    });
}

/// Sets these bits from number `at` on; bits of an array that ends are zero.
void set_bits(Word bits, std::size_t at, std::span<std::uint8_t> bytes) {
    const auto set = [&](std::size_t byte, Word value) {
        if (value != 0) bytes[byte] = static_cast<std::uint8_t>(bytes[byte] | value);
    };
    for (std::size_t k = 0; k < 8; ++k) set(at / 8 + k, (bits << at % 8) >> 8 * k & 0xFF);
    if (at % 8 != 0) set(at / 8 + 8, bits >> (64 - at % 8));
}

void pack(const Replicas& replicas, const PackedSpins& spins, std::span<std::uint8_t> bytes) {
    const lattice::Box domain{.extent = replicas.decomposition().box().extent};
    lattice::for_each_row(domain, [&](const lattice::Coordinates& at) {
        auto site = static_cast<std::size_t>(*replicas.decomposition().site_at(at));
        for (std::int32_t column = 0; column < spins.layout().extents()[0]; ++column, site += 128) {
            const auto [low, high] = spins.sites({column, at[1], at[2], at[3]});
            set_bits(low, site, bytes);
            set_bits(high, site + 64, bytes);
        }
    });
}

} // namespace

io::Storage configuration_storage(std::uint64_t rows, std::uint64_t replicas, std::uint64_t bytes_per_row) {
    constexpr std::uint64_t least = 1 << 14, most = 1 << 24, chunks = 1 << 12;
    const std::uint64_t share = std::bit_ceil((rows * replicas * bytes_per_row + chunks - 1) / chunks);
    const std::uint64_t bytes = std::clamp(share, least, most);
    return {.chunk = {std::clamp<std::uint64_t>(bytes / bytes_per_row, 1, rows), 1, std::min(bytes_per_row, most)},
            .deflate = 1};
}

SeriesRecorder::SeriesRecorder(const mpi::Communicator& comm, const std::filesystem::path& folder,
                               const std::string& name, std::vector<Quantity> quantities)
    : segments_(comm, folder, "sample-" + name), quantities_(std::move(quantities)) {}

std::size_t SeriesRecorder::row_length(const Replicas& replicas) const {
    std::size_t width = 0;
    for (const Quantity& quantity : quantities_) width += quantity.width;
    return width * static_cast<std::size_t>(replicas.count());
}

std::span<std::int64_t> SeriesRecorder::append(const Replicas& replicas) {
    const std::size_t length = row_length(replicas);
    pending_.resize(pending_.size() + length);
    return std::span(pending_).last(length);
}

void SeriesRecorder::seal(const Replicas& replicas) {
    const std::size_t length = row_length(replicas);
    const std::uint64_t rows = length == 0 ? 0 : pending_.size() / length;
    if (rows == 0) return;
    mpi::all_reduce(replicas.group(), std::span(pending_), mpi::Op::sum);
    segments_.append(rows, [&](io::Writer& writer) {
        std::size_t first = 0;
        for (const Quantity& quantity : quantities_) {
            const io::Slab mine = quantity.width == 1 ? slab(replicas, rows) : slab(replicas, rows, {quantity.width});
            const std::size_t numbers = quantity.width * static_cast<std::size_t>(replicas.count());
            std::vector<std::int64_t> series;
            for (std::size_t row = 0; row < mine.count[0]; ++row) {
                const auto begin = pending_.begin() + static_cast<std::ptrdiff_t>(row * length + first);
                series.insert(series.end(), begin, begin + static_cast<std::ptrdiff_t>(numbers));
            }
            writer.array(quantity.name, mine, std::span<const std::int64_t>(series));
            first += numbers;
        }
    });
    pending_.clear();
}

void SeriesRecorder::read_into(Measured& measured) const {
    if (segments_.rows() == 0) return;
    for (const Quantity& quantity : quantities_) {
        measured.add(quantity.name, quantity.width, segments_.read_all<std::int64_t>(quantity.name));
    }
}

void SeriesRecorder::publish(io::Writer& writer) const {
    if (segments_.rows() == 0) return;
    for (const Quantity& quantity : quantities_) {
        writer.concatenated(quantity.name, segments_.segments(), quantity.name);
        writer.attribute(
            quantity.name, "meaning",
            fmt::format("{} [measurement, replica{}]", quantity.meaning, quantity.width == 1 ? "" : ", number"));
    }
}

ConfigurationRecorder::ConfigurationRecorder(const mpi::Communicator& comm, const std::filesystem::path& folder)
    : segments_(comm, folder, "sample-configurations") {}

void ConfigurationRecorder::record(Replicas& replicas) {
    if (replicas.representation() != Representation::bits) replicas.hold_as(Representation::bytes);
    const std::int64_t count = replicas.count();
    const std::size_t first = pending_.size(), bytes = bytes_per_configuration(replicas);
    pending_.resize(first + bytes * static_cast<std::size_t>(count));
#pragma omp parallel for schedule(static) if (count > 1)
    for (std::int64_t i = 0; i < count; ++i) {
        const auto at = static_cast<std::size_t>(i);
        const auto out = std::span(pending_).subspan(first + bytes * at, bytes);
        if (replicas.representation() == Representation::bits)
            pack(replicas, replicas.packed()[at], out);
        else if (replicas.kind().is_ising())
            pack(replicas, replicas.fields()[at], out);
        else
            number(replicas, replicas.fields()[at], out);
    }
}

void ConfigurationRecorder::seal(const Replicas& replicas) {
    const std::size_t bytes = bytes_per_configuration(replicas);
    const std::uint64_t rows = pending_.size() / (bytes * static_cast<std::size_t>(replicas.count()));
    if (rows == 0) return;
    mpi::all_reduce(replicas.group(), std::span(pending_), mpi::Op::bit_or);
    const io::Slab mine = slab(replicas, rows, {bytes});
    const auto data = std::span<const std::uint8_t>(pending_).first(mine.count[0] == 0 ? 0 : pending_.size());
    const io::Storage storage = configuration_storage(rows, mine.shape[1], bytes);
    segments_.append(rows, [&](io::Writer& writer) { writer.array("configurations", mine, data, storage); });
    pending_.clear();
}

void ConfigurationRecorder::publish(io::Writer& writer, const model::SpinKind& kind) const {
    if (segments_.rows() == 0) return;
    writer.concatenated("configurations", segments_.segments(), "configurations");
    writer.attribute(
        "configurations", "meaning",
        kind.is_ising()
            ? "spins [configuration, replica, byte]: x fastest, little bit order, 1 = +1; in NumPy: "
              "np.unpackbits(c, axis=-1, bitorder='little')[..., :N].astype(np.int8) * 2 - 1"
            : "states of the spins [configuration, replica, site]: x fastest; Potts spins 0 to q - 1; Blume-Capel "
              "spins 0, 1, 2, in NumPy: c.astype(np.int8) - 1");
}

} // namespace blockspin::sampling
