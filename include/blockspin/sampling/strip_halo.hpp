#pragma once

#include <cstddef>
#include <span>

#include <blockspin/mpi/communicator.hpp>
#include <blockspin/mpi/exchange.hpp>
#include <blockspin/sampling/strip_spins.hpp>

namespace blockspin::sampling {

/// How the ghosts at the ends of runs move between the domains of a cut lattice: one message per neighbouring rank, for
/// all replicas and some colours at once.
class StripHalo {
  public:
    /// Of so many replicas; the ranks of `comm` are those of the decomposition. Collective.
    StripHalo(const mpi::Communicator& comm, const StripLayout& layout, std::size_t replicas);

    const StripLayout& layout() const noexcept { return layout_; }

    /// Sends the first and last words of the runs of these colours, which may be changed again. Collective.
    void begin(std::span<const StripSpins> spins, std::span<const int> colours);
    /// Waits for the ghosts. Collective.
    void end(std::span<StripSpins> spins, std::span<const int> colours);

  private:
    /// Where two ranks share the lattice, the same one is below and above: it is one peer, and what is for the side
    /// below comes first in its messages.
    std::size_t peers() const noexcept { return layout_.beside()[0] == layout_.beside()[1] ? 1 : 2; }

    StripLayout layout_;
    std::size_t runs_; ///< of a colour, of all replicas
    mpi::Exchange exchange_;
};

} // namespace blockspin::sampling
