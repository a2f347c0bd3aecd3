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

/// What the rank beyond a side needs of this domain.
PackedHalo::Pieces PackedHalo::edge(const PackedLayout& layout, int direction, bool is_upper) {
    Pieces pieces;
    for (const int colour : {0, 1}) {
        for_each_run(layout, direction, is_upper, [&](const lattice::Coordinates& at, int parity) {
            const std::size_t run = layout.run(at, parity), last = static_cast<std::size_t>(layout.words() - 1);
            if (direction == 1) {
                // Row 0 is the neighbour of the odd row below the domain, the last row that of the even row above it.
                if (parity == int{is_upper}) pieces[colour].push_back({is_upper ? run + last : run, 1});
            } else if (direction != 0 || looks_up(layout, at, parity, 1 - colour) != is_upper) {
                const int bit = is_upper ? layout.bits(at[0]) - 1 : 0;
                pieces[colour].push_back({run, layout.words(), direction == 0 ? bit : Piece::all_bits});
            }
        });
    }
    return pieces;
}

/// Where this domain has what is beyond a side.
PackedHalo::Pieces PackedHalo::ghosts(const PackedLayout& layout, int direction, bool is_upper) {
    Pieces pieces;
    for (const int colour : {0, 1}) {
        for_each_run(layout, direction, is_upper, [&](lattice::Coordinates at, int parity) {
            const std::size_t run = layout.run(at, parity), end = static_cast<std::size_t>(layout.words());
            if (direction == 1) {
                if (parity != int{is_upper}) pieces[colour].push_back({is_upper ? run + end : run - 1, 1});
            } else if (direction != 0 || looks_up(layout, at, parity, 1 - colour) == is_upper) {
                at[direction] += is_upper ? 1 : -1;
                const int bit = is_upper ? 0 : layout.bits(at[0]) - 1;
                pieces[colour].push_back(
                    {layout.run(at, parity), layout.words(), direction == 0 ? bit : Piece::all_bits});
            }
        });
    }
    return pieces;
}

PackedHalo::Message& PackedHalo::message_with(int rank) {
    const auto found = std::ranges::find(messages_, rank, &Message::rank);
    if (found != messages_.end()) return *found;
    return messages_.emplace_back(Message{.rank = rank, .send = {}, .receive = {}, .sent = {}, .received = {}});
}

PackedHalo::PackedHalo(const mpi::Communicator& comm, const lattice::Decomposition& decomposition) : comm_(comm.dup()) {
    const PackedLayout layout(decomposition);
    const auto append = [](Pieces& all, const Pieces& some) {
        for (std::size_t c = 0; c < all.size(); ++c) all[c].insert(all[c].end(), some[c].begin(), some[c].end());
    };
    // Everybody goes through the sides in one order, so the pieces match where several lead to the same rank.
    for (int d = 0; d < lattice::max_dimension; ++d) {
        if (!layout.is_cut(d)) continue;
        for (const bool is_upper : {false, true}) {
            lattice::Coordinates direction{}, opposite{};
            direction[d] = is_upper ? 1 : -1;
            opposite[d] = -direction[d];
            // Packed lattices are periodic.
            append(message_with(*decomposition.neighbour(direction)).send, edge(layout, d, is_upper));
            append(message_with(*decomposition.neighbour(opposite)).receive, ghosts(layout, d, !is_upper));
        }
    }
}

void PackedHalo::begin(std::span<PackedSpins> spins, int colour) {
    constexpr int tag = 0;
    const auto total = [&spins](const std::vector<Piece>& pieces) {
        std::size_t words = 0;
        for (const Piece& piece : pieces) words += piece.words();
        return words * spins.size();
    };
    for (Message& message : messages_) {
        message.received.resize(total(message.receive[colour]));
        requests_.receive(comm_, std::span(message.received), message.rank, tag);
    }
    for (Message& message : messages_) {
        message.sent.resize(total(message.send[colour]));
        Word* to = message.sent.data();
        for (const PackedSpins& one : spins) {
            for (const Piece& piece : message.send[colour]) {
                piece.gather(one.words(colour), to);
                to += piece.words();
            }
        }
        requests_.send(comm_, std::span<const Word>(message.sent), message.rank, tag);
    }
}

void PackedHalo::end(std::span<PackedSpins> spins, int colour) {
    requests_.wait();
    for (const Message& message : messages_) {
        const Word* from = message.received.data();
        for (PackedSpins& one : spins) {
            for (const Piece& piece : message.receive[colour]) {
                piece.scatter(from, one.words(colour));
                from += piece.words();
            }
        }
    }
}

} // namespace blockspin::sampling
