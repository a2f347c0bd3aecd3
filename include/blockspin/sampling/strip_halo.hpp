#pragma once

#include <array>
#include <span>
#include <vector>

#include <blockspin/mpi/communicator.hpp>
#include <blockspin/mpi/requests.hpp>
#include <blockspin/sampling/strip_spins.hpp>

namespace blockspin::sampling {

/// How the ghosts at the ends of runs move between the domains of a cut lattice: one non-blocking message to either
/// side, for all replicas and some colours at once.
class StripHalo {
  public:
    /// The ranks of `comm` are those of the decomposition. Collective.
    explicit StripHalo(const mpi::Communicator& comm) : comm_(comm.dup()) {}

    /// Sends the first and last words of the runs of these colours, which may be changed again. Collective.
    void begin(std::span<const StripSpins> spins, std::span<const int> colours);
    /// Waits for the ghosts. Collective.
    void end(std::span<StripSpins> spins, std::span<const int> colours);

  private:
    mpi::Communicator comm_;
    std::array<std::vector<Word>, 2> sent_, received_; ///< to and from below and above
    mpi::Requests requests_; // last, hence destroyed first: it waits for messages that use the buffers
};

} // namespace blockspin::sampling
