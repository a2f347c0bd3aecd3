#include <blockspin/mpi/exchange.hpp>

#include <blockspin/mpi/collectives.hpp>

#include <algorithm>
#include <atomic>

namespace blockspin::mpi {

namespace {

constexpr int tag = 0;
constexpr std::size_t line = 64; ///< of a cache; two ranks should not write to the same one

std::size_t whole_lines(std::size_t bytes) { return (bytes + line - 1) / line * line; }

/// The number of rounds sent, in a line of its own, and two messages.
std::size_t channel_bytes(std::size_t message) { return line + 2 * whole_lines(message); }

} // namespace

Exchange::Exchange(const Communicator& comm, const std::vector<Peer>& peers, bool in_shared_memory)
    : comm_(comm.dup()) {
    const Communicator node = comm.on_this_node();
    const std::vector<int> near = all_gather(node, comm.rank());
    for (const Peer& peer : peers) {
        const bool is_near = in_shared_memory && std::ranges::find(near, peer.rank) != near.end();
        links_.push_back({.peer = peer, .is_near = is_near, .outgoing = {}, .incoming = {}});
    }
    share_memory(node);
    for (Link& link : links_) {
        if (link.is_near) continue;
        link.outgoing.first = private_.emplace_back(link.peer.sent).data();
        link.incoming.first = private_.emplace_back(link.peer.received).data();
    }
}

/// Lays out the channels between ranks of a node, each where its sender says.
void Exchange::share_memory(const Communicator& node) {
    std::size_t own = 0;
    for (const Link& link : links_) own += link.is_near ? channel_bytes(link.peer.sent) : 0;
    const auto total = static_cast<std::size_t>(all_reduce(node, static_cast<std::int64_t>(own), Op::sum));
    auto next = static_cast<std::size_t>(exclusive_sum(node, static_cast<std::int64_t>(own)));
    if (total > 0) shared_ = SharedMemory::allocate(node, total);
    if (!shared_) {
        for (Link& link : links_) link.is_near = false;
        return;
    }
    struct Offsets {
        std::uint64_t outgoing, incoming;
    };
    std::vector<Offsets> offsets(links_.size());
    for (std::size_t i = 0; i < links_.size(); ++i) {
        const Peer& peer = links_[i].peer;
        if (!links_[i].is_near) continue;
        offsets[i].outgoing = next;
        next += channel_bytes(peer.sent);
        requests_.receive(comm_, std::span(&offsets[i].incoming, 1), peer.rank, tag);
        requests_.send(comm_, std::span<const std::uint64_t>(&offsets[i].outgoing, 1), peer.rank, tag);
    }
    requests_.wait();
    const auto channel = [&](std::uint64_t offset, std::size_t message) {
        std::byte* const first = shared_->bytes().data() + offset;
        return Channel{
            .first = first + line, .stride = whole_lines(message), .sent = reinterpret_cast<std::uint64_t*>(first)};
    };
    for (std::size_t i = 0; i < links_.size(); ++i) {
        if (!links_[i].is_near) continue;
        links_[i].outgoing = channel(offsets[i].outgoing, links_[i].peer.sent);
        links_[i].incoming = channel(offsets[i].incoming, links_[i].peer.received);
    }
}

void Exchange::begin(std::size_t peer, std::size_t sent, std::size_t received) {
    const Link& link = links_[peer];
    if (link.is_near) {
        std::atomic_ref(*link.outgoing.sent).store(round_ + 1, std::memory_order_release);
    } else {
        requests_.receive(comm_, std::span(link.incoming.first, received), link.peer.rank, tag);
        requests_.send(comm_, std::span<const std::byte>(link.outgoing.first, sent), link.peer.rank, tag);
    }
}

/// Returns when this round's message is there. After some ten microseconds it waits in the library, which moves other
/// messages on, for which the peer may be waiting itself, and lets others work where ranks share a core.
void Exchange::await(const Channel& channel) const {
    constexpr int looks = 1 << 14;
    const std::atomic_ref sent(*channel.sent);
    const auto is_there = [&] { return sent.load(std::memory_order_acquire) > round_; };
    for (int look = 0; look < looks; ++look) {
        if (is_there()) return;
    }
    for (int any = 0; !is_there();) {
        MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, comm_.native(), &any, MPI_STATUS_IGNORE);
    }
}

void Exchange::end() {
    requests_.wait();
    for (const Link& link : links_) {
        if (link.is_near) await(link.incoming);
    }
    ++round_;
}

} // namespace blockspin::mpi
