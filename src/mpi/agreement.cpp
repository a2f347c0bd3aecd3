#include <blockspin/mpi/agreement.hpp>

#include <blockspin/mpi/collectives.hpp>

#include <algorithm>
#include <string>
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

bool is_same_on_all_ranks(const Communicator& comm, std::span<const std::byte> bytes) {
    const auto length = static_cast<std::uint64_t>(bytes.size());
    const bool same_length = all_reduce(comm, length, Op::min) == all_reduce(comm, length, Op::max);
    if (!same_length) return false;
    std::vector<std::byte> of_root(bytes.begin(), bytes.end());
    broadcast(comm, std::span(of_root));
    return all_reduce(comm, std::int32_t{std::ranges::equal(of_root, bytes)}, Op::min) == 1;
}

} // namespace blockspin::mpi
