#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <blockspin/core/check.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/mpi/datatype.hpp>

namespace blockspin::mpi {

/// Non-blocking messages and reductions under way. The buffers must stay where they are until wait() has returned.
class Requests {
  public:
    Requests() = default;
    Requests(const Requests&) = delete;
    Requests& operator=(const Requests&) = delete;
    Requests(Requests&&) = default;
    Requests& operator=(Requests&&) = default;
    ~Requests() { wait(); }

    /// Starts to send `data` to rank `destination`; below 2^31 elements.
    template <Transferable T> void send(const Communicator& comm, std::span<const T> data, int destination, int tag) {
        MPI_Isend(data.data(), count(data.size()), datatype<T>(), destination, tag, comm.native(), add());
    }
    /// Starts to receive `data.size()` elements from rank `source`; below 2^31 elements.
    template <Transferable T> void receive(const Communicator& comm, std::span<T> data, int source, int tag) {
        MPI_Irecv(data.data(), count(data.size()), datatype<T>(), source, tag, comm.native(), add());
    }
    /// Starts an element-wise reduction in place; equal lengths everywhere, below 2^31 elements. Collective: started in
    /// the same order on all ranks.
    template <Transferable T> void all_reduce(const Communicator& comm, std::span<T> data, Op op) {
        MPI_Iallreduce(MPI_IN_PLACE, data.data(), count(data.size()), datatype<T>(), native(op), comm.native(), add());
    }
    /// Lets the library move what is under way, without waiting.
    void progress();
    /// Returns when all of them are complete.
    void wait();

  private:
    static int count(std::size_t n) {
        core::ensure(n < (std::size_t{1} << 31), "a message fits MPI's counts");
        return static_cast<int>(n);
    }
    MPI_Request* add() { return &requests_.emplace_back(MPI_REQUEST_NULL); }

    std::vector<MPI_Request> requests_;
};

} // namespace blockspin::mpi
