#pragma once

#include <blockspin/core/error.hpp>
#include <blockspin/mpi/agreement.hpp>

#include <exception>

namespace blockspin::io {

/// Has every rank met this failure already?
inline bool is_known_to_all(const std::exception_ptr& failure) {
    try {
        if (failure) std::rethrow_exception(failure);
    } catch (const core::Error& error) {
        return error.scope() == core::Scope::all_ranks;
    } catch (...) {
        return false;
    }
    return false;
}

/// After code of the caller that is collective in parts: makes the failure of one rank the failure of all. A rank that
/// left early is met by the agreement with which every collective operation of Reader and Writer begins. Collective.
inline void settle(const mpi::Communicator& comm, const std::exception_ptr& failure) {
    if (is_known_to_all(failure)) std::rethrow_exception(failure);
    mpi::agree(comm, failure);
}

} // namespace blockspin::io
