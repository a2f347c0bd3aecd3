#pragma once

#include <cstddef>
#include <cstdint>

#include <mpi.h>

namespace blockspin::mpi {

// The MPI datatype that goes with a C++ type; overloads exist for exactly the types that may travel.
inline MPI_Datatype datatype_of(const char*) { return MPI_CHAR; }
inline MPI_Datatype datatype_of(const std::byte*) { return MPI_BYTE; }
inline MPI_Datatype datatype_of(const std::int8_t*) { return MPI_INT8_T; }
inline MPI_Datatype datatype_of(const std::uint8_t*) { return MPI_UINT8_T; }
inline MPI_Datatype datatype_of(const std::int16_t*) { return MPI_INT16_T; }
inline MPI_Datatype datatype_of(const std::uint16_t*) { return MPI_UINT16_T; }
inline MPI_Datatype datatype_of(const std::int32_t*) { return MPI_INT32_T; }
inline MPI_Datatype datatype_of(const std::uint32_t*) { return MPI_UINT32_T; }
inline MPI_Datatype datatype_of(const std::int64_t*) { return MPI_INT64_T; }
inline MPI_Datatype datatype_of(const std::uint64_t*) { return MPI_UINT64_T; }
inline MPI_Datatype datatype_of(const float*) { return MPI_FLOAT; }
inline MPI_Datatype datatype_of(const double*) { return MPI_DOUBLE; }

/// What can travel between ranks: fixed-width numbers, chars and bytes.
template <class T>
concept Transferable = requires(const T* pointer) {
    datatype_of(pointer);
};

/// The MPI datatype of a Transferable type.
template <Transferable T> MPI_Datatype datatype() { return datatype_of(static_cast<const T*>(nullptr)); }

static_assert(Transferable<double> && Transferable<std::byte> && !Transferable<bool> && !Transferable<void*>);

} // namespace blockspin::mpi
