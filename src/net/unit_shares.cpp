#include <blockspin/net/unit_shares.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/mpi/requests.hpp>

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

void UnitShares::complete(BitRows& units, const std::vector<UnitRange>& ranges) const {
    if (parts() == 1 || units.rows() == 0) return;
    std::vector<UnitRange> halves;
    for (const UnitRange& range : ranges) {
        halves.push_back({range.first / half_columns, (range.end + half_columns - 1) / half_columns});
    }
    const auto bytes = std::as_writable_bytes(std::span(units.row(0), units.row_words()));
    const Handover handover(*this, {bytes.data(), bytes.size(), half_columns / 8}, std::move(halves),
                            std::vector(ranges.size(), UnitRange{0, units.rows()}));
    for (int row = 0; row < units.rows(); ++row) handover.put(row);
    handover.finish();
}

/// Boxes of so many bytes. The same number on all ranks of the group.
void UnitShares::make_room(std::size_t bytes) const {
    if (bytes <= box_bytes_) return;
    constexpr std::size_t page = 4096;
    box_bytes_ = (bytes + page - 1) / page * page;
    const std::size_t ranks = visible_.size();
    if (in_shared_memory_) shared_ = mpi::SharedMemory::allocate(group_, 2 * ranks * ranks * box_bytes_);
    if (!shared_) private_.resize(2 * ranks * box_bytes_);
}

/// From one rank to another: for every second exchange another one, since what has been read is written again two
/// meetings later. Where memory is not shared, only those from and to this rank.
std::span<std::byte> UnitShares::box(std::size_t from, std::size_t to, std::size_t bytes) const {
    const std::size_t ranks = visible_.size(), own = static_cast<std::size_t>(group_.rank());
    if (shared_) return shared_->bytes().subspan(((exchange_ % 2 * ranks + from) * ranks + to) * box_bytes_, bytes);
    return std::span(private_).subspan((from == own ? to : ranks + from) * box_bytes_, bytes);
}

UnitShares::Handover::Handover(const UnitShares& shares, const Array& array, std::vector<UnitRange> columns,
                               std::vector<UnitRange> rows)
    : shares_(shares), array_(array), columns_(std::move(columns)), rows_(std::move(rows)) {
    std::size_t largest = 0;
    for (std::size_t from = 0; from < columns_.size(); ++from) {
        for (const UnitRange& needed : rows_)
            largest = std::max(largest, bytes_of_row(from) * static_cast<std::size_t>(needed.count()));
    }
    if (shares_.parts() == 1) return;
    shares_.make_room(largest);
    ++shares_.exchange_;
}

std::size_t UnitShares::Handover::bytes_of_row(std::size_t from) const {
    return array_.column_bytes * static_cast<std::size_t>(columns_[from].count());
}

std::span<std::byte> UnitShares::Handover::box(std::size_t from, std::size_t to) const {
    return shares_.box(from, to, bytes_of_row(from) * static_cast<std::size_t>(rows_[to].count()));
}

void UnitShares::Handover::put(int row) const {
    const auto own = static_cast<std::size_t>(shares_.group_.rank());
    const std::size_t size = bytes_of_row(own);
    for (std::size_t to = 0; to < rows_.size(); ++to) {
        if (to == own || row < rows_[to].first || row >= rows_[to].end) continue;
        std::memcpy(box(own, to).data() + size * static_cast<std::size_t>(row - rows_[to].first),
                    array_.first + array_.row_bytes * static_cast<std::size_t>(row) +
                        array_.column_bytes * static_cast<std::size_t>(columns_[own].first),
                    size);
    }
}

void UnitShares::Handover::finish() const {
    constexpr int tag = 4097;
    const std::size_t own = static_cast<std::size_t>(shares_.group_.rank()), ranks = columns_.size();
    if (ranks == 1) return;
    if (shares_.shared_) {
        mpi::meet(shares_.group_);
    } else {
        mpi::Requests requests;
        for (std::size_t step = 1; step < ranks; ++step) {
            const std::size_t to = (own + step) % ranks, from = (own + ranks - step) % ranks;
            requests.receive(shares_.group_, box(from, own), static_cast<int>(from), tag);
            requests.send(shares_.group_, std::span<const std::byte>(box(own, to)), static_cast<int>(to), tag);
        }
        requests.wait();
    }
    for (std::size_t step = 1; step < ranks; ++step) take_rows((own + step) % ranks);
}

/// This rank's rows of the columns of another one.
void UnitShares::Handover::take_rows(std::size_t from) const {
    const UnitRange& rows = rows_[static_cast<std::size_t>(shares_.group_.rank())];
    const std::size_t size = bytes_of_row(from);
    const std::byte* next = box(from, static_cast<std::size_t>(shares_.group_.rank())).data();
    std::byte* place = array_.first + array_.column_bytes * static_cast<std::size_t>(columns_[from].first);
    for (int row = rows.first; row < rows.end; ++row, next += size)
        std::memcpy(place + array_.row_bytes * static_cast<std::size_t>(row), next, size);
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
