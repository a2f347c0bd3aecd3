#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/lattice/decomposition.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/mpi/requests.hpp>
#include <blockspin/sampling/packed_spins.hpp>

namespace blockspin::sampling {

/// How the ghosts of packed spins move: one non-blocking message per neighbouring rank, for all replicas at once.
/// Only what the update of one colour needs is sent: the words of the other colour across faces, and across those
/// between columns the bits that have neighbours beyond.
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
    /// Consecutive words, or one bit of each.
    struct Piece {
        std::size_t first;
        std::int32_t count;
        int bit = all_bits;

        static constexpr int all_bits = -1;
        std::size_t words() const noexcept; ///< of a message
        void gather(const Word* spins, Word* message) const;
        void scatter(const Word* message, Word* spins) const;
    };
    using Pieces = std::array<std::vector<Piece>, 2>; ///< by colour
    /// All that passes between this rank and one other; both list the pieces in the same order.
    struct Message {
        int rank;
        Pieces send, receive;
        std::vector<Word> sent, received;
    };

    Message& message_with(int rank);
    static Pieces edge(const PackedLayout& layout, int direction, bool is_upper);
    static Pieces ghosts(const PackedLayout& layout, int direction, bool is_upper);

    mpi::Communicator comm_;
    std::vector<Message> messages_;
    mpi::Requests requests_; // last, hence destroyed first: it waits for messages that use the buffers
};

} // namespace blockspin::sampling
