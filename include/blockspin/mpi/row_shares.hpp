#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

#include <blockspin/core/check.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/mpi/datatype.hpp>
#include <blockspin/mpi/requests.hpp>

namespace blockspin::mpi {

/// Rows first … end − 1.
struct Rows {
    std::size_t first = 0, end = 0;

    std::size_t count() const noexcept { return end - first; }
    bool operator==(const Rows&) const = default;
};

/// How `rows` rows of an array are dealt out for sums by recursive halving: halved log2 P times among the first P
/// ranks, the largest power of two; the others have none. Neighbours halve the most among them, and the farther ranks
/// are from each other, the less they exchange: most of it stays inside nodes.
class RowShares {
  public:
    RowShares(const Communicator& comm, std::size_t rows) : comm_(comm), rows_(rows) {
        while (2 * sharing_ <= comm.size()) sharing_ *= 2;
    }

    const Communicator& communicator() const noexcept { return comm_; }
    std::size_t rows() const noexcept { return rows_; }
    /// P.
    int sharing() const noexcept { return sharing_; }
    /// What this rank is left with.
    Rows own() const noexcept { return of(comm_.rank(), 1); }
    /// What a rank is left with when groups of `width` ranks (a power of two) still share rows.
    Rows of(int rank, int width) const noexcept;

  private:
    const Communicator& comm_;
    std::size_t rows_;
    int sharing_ = 1;
};

/// The element-wise sum over ranks of an array, of which each rank gets its own rows: by recursive halving (Thakur,
/// Rabenseifner, Gropp, Int. J. High Perform. Comput. Appl. 19 (2005) 49), log2 P messages and (1 − 1/P) of the array
/// to send; a rank beyond P gives all it has to another one before. Goes on while other work is done. Integers only:
/// their sums do not depend on the order.
template <Transferable T> class ScatteredSum {
  public:
    /// Starts; the array, `width` numbers a row, must stay where it is until finish(), and so must the room for what
    /// arrives, as long as the array. The tag must differ between sums that are under way at once. Collective: started
    /// in the same order on all ranks.
    ScatteredSum(const RowShares& shares, std::span<T> data, std::size_t width, std::span<T> room, int tag)
        : shares_(shares), data_(data), room_(room), width_(width), tag_(tag), sharing_(shares.sharing()) {
        static_assert(std::is_integral_v<T>);
        core::ensure(data.size() == shares.rows() * width && room.size() == data.size(),
                     "an array of as many rows as are shared, and as much room");
        const int rank = comm().rank(), beyond = comm().size() - sharing_;
        if (rank >= sharing_) {
            send(rank - sharing_, {0, shares_.rows()});
            sharing_ = 1;
        } else if (rank < beyond) {
            receive(rank + sharing_, {0, shares_.rows()});
        } else {
            halve();
        }
    }

    ScatteredSum(ScatteredSum&&) noexcept = default;
    ScatteredSum& operator=(ScatteredSum&&) = delete;
    ~ScatteredSum() { MPI_Waitall(requests(), requests_.data(), MPI_STATUSES_IGNORE); }

    /// Adds what has arrived, and asks for more, without waiting.
    void advance() {
        for (int arrived = 1; !is_complete_;) {
            MPI_Testall(requests(), requests_.data(), &arrived, MPI_STATUSES_IGNORE);
            if (arrived == 0) return;
            add();
        }
    }
    /// Waits until this rank's rows are the sum over ranks. What the other rows are then is unspecified.
    void finish() {
        while (!is_complete_) {
            MPI_Waitall(requests(), requests_.data(), MPI_STATUSES_IGNORE);
            add();
        }
    }

  private:
    const Communicator& comm() const noexcept { return shares_.communicator(); }
    std::span<T> part(const Rows& rows) const { return data_.subspan(rows.first * width_, rows.count() * width_); }

    int requests() const noexcept { return static_cast<int>(requests_.size()); }
    MPI_Request* add_request() { return &requests_.emplace_back(MPI_REQUEST_NULL); }

    static int count(std::size_t numbers) {
        core::ensure(numbers < (std::size_t{1} << 31), "a message fits MPI's counts");
        return static_cast<int>(numbers);
    }
    void send(int destination, const Rows& rows) {
        const std::span<T> from = part(rows);
        MPI_Isend(from.data(), count(from.size()), datatype<T>(), destination, tag_, comm().native(), add_request());
    }
    void receive(int source, const Rows& rows) {
        arriving_ = rows;
        MPI_Irecv(room_.data(), count(rows.count() * width_), datatype<T>(), source, tag_, comm().native(),
                  add_request());
    }

    /// This rank and its partner exchange the halves of what they share that the other one keeps.
    void halve() {
        if (sharing_ == 1) {
            is_complete_ = true;
            return;
        }
        const int partner = comm().rank() ^ (shares_.sharing() / sharing_);
        sharing_ /= 2;
        receive(partner, shares_.of(comm().rank(), sharing_));
        send(partner, shares_.of(partner, sharing_));
    }

    void add() {
        requests_.clear();
        const std::span<T> sum = part(arriving_);
        T* to = sum.data();
        const T* from = room_.data();
        for (std::size_t i = 0; i < sum.size(); ++i) to[i] += from[i];
        arriving_ = {};
        halve();
    }

    RowShares shares_;
    std::span<T> data_, room_;
    std::size_t width_;
    int tag_;
    int sharing_; ///< ranks that still share rows with this one
    bool is_complete_ = false;
    Rows arriving_{};
    std::vector<MPI_Request> requests_;
};

/// Every rank gets the rows of all others: the way back, by recursive doubling. Collective.
template <Transferable T> void gather_rows(const RowShares& shares, std::span<T> data, std::size_t width) {
    constexpr int tag = 4096; // beyond those of sums
    core::ensure(data.size() == shares.rows() * width, "an array of as many rows as are shared");
    const Communicator& comm = shares.communicator();
    const int rank = comm.rank(), sharing = shares.sharing(), beyond = comm.size() - sharing;
    const auto part = [&](const Rows& rows) { return data.subspan(rows.first * width, rows.count() * width); };
    Requests requests;
    for (int together = 1; together < sharing && rank < sharing; together *= 2) {
        const int partner = rank ^ (sharing / (2 * together));
        requests.receive(comm, part(shares.of(partner, together)), partner, tag);
        requests.send(comm, std::span<const T>(part(shares.of(rank, together))), partner, tag);
        requests.wait();
    }
    if (rank >= sharing) requests.receive(comm, data, rank - sharing, tag);
    if (rank < beyond) requests.send(comm, std::span<const T>(data), rank + sharing, tag);
    requests.wait();
}

} // namespace blockspin::mpi
