#include <blockspin/sampling/packed_halo.hpp>

#include <algorithm>

namespace blockspin::sampling {

PackedHalo::Side PackedHalo::side(const PackedLayout& layout, int direction, bool is_upper) {
    Side side{.rank = 0,
              .tag_sent = 2 * direction + is_upper,
              .tag_received = 2 * direction + !is_upper,
              .send = {},
              .receive = {},
              .sent = {},
              .received = {}};
    lattice::Box face{.extent = layout.extents()};
    if (direction != 1) {
        face.offset[direction] = is_upper ? layout.extents()[direction] - 1 : 0;
        face.extent[direction] = 1;
    }
    for (const int colour : {0, 1}) {
        const auto add = [&](const lattice::Coordinates& at, int parity) {
            const std::size_t run = layout.run(at, parity);
            if (direction == 1) {
                // Row 0 is the neighbour of the odd row below the domain, the last row that of the even row above it.
                if (parity != (is_upper ? 1 : 0)) return;
                const auto end = static_cast<std::size_t>(layout.words());
                side.send[colour].push_back({is_upper ? run + end - 1 : run, 1});
                side.receive[colour].push_back({layout.run(at, 1 - parity) + (is_upper ? end : std::size_t(-1)), 1});
                return;
            }
            lattice::Coordinates outside = at;
            outside[direction] += is_upper ? 1 : -1;
            // Across a side of columns a row has neighbours only where the other colour comes last or first of a pair.
            const bool leads = layout.offset(at, parity, 1 - colour) == 0;
            if (direction != 0 || leads == is_upper) side.send[colour].push_back({run, layout.words()});
            if (direction != 0 || leads != is_upper) {
                side.receive[colour].push_back({layout.run(outside, parity), layout.words()});
            }
        };
        lattice::for_each_row(face, [&](lattice::Coordinates at) {
            for (std::int32_t column = 0; column < face.extent[0]; ++column, ++at[0]) {
                for (const int parity : {0, 1}) add(at, parity);
            }
        });
    }
    return side;
}

PackedHalo::PackedHalo(const mpi::Communicator& comm, const lattice::Decomposition& decomposition) : comm_(comm.dup()) {
    const PackedLayout layout(decomposition);
    for (int d = 0; d < lattice::max_dimension; ++d) {
        if (!layout.is_cut(d)) continue;
        for (const bool is_upper : {false, true}) {
            lattice::Coordinates direction{};
            direction[d] = is_upper ? 1 : -1;
            sides_.push_back(side(layout, d, is_upper));
            sides_.back().rank = *decomposition.neighbour(direction); // packed lattices are periodic
        }
    }
}

void PackedHalo::begin(std::span<PackedSpins> spins, int colour) {
    for (Side& side : sides_) {
        std::size_t received = 0;
        for (const Piece& piece : side.receive[colour])
            received += static_cast<std::size_t>(piece.count) * spins.size();
        side.received.resize(received);
        requests_.receive(comm_, std::span(side.received), side.rank, side.tag_received);
    }
    for (Side& side : sides_) {
        side.sent.clear();
        for (const PackedSpins& one : spins) {
            for (const Piece& piece : side.send[colour]) {
                const Word* const first = one.words(colour) + piece.first;
                side.sent.insert(side.sent.end(), first, first + piece.count);
            }
        }
        requests_.send(comm_, std::span<const Word>(side.sent), side.rank, side.tag_sent);
    }
}

void PackedHalo::end(std::span<PackedSpins> spins, int colour) {
    requests_.wait();
    for (const Side& side : sides_) {
        const Word* from = side.received.data();
        for (PackedSpins& one : spins) {
            for (const Piece& piece : side.receive[colour]) {
                std::copy_n(from, piece.count, one.words(colour) + piece.first);
                from += piece.count;
            }
        }
    }
}

} // namespace blockspin::sampling
