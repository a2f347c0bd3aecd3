#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <blockspin/core/check.hpp>
#include <blockspin/lattice/box.hpp>
#include <blockspin/lattice/field.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/mpi/requests.hpp>

namespace blockspin::lattice {

/// The points that two boxes share; without points where they share none.
Box intersection(const Box& a, const Box& b) noexcept;

/// The boxes of all ranks: `ranks` slabs across the slowest direction, or fewer if there are not as many layers of
/// `thickness`, which are not cut. InternalError unless the layers fill the lattice.
std::vector<Box> slabs(const Coordinates& extents, int dimension, int ranks, std::int32_t thickness = 1);

/// Moves an array that is cut into boxes, one for each of the first ranks, to other boxes: each rank's values in the
/// order of storage, x fastest.
template <Storable T> class Redistribution {
  public:
    /// Both lists of boxes cover the same lattice without overlapping; a rank beyond the end of a list has no box in
    /// it. Collective.
    Redistribution(const mpi::Communicator& comm, std::vector<Box> from, std::vector<Box> to)
        : comm_(comm.dup()), from_(std::move(from)), to_(std::move(to)) {
        const auto ranks = static_cast<std::size_t>(comm.size());
        core::ensure(from_.size() <= ranks && to_.size() <= ranks, "every box belongs to a rank");
    }

    /// This rank's values in its new box. Collective.
    std::vector<T> operator()(std::span<const T> values) const {
        const Box* from = mine(from_);
        const Box* to = mine(to_);
        core::ensure(values.size() == size(from), "as many values as the box has points");
        std::vector<T> result(size(to));
        std::vector<std::vector<T>> sent(from == nullptr ? 0 : to_.size()), received(to == nullptr ? 0 : from_.size());
        mpi::Requests requests;
        for (std::size_t r = 0; r < received.size(); ++r) {
            received[r].resize(static_cast<std::size_t>(sites(intersection(from_[r], *to))));
            if (!received[r].empty()) requests.receive(comm_, std::span(received[r]), static_cast<int>(r), 0);
        }
        for (std::size_t r = 0; r < sent.size(); ++r) {
            for_each_piece(*from, intersection(*from, to_[r]), [&](std::size_t at, std::size_t length) {
                const auto piece = values.subspan(at, length);
                sent[r].insert(sent[r].end(), piece.begin(), piece.end());
            });
            if (!sent[r].empty()) requests.send(comm_, std::span<const T>(sent[r]), static_cast<int>(r), 0);
        }
        requests.wait();
        for (std::size_t r = 0; r < received.size(); ++r) {
            auto next = received[r].begin();
            for_each_piece(*to, intersection(from_[r], *to), [&](std::size_t at, std::size_t length) {
                std::copy_n(next, length, result.begin() + static_cast<std::ptrdiff_t>(at));
                next += static_cast<std::ptrdiff_t>(length);
            });
        }
        return result;
    }

  private:
    const Box* mine(const std::vector<Box>& boxes) const {
        const auto rank = static_cast<std::size_t>(comm_.rank());
        return rank < boxes.size() ? &boxes[rank] : nullptr;
    }
    static std::size_t size(const Box* box) { return box == nullptr ? 0 : static_cast<std::size_t>(sites(*box)); }
    /// Calls visit(position in the storage of `box`, length) for every row of a part of it.
    static void for_each_piece(const Box& box, const Box& part, const auto& visit) {
        if (sites(part) == 0) return;
        for_each_row(part, [&](const Coordinates& first) {
            std::size_t at = 0;
            for (int d = max_dimension; d-- > 0;) {
                at = at * static_cast<std::size_t>(box.extent[d]) + static_cast<std::size_t>(first[d] - box.offset[d]);
            }
            visit(at, static_cast<std::size_t>(part.extent[0]));
        });
    }

    mpi::Communicator comm_;
    std::vector<Box> from_, to_;
};

} // namespace blockspin::lattice
