#include <blockspin/mpi/requests.hpp>

namespace blockspin::mpi {

void Requests::progress() {
    int complete = 0;
    if (!requests_.empty()) {
        MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &complete, MPI_STATUSES_IGNORE);
    }
}

void Requests::wait() {
    if (requests_.empty()) return;
    MPI_Waitall(static_cast<int>(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE);
    requests_.clear();
}

} // namespace blockspin::mpi
