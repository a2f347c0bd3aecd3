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

UnitShares::UnitShares(const mpi::Communicator& comm, int visible, int hidden, int parts, bool in_shared_memory)
    : group_(comm.split(comm.rank() / checked_parts(comm, parts))), peers_(comm.split(comm.rank() % parts)),
      visible_(equal_ranges(visible, parts)), hidden_(equal_ranges(hidden, parts)),
      in_shared_memory_(in_shared_memory) {}

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

/// Boxes of so many bytes. The same number on all ranks of the group.
void UnitShares::make_room(std::size_t bytes) const {
    if (bytes <= box_bytes_) return;
    constexpr std::size_t page = 4096;
    box_bytes_ = (bytes + page - 1) / page * page;
    const std::size_t all = 2 * visible_.size() * visible_.size() * box_bytes_;
    if (in_shared_memory_) shared_ = mpi::SharedMemory::allocate(group_, all);
    private_.resize(shared_ ? 0 : all);
}

std::span<std::byte> UnitShares::box(std::size_t from, std::size_t to, std::size_t bytes) const {
    const std::span<std::byte> all = shared_ ? shared_->bytes() : std::span(private_);
    return all.subspan(((exchange_ % 2 * visible_.size() + from) * visible_.size() + to) * box_bytes_, bytes);
}

/// Rank r of the group gets rows[r] of the columns of all others.
void UnitShares::exchange(const Array& array, const std::vector<UnitRange>& columns,
                          const std::vector<UnitRange>& rows) const {
    constexpr int tag = 4097;
    const std::size_t own = static_cast<std::size_t>(group_.rank()), ranks = columns.size();
    const auto bytes = [&](std::size_t from, std::size_t to) {
        return static_cast<std::size_t>(rows[to].count()) * array.column_bytes *
               static_cast<std::size_t>(columns[from].count());
    };
    const auto for_each_row = [&](std::size_t from, std::size_t to, auto&& use) {
        const std::size_t size = array.column_bytes * static_cast<std::size_t>(columns[from].count());
        std::byte* place = array.first + array.column_bytes * static_cast<std::size_t>(columns[from].first);
        std::byte* in_box = box(from, to, bytes(from, to)).data();
        for (int row = rows[to].first; row < rows[to].end; ++row, in_box += size)
            use(place + array.row_bytes * static_cast<std::size_t>(row), in_box, size);
    };
    std::size_t largest = 0;
    for (std::size_t i = 0; i < ranks * ranks; ++i) largest = std::max(largest, bytes(i / ranks, i % ranks));
    make_room(largest);
    ++exchange_;
    for (std::size_t step = 1; step < ranks; ++step)
        for_each_row(own, (own + step) % ranks, [](const std::byte* place, std::byte* in_box, std::size_t size) {
            std::memcpy(in_box, place, size);
        });
    if (shared_) {
        mpi::meet(group_);
    } else {
        mpi::Requests requests;
        for (std::size_t step = 1; step < ranks; ++step) {
            const std::size_t to = (own + step) % ranks, from = (own + ranks - step) % ranks;
            requests.receive(group_, box(from, own, bytes(from, own)), static_cast<int>(from), tag);
            requests.send(group_, std::span<const std::byte>(box(own, to, bytes(own, to))), static_cast<int>(to), tag);
        }
        requests.wait();
    }
    for (std::size_t step = 1; step < ranks; ++step)
        for_each_row((own + step) % ranks, own, [](std::byte* place, const std::byte* in_box, std::size_t size) {
            std::memcpy(place, in_box, size);
        });
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
