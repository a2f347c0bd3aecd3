#pragma once

#include <algorithm>
#include <cstdint>

#include <blockspin/mpi/communicator.hpp>

namespace blockspin::net {

/// Rows of one matrix product of a network. The bits of a product depend on its shape, so rows are always worked on in
/// the same shards, whoever does it: rows 32 s … 32 s + 31, the last shard being what remains.
inline constexpr std::int64_t shard_rows = 32;

/// The rows first … end − 1 that one rank works on: whole shards.
struct RowRange {
    std::int64_t first = 0;
    std::int64_t end = 0;

    std::int64_t count() const noexcept { return end - first; }
};

/// This rank's share of `rows` rows: consecutive shards of `shard` rows, as nearly equal as they allow. Shards of one
/// row are for results whose bits do not depend on how rows are grouped.
inline RowRange rows_of_rank(std::int64_t rows, const mpi::Communicator& comm, std::int64_t shard = shard_rows) {
    const std::int64_t shards = (rows + shard - 1) / shard;
    const auto boundary = [&](std::int64_t rank) { return std::min(rows, shards * rank / comm.size() * shard); };
    return {boundary(comm.rank()), boundary(comm.rank() + 1)};
}

} // namespace blockspin::net
