#include <blockspin/mpi/collectives.hpp>

namespace blockspin::mpi {

MPI_Op native(Op op) noexcept {
    switch (op) {
    case Op::sum:
        return MPI_SUM;
    case Op::min:
        return MPI_MIN;
    case Op::max:
        return MPI_MAX;
    case Op::bit_or:
        return MPI_BOR;
    }
    return MPI_OP_NULL;
}

std::string broadcast(const Communicator& comm, std::string text, int root) {
    text.resize(broadcast(comm, static_cast<std::uint64_t>(text.size()), root));
    broadcast(comm, std::span(text.data(), text.size()), root);
    return text;
}

std::int64_t exclusive_sum(const Communicator& comm, std::int64_t value) {
    std::int64_t sum = 0;
    MPI_Exscan(&value, &sum, 1, MPI_INT64_T, MPI_SUM, comm.native());
    return comm.is_root() ? 0 : sum;
}

} // namespace blockspin::mpi
