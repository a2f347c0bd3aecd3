#include <blockspin/net/unit_shares.hpp>

#include <blockspin/core/check.hpp>

#include "lookup_kernels.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace blockspin::net {

namespace {

/// Whole halves of tiles, as nearly equal as they allow.
std::vector<UnitRange> equal_ranges(int units, int parts) {
    const int halves = (units + half_columns - 1) / half_columns;
    core::ensure(parts >= 1 && parts <= halves, "units of each layer for every rank");
    std::vector<UnitRange> ranges;
    for (int part = 0; part < parts; ++part) {
        ranges.push_back(
            {halves * part / parts * half_columns, std::min(halves * (part + 1) / parts * half_columns, units)});
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

std::vector<std::size_t> UnitShares::others() const {
    std::vector<std::size_t> ranks;
    for (int step = 1; step < parts(); ++step)
        ranks.push_back(static_cast<std::size_t>((group_.rank() + step) % parts()));
    return ranks;
}

/// Messages of so many bytes. The same number on all ranks of the group.
void UnitShares::make_room(std::size_t bytes) const {
    if (exchange_ && bytes <= room_) return;
    constexpr std::size_t page = 4096;
    room_ = (bytes + page - 1) / page * page;
    exchange_.emplace(exchange([this](std::size_t, std::size_t) { return room_; }));
}

void UnitShares::complete(BitRows& units, const std::vector<UnitRange>& ranges) const {
    if (units.rows() == 0) return;
    std::vector<UnitRange> halves;
    for (const UnitRange& range : ranges) {
        halves.push_back({range.first / half_columns, (range.end + half_columns - 1) / half_columns});
    }
    const auto bytes = std::as_writable_bytes(std::span(units.row(0), units.row_words()));
    complete({bytes.data(), static_cast<std::size_t>(units.rows()), bytes.size(), half_columns / 8}, halves);
}

void UnitShares::complete(const Array& array, const std::vector<UnitRange>& columns) const {
    if (parts() == 1) return;
    const auto bytes_of_row = [&](std::size_t rank) {
        return array.column_bytes * static_cast<std::size_t>(columns[rank].count());
    };
    const auto place = [&](std::size_t rank, std::size_t row) {
        return array.first + row * array.row_bytes + array.column_bytes * static_cast<std::size_t>(columns[rank].first);
    };
    const std::size_t own = static_cast<std::size_t>(group_.rank()), size = bytes_of_row(own) * array.rows;
    const std::vector<std::size_t> ranks = others();
    std::size_t largest = size;
    for (const std::size_t other : ranks) largest = std::max(largest, bytes_of_row(other) * array.rows);
    make_room(largest);
    for (std::size_t peer = 0; peer < ranks.size(); ++peer) {
        std::byte* to = exchange_->outgoing<std::byte>(peer, size).data();
        for (std::size_t row = 0; row < array.rows; ++row, to += bytes_of_row(own))
            std::memcpy(to, place(own, row), bytes_of_row(own));
        exchange_->begin(peer, size, bytes_of_row(ranks[peer]) * array.rows);
    }
    exchange_->end();
    for (std::size_t peer = 0; peer < ranks.size(); ++peer) {
        const std::size_t bytes = bytes_of_row(ranks[peer]);
        const std::byte* from = exchange_->incoming<std::byte>(peer, bytes * array.rows).data();
        for (std::size_t row = 0; row < array.rows; ++row, from += bytes)
            std::memcpy(place(ranks[peer], row), from, bytes);
    }
}

float UnitShares::largest(float own) const {
    if (parts() == 1) return own;
    make_room(sizeof(float));
    float result = own;
    const std::size_t peers = others().size();
    for (std::size_t peer = 0; peer < peers; ++peer) {
        exchange_->outgoing<float>(peer, 1)[0] = own;
        exchange_->begin(peer, sizeof(float), sizeof(float));
    }
    exchange_->end();
    for (std::size_t peer = 0; peer < peers; ++peer) result = std::max(result, exchange_->incoming<float>(peer, 1)[0]);
    return result;
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
