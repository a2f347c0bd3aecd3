#pragma once

#include <blockspin/core/check.hpp>
#include <blockspin/lattice/decomposition.hpp>
#include <blockspin/lattice/field.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/mpi/exchange.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace blockspin::lattice {

/// Which points go where when ghosts are refreshed. All boxes are in local coordinates.
struct HaloPlan {
    /// All that passes between this rank and one other; both sides list the pieces in the same order.
    struct Message {
        int rank;
        std::vector<Box> send;
        std::vector<Box> receive;
    };
    /// Where this rank is its own neighbour.
    struct Copy {
        Box from;
        Box to;
    };
    std::vector<Message> messages; ///< one per neighbouring rank, diagonal ones included
    std::vector<Copy> copies;
    std::vector<Box> outside; ///< ghosts beyond open boundaries
};

/// The plan for boxes of this layout, whose extents are those of decomposition.box(). A function of its arguments
/// alone. InputError if some rank has fewer points than layers of ghosts in a direction.
HaloPlan halo_plan(const Decomposition& decomposition, const Layout& layout);

/// How ghosts move: faces, edges and corners in one message per neighbouring rank, for several fields of one layout at
/// once.
///
///     exchange.begin(field);
///     … work that touches no ghosts; the box itself may even be changed, what was there at begin() is under way …
///     exchange.end(field);
template <Storable T> class HaloExchange {
  public:
    /// For `fields` fields at once. Ghosts beyond open boundaries become `outside`. The ranks of `comm` are those of
    /// the decomposition. Without shared memory on request. Errors as of halo_plan, on every rank. Collective.
    HaloExchange(const mpi::Communicator& comm, const Decomposition& decomposition, const Layout& layout,
                 T outside = {}, std::size_t fields = 1, bool in_shared_memory = true)
        : layout_(layout), outside_(outside), fields_(fields), plan_(halo_plan(decomposition, layout)),
          exchange_(comm, peers(plan_, fields), in_shared_memory) {
        core::ensure(comm.size() == decomposition.ranks() && comm.rank() == decomposition.rank(),
                     "the ranks of the decomposition are those of the communicator");
    }

    /// Sends this rank's part of the others' ghosts, and fills the ghosts that need no other rank. Collective.
    void begin(std::span<Field<T>> fields) {
        check(fields);
        core::ensure(!under_way_, "one halo exchange at a time");
        under_way_ = true;
        for (std::size_t i = 0; i < plan_.messages.size(); ++i) {
            const HaloPlan::Message& message = plan_.messages[i];
            const std::span<T> out = exchange_.outgoing<T>(i, fields_ * total(message.send));
            pack(fields, message.send, out);
            exchange_.begin(i, out.size_bytes(), sizeof(T) * fields_ * total(message.receive));
        }
        for (Field<T>& field : fields) fill_here(field);
    }
    void begin(Field<T>& field) { begin(std::span(&field, 1)); }

    /// Waits for the other ranks' parts and stores them. Collective.
    void end(std::span<Field<T>> fields) {
        check(fields);
        core::ensure(under_way_, "a halo exchange that ends has begun");
        exchange_.end();
        for (std::size_t i = 0; i < plan_.messages.size(); ++i) {
            const std::vector<Box>& boxes = plan_.messages[i].receive;
            unpack(exchange_.incoming<T>(i, fields_ * total(boxes)), fields, boxes);
        }
        under_way_ = false;
    }
    void end(Field<T>& field) { end(std::span(&field, 1)); }

    /// begin and end. Collective.
    void operator()(std::span<Field<T>> fields) {
        begin(fields);
        end(fields);
    }
    void operator()(Field<T>& field) { (*this)(std::span(&field, 1)); }

  private:
    static std::size_t total(const std::vector<Box>& boxes) {
        std::int64_t sum = 0;
        for (const Box& box : boxes) sum += sites(box);
        return static_cast<std::size_t>(sum);
    }
    static std::vector<mpi::Exchange::Peer> peers(const HaloPlan& plan, std::size_t fields) {
        const auto bytes = [&](const std::vector<Box>& boxes) { return sizeof(T) * fields * total(boxes); };
        std::vector<mpi::Exchange::Peer> peers;
        for (const auto& [rank, send, receive] : plan.messages) peers.push_back({rank, bytes(send), bytes(receive)});
        return peers;
    }
    void check(std::span<const Field<T>> fields) const {
        core::ensure(fields.size() == fields_, "as many fields as the halo exchange was made for");
        for (const Field<T>& field : fields)
            core::ensure(field.layout() == layout_, "fields have the layout of the halo");
    }
    static void pack(std::span<const Field<T>> fields, const std::vector<Box>& boxes, std::span<T> out) {
        for (const Field<T>& field : fields) {
            for (const Box& box : boxes) out = gather(field, box, out);
        }
    }
    static void unpack(std::span<const T> in, std::span<Field<T>> fields, const std::vector<Box>& boxes) {
        for (Field<T>& field : fields) {
            for (const Box& box : boxes) in = scatter(in, field, box);
        }
    }
    static void copy(Field<T>& field, const Box& from, const Box& to) {
        const std::size_t start = field.position(to.offset) - field.position(from.offset); // modulo 2^64
        for_each_row(from, [&](const Coordinates& first) {
            const std::span<const T> row = field.points(first, from.extent[0]);
            std::ranges::copy(row, field.values().subspan(field.position(first) + start).begin());
        });
    }
    void fill_here(Field<T>& field) const {
        for (const auto& [from, to] : plan_.copies) copy(field, from, to);
        for (const Box& box : plan_.outside) {
            for_each_row(box, [&](const Coordinates& first) {
                std::ranges::fill(field.points(first, box.extent[0]), outside_);
            });
        }
    }

    Layout layout_;
    T outside_;
    std::size_t fields_;
    HaloPlan plan_;
    mpi::Exchange exchange_;
    bool under_way_ = false;
};

} // namespace blockspin::lattice
