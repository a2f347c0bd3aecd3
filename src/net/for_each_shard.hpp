#pragma once

#include <blockspin/net/shards.hpp>

namespace blockspin::net {

/// Calls work(first row, number of rows) for every shard of the range, on all threads. Rows are those of the whole.
template <class Work> void for_each_shard(const RowRange& range, const Work& work) {
    const std::int64_t shards = (range.count() + shard_rows - 1) / shard_rows;
#pragma omp parallel for schedule(static) if (shards > 1)
    for (std::int64_t shard = 0; shard < shards; ++shard) {
        const std::int64_t first = range.first + shard * shard_rows;
        work(first, std::min(shard_rows, range.end - first));
    }
}

} // namespace blockspin::net
