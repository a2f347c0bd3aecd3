#include <blockspin/mpi/agreement.hpp>

#include <blockspin/mpi/collectives.hpp>

#include <algorithm>
#include <new>
#include <string>
#include <thread>
#include <vector>

namespace blockspin::mpi {

namespace {

struct Failure {
    core::ExitCode code = core::ExitCode::done;
    std::string message;
};

Failure describe(const std::exception_ptr& failure) {
    if (!failure) return {};
    try {
        std::rethrow_exception(failure);
    } catch (const core::Error& error) {
        return {error.code(), error.what()};
    } catch (const std::bad_alloc&) {
        return {core::ExitCode::internal_error, "out of memory"};
    } catch (const std::exception& error) {
        return {core::ExitCode::internal_error, error.what()};
    } catch (...) {
        return {core::ExitCode::internal_error, "an unknown exception"};
    }
}

} // namespace

void agree(const Communicator& comm, std::exception_ptr failure) {
    const int witness = all_reduce(comm, failure ? comm.rank() : comm.size(), Op::min);
    if (witness == comm.size()) return;
    const Failure mine = describe(failure);
    const auto code = static_cast<core::ExitCode>(broadcast(comm, static_cast<int>(mine.code), witness));
    core::throw_error(code, broadcast(comm, mine.message, witness), core::Scope::all_ranks);
}

bool everybody_is_here(const Communicator& comm, std::chrono::milliseconds patience) {
    MPI_Request barrier = MPI_REQUEST_NULL;
    MPI_Ibarrier(comm.native(), &barrier);
    const auto end = std::chrono::steady_clock::now() + patience;
    int complete = 0;
    while (complete == 0 && std::chrono::steady_clock::now() < end) {
        MPI_Test(&barrier, &complete, MPI_STATUS_IGNORE);
        if (complete == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return complete != 0;
}

bool is_same_on_all_ranks(const Communicator& comm, std::span<const std::byte> bytes) {
    const auto length = static_cast<std::uint64_t>(bytes.size());
    const bool same_length = all_reduce(comm, length, Op::min) == all_reduce(comm, length, Op::max);
    if (!same_length) return false;
    std::vector<std::byte> of_root(bytes.begin(), bytes.end());
    broadcast(comm, std::span(of_root));
    return all_reduce(comm, std::int32_t{std::ranges::equal(of_root, bytes)}, Op::min) == 1;
}

} // namespace blockspin::mpi
