// What SMPI 3.32 does otherwise than other MPI libraries; these definitions are found first.
#include <mpi.h>

extern "C" {

/// SMPI tells that it allows no threads; here only the main thread makes calls, and has no others.
int MPI_Init_thread(int* argc, char*** argv, int /*required*/, int* provided) {
    *provided = MPI_THREAD_FUNNELED;
    return MPI_Init(argc, argv);
}

/// In SMPI all ranks send all data to all others. Here it is the blocking reduction, by the algorithm that Open MPI
/// would choose: what it costs without any overlap.
int MPI_Iallreduce(const void* from, void* to, int count, MPI_Datatype type, MPI_Op op, MPI_Comm comm,
                   MPI_Request* request) {
    *request = MPI_REQUEST_NULL;
    return MPI_Allreduce(from, to, count, type, op, comm);
}

/// No rank shares memory with another one: copying takes no time here, and what ranks of a node hand over takes that of
/// messages inside the node.
int MPI_Comm_split_type(MPI_Comm comm, int /*type*/, int key, MPI_Info /*info*/, MPI_Comm* result) {
    int rank = 0;
    MPI_Comm_rank(comm, &rank);
    return MPI_Comm_split(comm, rank, key, result);
}
}
