#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include <blockspin/core/check.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/mpi/requests.hpp>
#include <blockspin/mpi/shared_memory.hpp>

namespace blockspin::mpi {

/// What a message of bytes can be made of.
template <class T>
concept Plain = std::is_trivially_copyable_v<T> && alignof(T) <= alignof(std::max_align_t);

/// Messages between ranks in rounds: in each one goes from every rank to each of its peers, and one comes from each.
/// Between nodes they are non-blocking messages. Inside a node they are written where the peer reads them, and a number
/// tells how many rounds have been sent: a rank may be one round ahead of another, so there is room for two.
class Exchange {
  public:
    /// Another rank; the most bytes that go to it and come from it in a round.
    struct Peer {
        int rank;
        std::size_t sent, received;
    };

    /// Each is a peer of its peers, and both know the same lengths. All in messages on request. Collective.
    Exchange(const Communicator& comm, const std::vector<Peer>& peers, bool in_shared_memory = true);

    /// Where this round's message to the peer of this number is to be written, before begin().
    template <Plain T> std::span<T> outgoing(std::size_t peer, std::size_t count) {
        return view<T>(links_[peer].outgoing, links_[peer].peer.sent, round_ + 1, count);
    }
    /// Sends it; `sent` and `received` are the bytes of this round, which may be fewer than the most.
    void begin(std::size_t peer, std::size_t sent, std::size_t received);
    /// Waits for the messages of all peers, after begin() for each of them: the end of the round.
    void end();
    /// What the peer sent in the round that has ended; there until begin() of the next one.
    template <Plain T> std::span<const T> incoming(std::size_t peer, std::size_t count) const {
        return view<T>(links_[peer].incoming, links_[peer].peer.received, round_, count);
    }

  private:
    /// One way to a peer, or from it.
    struct Channel {
        std::byte* first = nullptr;    ///< room for a message, or for two
        std::size_t stride = 0;        ///< to the second
        std::uint64_t* sent = nullptr; ///< rounds, as both see it; none where messages are MPI's
    };
    struct Link {
        Peer peer;
        bool is_near;
        Channel outgoing, incoming;
    };

    template <class T>
    static std::span<T> view(const Channel& channel, std::size_t most, std::uint64_t round, std::size_t count) {
        core::ensure(count * sizeof(T) <= most, "a message as long as was foreseen");
        return {reinterpret_cast<T*>(channel.first + channel.stride * (round % 2)), count};
    }

    void share_memory(const Communicator& node);
    void await(const Channel& channel) const;

    Communicator comm_;
    std::vector<Link> links_;
    std::optional<SharedMemory> shared_;
    std::vector<std::vector<std::byte>> private_;
    std::uint64_t round_ = 0; ///< how many have ended
    Requests requests_;       // last, hence destroyed first: it waits for messages that use the room
};

} // namespace blockspin::mpi
