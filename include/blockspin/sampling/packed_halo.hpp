#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/lattice/decomposition.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/mpi/exchange.hpp>
#include <blockspin/sampling/packed_spins.hpp>

namespace blockspin::sampling {

/// How the ghosts of packed spins move: one message per neighbouring rank, for all replicas at once.
/// Only what the update of one colour needs is sent: the words of the other colour across faces, and across those
/// between columns the bits that have neighbours beyond.
class PackedHalo {
  public:
    /// Of so many replicas; the ranks of `comm` are those of the decomposition. Without shared memory on request.
    /// Collective.
    PackedHalo(const mpi::Communicator& comm, const lattice::Decomposition& decomposition, std::size_t replicas,
               bool in_shared_memory = true);

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
    /// All that passes one way between two ranks, which list it in the same order.
    struct Message {
        std::vector<Piece> pieces;
        std::size_t words = 0; ///< of a replica

        void add(const Piece& piece);
    };
    using Messages = std::array<Message, 2>; ///< by colour
    struct Neighbour {
        int rank;
        Messages sent, received;
    };

    static std::vector<Neighbour> neighbours(const lattice::Decomposition& decomposition);
    static void add_edge(const PackedLayout& layout, int direction, bool is_upper, Messages& messages);
    static void add_ghosts(const PackedLayout& layout, int direction, bool is_upper, Messages& messages);
    static std::vector<mpi::Exchange::Peer> peers(const std::vector<Neighbour>& neighbours, std::size_t replicas);

    std::size_t replicas_;
    std::vector<Neighbour> neighbours_;
    mpi::Exchange exchange_;
};

} // namespace blockspin::sampling
