#include <blockspin/mpi/message_time.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/mpi/exchange.hpp>

#include <algorithm>
#include <limits>
#include <vector>

namespace blockspin::mpi {

namespace {

/// Seconds of one message of so many bytes, written and read.
double one_way(const Communicator& comm, std::size_t bytes, int rounds) {
    constexpr int trials = 5;
    const int last = comm.size() - 1;
    std::vector<Exchange::Peer> peers;
    if (comm.rank() == 0) peers.push_back({.rank = last, .sent = bytes, .received = bytes});
    if (comm.rank() == last) peers.push_back({.rank = 0, .sent = bytes, .received = bytes});
    Exchange exchange(comm, peers);
    std::vector<char> data(bytes);
    double shortest = std::numeric_limits<double>::infinity();
    for (int trial = 0; trial < trials; ++trial) {
        comm.barrier();
        const double start = MPI_Wtime();
        for (int i = 0; i < rounds && !peers.empty(); ++i) {
            std::ranges::copy(data, exchange.outgoing<char>(0, bytes).begin());
            exchange.begin(0, bytes, bytes);
            exchange.end();
            std::ranges::copy(exchange.incoming<char>(0, bytes), data.begin());
        }
        if (comm.rank() == 0) shortest = std::min(shortest, (MPI_Wtime() - start) / rounds);
    }
    return broadcast(comm, shortest);
}

} // namespace

MessageTime measure_messages(const Communicator& comm) {
    core::ensure(comm.size() > 1, "messages go from one rank to another");
    constexpr std::size_t few = 8, many = 1 << 20;
    const double latency = one_way(comm, few, 400);
    const double long_message = one_way(comm, many, 20);
    return {.latency = latency, .bandwidth = static_cast<double>(many) / std::max(long_message - latency, 1e-12)};
}

} // namespace blockspin::mpi
