#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <blockspin/core/check.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/mpi/datatype.hpp>

namespace blockspin::mpi {

/// Reduction operators. Sums are for integers: floating-point sums that must not depend on the layout are tree_sum's.
enum class Op { sum, min, max, bit_or };

MPI_Op native(Op op) noexcept;

/// Calls transfer(first, count) for consecutive pieces that MPI's int counts can express.
template <class Transfer> void in_pieces(std::size_t count, Transfer&& transfer) {
    constexpr std::size_t largest = std::size_t{1} << 30;
    for (std::size_t first = 0; first < count; first += largest) {
        transfer(first, static_cast<int>(std::min(largest, count - first)));
    }
}

/// `data` of rank `root` replaces that of every other rank; equal lengths everywhere. Collective.
template <Transferable T> void broadcast(const Communicator& comm, std::span<T> data, int root = 0) {
    in_pieces(data.size(), [&](std::size_t first, int count) {
        MPI_Bcast(data.data() + first, count, datatype<T>(), root, comm.native());
    });
}

/// The value of rank `root`. Collective.
template <Transferable T> T broadcast(const Communicator& comm, T value, int root = 0) {
    broadcast(comm, std::span(&value, 1), root);
    return value;
}

/// The text of rank `root`. Collective.
std::string broadcast(const Communicator& comm, std::string text, int root = 0);

/// Element-wise reduction in place; equal lengths everywhere. Collective.
template <Transferable T> void all_reduce(const Communicator& comm, std::span<T> data, Op op) {
    in_pieces(data.size(), [&](std::size_t first, int count) {
        MPI_Allreduce(MPI_IN_PLACE, data.data() + first, count, datatype<T>(), native(op), comm.native());
    });
}

/// Reduction of one value per rank. Collective.
template <Transferable T> T all_reduce(const Communicator& comm, T value, Op op) {
    all_reduce(comm, std::span(&value, 1), op);
    return value;
}

/// One value per rank, in the order of ranks. Collective.
template <Transferable T> std::vector<T> all_gather(const Communicator& comm, T value) {
    std::vector<T> all(static_cast<std::size_t>(comm.size()));
    MPI_Allgather(&value, 1, datatype<T>(), all.data(), 1, datatype<T>(), comm.native());
    return all;
}

/// The pieces of all ranks joined in the order of ranks; lengths may differ, below 2^31 elements in all. Collective.
template <Transferable T> std::vector<T> all_gather_joined(const Communicator& comm, std::span<const T> piece) {
    const std::vector<std::int64_t> lengths = all_gather(comm, static_cast<std::int64_t>(piece.size()));
    const std::int64_t total = std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
    core::ensure(total <= std::numeric_limits<int>::max(), "gathered pieces fit MPI's counts");
    const std::vector<int> counts(lengths.begin(), lengths.end());
    std::vector<int> offsets(counts.size());
    std::exclusive_scan(counts.begin(), counts.end(), offsets.begin(), 0);
    std::vector<T> all(static_cast<std::size_t>(total));
    MPI_Allgatherv(piece.data(), static_cast<int>(piece.size()), datatype<T>(), all.data(), counts.data(),
                   offsets.data(), datatype<T>(), comm.native());
    return all;
}

/// Sum of the values of all lower ranks; 0 on rank 0. Collective.
std::int64_t exclusive_sum(const Communicator& comm, std::int64_t value);

} // namespace blockspin::mpi
