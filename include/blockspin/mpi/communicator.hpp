#pragma once

#include <mpi.h>

namespace blockspin::mpi {

/// Owner of the MPI session: initialises with MPI_THREAD_FUNNELED, finalises at the end of its life. One per program.
class Environment {
  public:
    /// Throws core::InternalError if the library offers less than MPI_THREAD_FUNNELED.
    Environment(int& argc, char**& argv);
    ~Environment();
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

    /// Ends every rank of the run at once with this exit code: for an error that only this rank knows of.
    [[noreturn]] void abort(int exit_code) const noexcept;
};

/// Move-only owner of an MPI communicator. Passed explicitly wherever ranks meet; nothing defaults to the world.
class Communicator {
  public:
    /// A duplicate of MPI_COMM_WORLD. Collective.
    static Communicator world(const Environment& environment);
    /// A communicator of the calling rank alone. Not collective.
    static Communicator self();

    Communicator(Communicator&& other) noexcept;
    Communicator& operator=(Communicator&& other) noexcept;
    Communicator(const Communicator&) = delete;
    Communicator& operator=(const Communicator&) = delete;
    ~Communicator();

    int rank() const noexcept { return rank_; }
    int size() const noexcept { return size_; }
    bool is_root() const noexcept { return rank_ == 0; }
    MPI_Comm native() const noexcept { return comm_; }

    /// The same ranks with message traffic of their own. Collective.
    Communicator dup() const;
    /// Ranks of equal `color` meet in a new communicator, in the order of `key`, then of their rank here. Collective.
    Communicator split(int color, int key = 0) const;
    /// The ranks that share this one's memory. Collective.
    Communicator on_this_node() const;
    /// Returns once every rank has called it. Collective.
    void barrier() const;

  private:
    explicit Communicator(MPI_Comm owned);
    void release() noexcept;

    MPI_Comm comm_ = MPI_COMM_NULL;
    int rank_ = 0;
    int size_ = 1;
};

} // namespace blockspin::mpi
