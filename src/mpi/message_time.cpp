#include <blockspin/mpi/message_time.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/mpi/collectives.hpp>

#include <algorithm>
#include <limits>
#include <vector>

namespace blockspin::mpi {

namespace {

/// Seconds of one message of so many bytes.
double one_way(const Communicator& comm, std::size_t bytes, int round_trips) {
    constexpr int trials = 5, tag = 0;
    const int last = comm.size() - 1;
    std::vector<char> data(bytes);
    const auto count = static_cast<int>(bytes);
    const auto send = [&](int to) { MPI_Send(data.data(), count, MPI_CHAR, to, tag, comm.native()); };
    const auto receive = [&](int from) {
        MPI_Recv(data.data(), count, MPI_CHAR, from, tag, comm.native(), MPI_STATUS_IGNORE);
    };
    double shortest = std::numeric_limits<double>::infinity();
    for (int trial = 0; trial < trials; ++trial) {
        comm.barrier();
        const double start = MPI_Wtime();
        for (int i = 0; i < round_trips; ++i) {
            if (comm.rank() == 0) {
                send(last);
                receive(last);
            } else if (comm.rank() == last) {
                receive(0);
                send(0);
            }
        }
        if (comm.rank() == 0) shortest = std::min(shortest, (MPI_Wtime() - start) / (2.0 * round_trips));
    }
    return broadcast(comm, shortest);
}

} // namespace

MessageTime measure_messages(const Communicator& comm) {
    core::ensure(comm.size() > 1, "messages go from one rank to another");
    constexpr std::size_t few = 8, many = 1 << 20;
    const double latency = one_way(comm, few, 200);
    const double long_message = one_way(comm, many, 10);
    return {.latency = latency, .bandwidth = static_cast<double>(many) / std::max(long_message - latency, 1e-12)};
}

} // namespace blockspin::mpi
