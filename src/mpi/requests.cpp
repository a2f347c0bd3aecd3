#include <blockspin/mpi/requests.hpp>

namespace blockspin::mpi {

void Requests::wait() {
    if (requests_.empty()) return;
    MPI_Waitall(static_cast<int>(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE);
    requests_.clear();
}

} // namespace blockspin::mpi
