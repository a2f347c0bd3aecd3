#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <blockspin/linalg/matrix.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/mpi/shared_memory.hpp>
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
    /// This rank's units.
    const UnitRange& visible() const noexcept { return visible_[static_cast<std::size_t>(group_.rank())]; }
    const UnitRange& hidden() const noexcept { return hidden_[static_cast<std::size_t>(group_.rank())]; }

    class Handover;

    /// Rows of which each rank of the group knows its own units: all of them.
    void complete_visible(BitRows& units) const { complete(units, visible_); }
    void complete_hidden(BitRows& units) const { complete(units, hidden_); }
    /// A column for each hidden unit, of which each rank knows its own: all of them.
    template <class T> void complete_columns(linalg::Matrix<T>& values) const;
    /// A row for each visible unit: all columns of this rank's own ones, once all have put their rows.
    template <class T> Handover hand_over_rows(linalg::Matrix<T>& values) const;

  private:
    /// A row-major array.
    struct Array {
        std::byte* first;
        std::size_t row_bytes, column_bytes;
    };
    template <class T> static Array whole(linalg::Matrix<T>& values) {
        const std::span<std::byte> bytes = std::as_writable_bytes(std::span<T>(values.values()));
        return {bytes.data(), sizeof(T) * static_cast<std::size_t>(values.cols()), sizeof(T)};
    }

    void complete(BitRows& units, const std::vector<UnitRange>& ranges) const;
    void make_room(std::size_t bytes) const;
    std::span<std::byte> box(std::size_t from, std::size_t to, std::size_t bytes) const;

    mpi::Communicator group_, peers_;
    std::vector<UnitRange> visible_, hidden_; ///< of the ranks of the group
    bool in_shared_memory_;
    /// Boxes of `box_bytes_` for what ranks hand over.
    mutable std::optional<mpi::SharedMemory> shared_;
    mutable std::vector<std::byte> private_;
    mutable std::size_t box_bytes_ = 0, exchange_ = 0;
};

/// Columns of an array on their way between the ranks of a group: rank r gets rows[r] of those of all others.
/// One at a time.
class UnitShares::Handover {
  public:
    /// For all ranks, those of which they have the columns, and those of which they need the rows. Collective.
    Handover(const UnitShares& shares, const Array& array, std::vector<UnitRange> columns, std::vector<UnitRange> rows);

    /// Takes what this rank has of a row, which is final now. Any thread.
    void put(int row) const;
    /// Waits for the others, which must have put all their rows, and completes this rank's. Collective.
    void finish() const;

  private:
    std::size_t bytes_of_row(std::size_t from) const;
    std::span<std::byte> box(std::size_t from, std::size_t to) const;
    void take_rows(std::size_t from) const;

    const UnitShares& shares_;
    Array array_;
    std::vector<UnitRange> columns_, rows_;
};

template <class T> void UnitShares::complete_columns(linalg::Matrix<T>& values) const {
    const Handover handover(*this, whole(values), hidden_, std::vector(hidden_.size(), UnitRange{0, values.rows()}));
    for (int row = 0; row < values.rows(); ++row) handover.put(row);
    handover.finish();
}

template <class T> UnitShares::Handover UnitShares::hand_over_rows(linalg::Matrix<T>& values) const {
    return {*this, whole(values), hidden_, visible_};
}

/// Among how many ranks the units of each row are best dealt out, when `ranks` work on minibatches of so many rows: 1
/// where each rank has rows enough of its own. Divides `ranks`.
int unit_parts(int ranks, std::int64_t rows, int visible, int hidden);

} // namespace blockspin::net
