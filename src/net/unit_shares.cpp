#include <blockspin/net/unit_shares.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/mpi/requests.hpp>

#include "lookup_kernels.hpp"

#include <algorithm>
#include <cstring>

namespace blockspin::net {

namespace {

/// Whole tiles, as nearly equal as they allow.
std::vector<UnitRange> equal_ranges(int units, int parts) {
    const int tiles = whole_tiles(units) / tile_columns;
    core::ensure(parts >= 1 && parts <= tiles, "units of each layer for every rank");
    std::vector<UnitRange> ranges;
    for (int part = 0; part < parts; ++part) {
        ranges.push_back(
            {tiles * part / parts * tile_columns, std::min(tiles * (part + 1) / parts * tile_columns, units)});
    }
    return ranges;
}

int checked_parts(const mpi::Communicator& comm, int parts) {
    core::ensure(parts >= 1 && comm.size() % parts == 0, "groups of equally many ranks");
    return parts;
}

} // namespace

UnitShares::UnitShares(const mpi::Communicator& comm, int visible, int hidden, int parts)
    : group_(comm.split(comm.rank() / checked_parts(comm, parts))), peers_(comm.split(comm.rank() % parts)),
      visible_(equal_ranges(visible, parts)), hidden_(equal_ranges(hidden, parts)), out_(visible_.size()),
      in_(visible_.size()) {}

void UnitShares::complete(BitRows& units, const std::vector<UnitRange>& ranges) const {
    if (parts() == 1 || units.rows() == 0) return;
    std::vector<UnitRange> tiles;
    for (const UnitRange& range : ranges) {
        tiles.push_back({range.first / tile_columns, (range.end + tile_columns - 1) / tile_columns});
    }
    const auto bytes = std::as_writable_bytes(std::span(units.row(0), units.row_words()));
    exchange({bytes.data(), bytes.size(), tile_columns / 8}, tiles,
             std::vector(ranges.size(), UnitRange{0, units.rows()}));
}

/// Rank r of the group gets rows[r] of the columns of all others.
void UnitShares::exchange(const Array& array, const std::vector<UnitRange>& columns,
                          const std::vector<UnitRange>& rows) const {
    constexpr int tag = 4097;
    const auto own = static_cast<std::size_t>(group_.rank());
    const auto for_each_row = [&](std::size_t of_rows, std::size_t of_columns, auto&& use) {
        const std::size_t size = array.column_bytes * static_cast<std::size_t>(columns[of_columns].count());
        std::byte* place = array.first + array.column_bytes * static_cast<std::size_t>(columns[of_columns].first);
        for (int row = rows[of_rows].first; row < rows[of_rows].end; ++row)
            use(place + array.row_bytes * static_cast<std::size_t>(row), size);
    };
    const auto bytes = [&](std::size_t of_rows, std::size_t of_columns) {
        return static_cast<std::size_t>(rows[of_rows].count()) * array.column_bytes *
               static_cast<std::size_t>(columns[of_columns].count());
    };
    mpi::Requests requests;
    for (std::size_t other = 0; other < columns.size(); ++other) {
        if (other == own) continue;
        in_[other].resize(bytes(own, other));
        requests.receive(group_, std::span(in_[other]), static_cast<int>(other), tag);
        out_[other].resize(bytes(other, own));
        std::byte* to = out_[other].data();
        for_each_row(other, own, [&](const std::byte* place, std::size_t size) {
            std::memcpy(to, place, size);
            to += size;
        });
        requests.send(group_, std::span<const std::byte>(out_[other]), static_cast<int>(other), tag);
    }
    requests.wait();
    for (std::size_t other = 0; other < columns.size(); ++other) {
        if (other == own) continue;
        const std::byte* from = in_[other].data();
        for_each_row(own, other, [&](std::byte* place, std::size_t size) {
            std::memcpy(place, from, size);
            from += size;
        });
    }
}

int unit_parts(int ranks, std::int64_t rows, int visible, int hidden) {
    constexpr std::int64_t rows_enough = 1024; // of a rank: sums of all weights are then a small part of its work
    constexpr int tiles_enough = 4;
    const int tiles = whole_tiles(std::min(visible, hidden)) / tile_columns;
    int parts = 1;
    while (ranks % (2 * parts) == 0 && tiles >= 2 * parts * tiles_enough && rows * parts / ranks < rows_enough)
        parts *= 2;
    return parts;
}

} // namespace blockspin::net
