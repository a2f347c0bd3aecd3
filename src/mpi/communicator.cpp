#include <blockspin/mpi/communicator.hpp>

#include <blockspin/core/error.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <utility>

namespace blockspin::mpi {

namespace {

/// What an exception that nobody can catch, such as one in a parallel region of OpenMP, says and ends with.
core::ExitCode tell_of_uncaught(int rank) {
    const auto tell = [rank](core::ExitCode code, const char* message) {
        std::fprintf(stderr, "blockspin: rank %d: %s\n", rank, message);
        return code;
    };
    try {
        if (const auto uncaught = std::current_exception()) std::rethrow_exception(uncaught);
        return tell(core::ExitCode::internal_error, "ended without an exception");
    } catch (const core::Error& error) {
        return tell(error.code(), error.what());
    } catch (const std::bad_alloc&) {
        return tell(core::ExitCode::internal_error, "out of memory");
    } catch (const std::exception& error) {
        return tell(core::ExitCode::internal_error, error.what());
    } catch (...) {
        return tell(core::ExitCode::internal_error, "an unknown exception");
    }
}

/// Ends all ranks, where std::terminate would leave them to the launcher.
[[noreturn]] void end_all_ranks() {
    int rank = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    const auto code = static_cast<int>(tell_of_uncaught(rank));
    MPI_Abort(MPI_COMM_WORLD, code);
    std::_Exit(code);
}

} // namespace

Environment::Environment(int& argc, char**& argv) {
    int provided = MPI_THREAD_SINGLE;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
    std::set_terminate(end_all_ranks);
    if (provided < MPI_THREAD_FUNNELED) throw core::InternalError("this MPI library does not allow threads");
}

Environment::~Environment() {
    std::set_terminate(nullptr);
    MPI_Finalize();
}

void Environment::abort(int exit_code) const noexcept {
    MPI_Abort(MPI_COMM_WORLD, exit_code);
    std::_Exit(exit_code);
}

Communicator::Communicator(MPI_Comm owned) : comm_(owned) {
    MPI_Comm_rank(comm_, &rank_);
    MPI_Comm_size(comm_, &size_);
}

Communicator Communicator::world(const Environment& /*environment*/) {
    MPI_Comm duplicate = MPI_COMM_NULL;
    MPI_Comm_dup(MPI_COMM_WORLD, &duplicate);
    return Communicator(duplicate);
}

Communicator Communicator::self() {
    MPI_Comm duplicate = MPI_COMM_NULL;
    MPI_Comm_dup(MPI_COMM_SELF, &duplicate);
    return Communicator(duplicate);
}

Communicator::Communicator(Communicator&& other) noexcept
    : comm_(std::exchange(other.comm_, MPI_COMM_NULL)), rank_(other.rank_), size_(other.size_) {}

Communicator& Communicator::operator=(Communicator&& other) noexcept {
    if (this != &other) {
        release();
        comm_ = std::exchange(other.comm_, MPI_COMM_NULL);
        rank_ = other.rank_;
        size_ = other.size_;
    }
    return *this;
}

Communicator::~Communicator() { release(); }

void Communicator::release() noexcept {
    if (comm_ != MPI_COMM_NULL) MPI_Comm_free(&comm_);
}

Communicator Communicator::dup() const {
    MPI_Comm duplicate = MPI_COMM_NULL;
    MPI_Comm_dup(comm_, &duplicate);
    return Communicator(duplicate);
}

Communicator Communicator::split(int color, int key) const {
    MPI_Comm part = MPI_COMM_NULL;
    MPI_Comm_split(comm_, color, key, &part);
    return Communicator(part);
}

Communicator Communicator::on_this_node() const {
    MPI_Comm node = MPI_COMM_NULL;
    MPI_Comm_split_type(comm_, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
    return Communicator(node);
}

void Communicator::barrier() const { MPI_Barrier(comm_); }

} // namespace blockspin::mpi
