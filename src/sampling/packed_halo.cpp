#include <blockspin/sampling/packed_halo.hpp>

#include <blockspin/sampling/packed_bits.hpp>

#include <algorithm>

namespace blockspin::sampling {

namespace {

/// Calls visit(at, parity) for all runs at a side of the domain; along y every run has an end there.
template <class Visit> void for_each_run(const PackedLayout& layout, int direction, bool is_upper, Visit&& visit) {
    lattice::Box face{.extent = layout.extents()};
    if (direction != 1) {
        face.offset[direction] = is_upper ? layout.extents()[direction] - 1 : 0;
        face.extent[direction] = 1;
    }
    lattice::for_each_row(face, [&](lattice::Coordinates at) {
        for (std::int32_t column = 0; column < face.extent[0]; ++column, ++at[0]) {
            for (const int parity : {0, 1}) visit(at, parity);
        }
    });
}

/// Has a spin of this colour in such a row a neighbour in the column above (else in the one below)?
bool looks_up(const PackedLayout& layout, const lattice::Coordinates& at, int parity, int colour) {
    return layout.offset(at, parity, colour) != 0;
}

} // namespace

std::size_t PackedHalo::Piece::words() const noexcept {
    return static_cast<std::size_t>(bit == all_bits ? count : words_of_bits(count));
}

/// Copies the piece into a message.
void PackedHalo::Piece::gather(const Word* spins, Word* message) const {
    if (bit == all_bits) {
        std::copy_n(spins + first, count, message);
    } else {
        gather_bits(spins + first, count, bit, message);
    }
}

void PackedHalo::Piece::scatter(const Word* message, Word* spins) const {
    if (bit == all_bits) {
        std::copy_n(message, count, spins + first);
    } else {
        scatter_bits(message, count, bit, spins + first);
    }
}

void PackedHalo::Message::add(const Piece& piece) {
    pieces.push_back(piece);
    words += piece.words();
}

/// What the rank beyond a side needs of this domain.
void PackedHalo::add_edge(const PackedLayout& layout, int direction, bool is_upper, Messages& messages) {
    for (const int colour : {0, 1}) {
        Message& message = messages[static_cast<std::size_t>(colour)];
        for_each_run(layout, direction, is_upper, [&](const lattice::Coordinates& at, int parity) {
            const std::size_t run = layout.run(at, parity), last = static_cast<std::size_t>(layout.words() - 1);
            if (direction == 1) {
                // Row 0 is the neighbour of the odd row below the domain, the last row that of the even row above it.
                if (parity == int{is_upper}) message.add({is_upper ? run + last : run, 1});
            } else if (direction != 0 || looks_up(layout, at, parity, 1 - colour) != is_upper) {
                const int bit = is_upper ? layout.bits(at[0]) - 1 : 0;
                message.add({run, layout.words(), direction == 0 ? bit : Piece::all_bits});
            }
        });
    }
}

/// Where this domain has what is beyond a side.
void PackedHalo::add_ghosts(const PackedLayout& layout, int direction, bool is_upper, Messages& messages) {
    for (const int colour : {0, 1}) {
        Message& message = messages[static_cast<std::size_t>(colour)];
        for_each_run(layout, direction, is_upper, [&](lattice::Coordinates at, int parity) {
            const std::size_t run = layout.run(at, parity), end = static_cast<std::size_t>(layout.words());
            if (direction == 1) {
                if (parity != int{is_upper}) message.add({is_upper ? run + end : run - 1, 1});
            } else if (direction != 0 || looks_up(layout, at, parity, 1 - colour) == is_upper) {
                at[direction] += is_upper ? 1 : -1;
                const int bit = is_upper ? 0 : layout.bits(at[0]) - 1;
                message.add({layout.run(at, parity), layout.words(), direction == 0 ? bit : Piece::all_bits});
            }
        });
    }
}

std::vector<PackedHalo::Neighbour> PackedHalo::neighbours(const lattice::Decomposition& decomposition) {
    const PackedLayout layout(decomposition);
    std::vector<Neighbour> all;
    const auto with = [&all](int rank) -> Neighbour& {
        const auto found = std::ranges::find(all, rank, &Neighbour::rank);
        return found != all.end() ? *found : all.emplace_back(Neighbour{.rank = rank, .sent = {}, .received = {}});
    };
    // Everybody goes through the sides in one order, so the pieces match where several lead to the same rank.
    for (int d = 0; d < lattice::max_dimension; ++d) {
        if (!layout.is_cut(d)) continue;
        for (const bool is_upper : {false, true}) {
            lattice::Coordinates direction{}, opposite{};
            direction[d] = is_upper ? 1 : -1;
            opposite[d] = -direction[d];
            // Packed lattices are periodic.
            add_edge(layout, d, is_upper, with(*decomposition.neighbour(direction)).sent);
            add_ghosts(layout, d, !is_upper, with(*decomposition.neighbour(opposite)).received);
        }
    }
    return all;
}

std::vector<mpi::Exchange::Peer> PackedHalo::peers(const std::vector<Neighbour>& neighbours, std::size_t replicas) {
    const auto most = [&](const Messages& messages) {
        return std::max(messages[0].words, messages[1].words) * replicas * sizeof(Word);
    };
    std::vector<mpi::Exchange::Peer> peers;
    for (const Neighbour& each : neighbours) {
        peers.push_back({.rank = each.rank, .sent = most(each.sent), .received = most(each.received)});
    }
    return peers;
}

PackedHalo::PackedHalo(const mpi::Communicator& comm, const lattice::Decomposition& decomposition, std::size_t replicas,
                       bool in_shared_memory)
    : replicas_(replicas), neighbours_(neighbours(decomposition)),
      exchange_(comm, peers(neighbours_, replicas), in_shared_memory) {}

void PackedHalo::begin(std::span<PackedSpins> spins, int colour) {
    const auto c = static_cast<std::size_t>(colour);
    for (std::size_t n = 0; n < neighbours_.size(); ++n) {
        const Message& message = neighbours_[n].sent[c];
        const std::span<Word> words = exchange_.outgoing<Word>(n, message.words * replicas_);
        Word* to = words.data();
        for (const PackedSpins& one : spins) {
            for (const Piece& piece : message.pieces) {
                piece.gather(one.words(colour), to);
                to += piece.words();
            }
        }
        exchange_.begin(n, words.size_bytes(), neighbours_[n].received[c].words * replicas_ * sizeof(Word));
    }
}

void PackedHalo::end(std::span<PackedSpins> spins, int colour) {
    exchange_.end();
    for (std::size_t n = 0; n < neighbours_.size(); ++n) {
        const Message& message = neighbours_[n].received[static_cast<std::size_t>(colour)];
        const Word* from = exchange_.incoming<Word>(n, message.words * replicas_).data();
        for (PackedSpins& one : spins) {
            for (const Piece& piece : message.pieces) {
                piece.scatter(from, one.words(colour));
                from += piece.words();
            }
        }
    }
}

} // namespace blockspin::sampling
