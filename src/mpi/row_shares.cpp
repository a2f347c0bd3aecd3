#include <blockspin/mpi/row_shares.hpp>

namespace blockspin::mpi {

Rows RowShares::of(int rank, int width) const noexcept {
    Rows rows{0, rank < sharing_ ? rows_ : 0};
    for (int half = sharing_ / 2; half >= width; half /= 2) {
        const std::size_t middle = rows.first + rows.count() / 2;
        ((rank & half) != 0 ? rows.first : rows.end) = middle;
    }
    return rows;
}

} // namespace blockspin::mpi
