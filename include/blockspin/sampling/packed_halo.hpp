#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/lattice/decomposition.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/mpi/requests.hpp>
#include <blockspin/sampling/packed_spins.hpp>

namespace blockspin::sampling {

/// How the ghosts of packed spins move: one non-blocking message per cut side of the domain, for all replicas at once.
/// Only what the update of one colour needs is sent: the words of the other colour across faces.
class PackedHalo {
  public:
    /// The ranks of `comm` are those of the decomposition. Collective.
    PackedHalo(const mpi::Communicator& comm, const lattice::Decomposition& decomposition);

    /// Starts to refresh the ghosts of a colour; the other colour may be worked on where ghosts are not needed.
    /// Collective.
    void begin(std::span<PackedSpins> spins, int colour);
    /// Waits for the ghosts. Collective.
    void end(std::span<PackedSpins> spins, int colour);

  private:
    /// Consecutive words.
    struct Piece {
        std::size_t first;
        std::int32_t count;
    };
    /// All that passes across one side.
    struct Side {
        int rank;
        int tag_sent, tag_received;
        std::array<std::vector<Piece>, 2> send, receive; ///< by colour
        std::vector<Word> sent, received;
    };

    static Side side(const PackedLayout& layout, int direction, bool is_upper);

    mpi::Communicator comm_;
    std::vector<Side> sides_;
    mpi::Requests requests_; // last, hence destroyed first: it waits for messages that use the buffers
};

} // namespace blockspin::sampling
