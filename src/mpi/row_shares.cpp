#include <blockspin/mpi/row_shares.hpp>

namespace blockspin::mpi {

Rows RowShares::of(int rank, int width) const noexcept {
    Rows rows{0, rank < sharing_ ? rows_ : 0};
    for (int distance = 1; distance * width < sharing_; distance *= 2) {
        const std::size_t middle = rows.first + rows.count() / 2;
        ((rank & distance) != 0 ? rows.first : rows.end) = middle;
    }
    return rows;
}

} // namespace blockspin::mpi
