#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <blockspin/linalg/matrix.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/mpi/exchange.hpp>
#include <blockspin/net/bit_rows.hpp>

namespace blockspin::net {

/// Ranks in a grid. The rows of a minibatch are dealt out to groups of neighbours, and within a group the units of both
/// layers to its ranks: each draws its own units, for all rows of the group, and has the weights of its own hidden
/// units. What a rank does not have comes from the others by the methods here, which are Collective over the group;
/// what travels are bits and, once per update, weights, instead of sums over rows as long as all weights. Ranks of a
/// node hand them over in shared memory, others in messages.
class UnitShares {
  public:
    /// For layers of so many units, in `parts` ranges. InternalError unless the ranks are a multiple of `parts`, and
    /// each gets units of both layers. Without shared memory on request. Collective.
    UnitShares(const mpi::Communicator& comm, int visible, int hidden, int parts, bool in_shared_memory = true);

    int parts() const noexcept { return group_.size(); }
    /// The ranks that work on the same rows.
    const mpi::Communicator& group() const noexcept { return group_; }
    /// Those of all groups that work on the same units.
    const mpi::Communicator& peers() const noexcept { return peers_; }
    /// The units of the ranks of the group.
    const std::vector<UnitRange>& visible_of_ranks() const noexcept { return visible_; }
    const std::vector<UnitRange>& hidden_of_ranks() const noexcept { return hidden_; }
    /// This rank's units.
    const UnitRange& visible() const noexcept { return visible_[static_cast<std::size_t>(group_.rank())]; }
    const UnitRange& hidden() const noexcept { return hidden_[static_cast<std::size_t>(group_.rank())]; }

    /// Rows of which each rank of the group knows its own units: all of them.
    void complete_visible(BitRows& units) const { complete(units, visible_); }
    void complete_hidden(BitRows& units) const { complete(units, hidden_); }
    /// A column for each hidden unit, of which each rank knows its own: all of them.
    template <class T> void complete_columns(linalg::Matrix<T>& values) const;
    /// The largest of a number of each rank.
    float largest(float own) const;

    /// The other ranks of the group, in the order in which exchange() has them.
    std::vector<std::size_t> others() const;
    /// Where one of them is there.
    std::size_t place_of(std::size_t other) const noexcept {
        return (other + visible_.size() - static_cast<std::size_t>(group_.rank()) - 1) % visible_.size();
    }
    /// Messages between each two ranks, of at most bytes(from, to).
    template <class Bytes> mpi::Exchange exchange(const Bytes& bytes) const;

  private:
    /// A row-major array.
    struct Array {
        std::byte* first;
        std::size_t rows, row_bytes, column_bytes;
    };
    void complete(BitRows& units, const std::vector<UnitRange>& ranges) const;
    void complete(const Array& array, const std::vector<UnitRange>& columns) const;
    void make_room(std::size_t bytes) const;

    mpi::Communicator group_, peers_;
    std::vector<UnitRange> visible_, hidden_; ///< of the ranks of the group
    bool in_shared_memory_;
    mutable std::optional<mpi::Exchange> exchange_; ///< for what is completed here
    mutable std::size_t room_ = 0;                  ///< bytes of its messages
};

template <class T> void UnitShares::complete_columns(linalg::Matrix<T>& values) const {
    complete({std::as_writable_bytes(std::span<T>(values.values())).data(), static_cast<std::size_t>(values.rows()),
              sizeof(T) * static_cast<std::size_t>(values.cols()), sizeof(T)},
             hidden_);
}

template <class Bytes> mpi::Exchange UnitShares::exchange(const Bytes& bytes) const {
    const auto own = static_cast<std::size_t>(group_.rank());
    std::vector<mpi::Exchange::Peer> peers;
    for (const std::size_t other : others())
        peers.push_back({static_cast<int>(other), bytes(own, other), bytes(other, own)});
    return {group_, peers, in_shared_memory_};
}

/// Among how many ranks the units of each row are best dealt out, when `ranks` work on minibatches of so many rows: 1
/// where each rank has rows enough of its own. Divides `ranks`.
int unit_parts(int ranks, std::int64_t rows, int visible, int hidden);

} // namespace blockspin::net
